import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive, lookAt, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { until } from './support/engine.ts'
import { createGovernanceWorld } from './support/governance-world.ts'
import { describedNode } from './support/nodes.ts'

describe.skipIf(!canLook)('the board, where is said who executes', { timeout: 60_000 }, () => {
  const now = stage(createGovernanceWorld)
  const at = (path: string, look?: Look) => now().open(now().world.url, `${now().world.prefix}/${path}`, look)
  const told = (page: Page, text: string) => page.getByRole('region', { name: 'Notifications' }).getByText(text).waitFor()

  /** A node that only this test plays. */
  async function register(key: string, described: object = {}): Promise<{ status: number; credential: string }> {
    const answer = await fetch(`${now().world.url}/api/nodes/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...describedNode, ...described, key }),
    })
    const body: unknown = await answer.json()
    const credential = typeof body === 'object' && body !== null && 'credential' in body ? String(body.credential) : ''
    return { status: answer.status, credential }
  }

  it('adds a node by a key that is shown once, shows its health as it comes, and lets it go', async () => {
    const { engine } = now().world
    const page = await at('inbox')
    await isLive(page)
    await page.keyboard.press('g')
    await page.keyboard.press('w')
    await page.waitForURL(/\/workers$/)
    await page.getByRole('row', { name: /process \d+ on .*scripted/ }).waitFor()
    await page.keyboard.press('c')
    await page.getByLabel('Name of the machine').fill('North')
    await page.keyboard.press('Enter')
    const key = (await page.getByLabel('The key of North', { exact: true }).last().textContent()) ?? ''
    await page.getByText(`engine worker --server ${now().world.url}`).waitFor()
    await page.getByRole('button', { name: 'I have kept it' }).click()
    const { credential } = await register(key, { name: 'far away', host: 'north.example' })
    // No stream tells of it.
    const node = page.getByRole('row', { name: /far away/ })
    await node.getByText('0 of 4').waitFor()
    await lookAt(page, 'workers')
    await node.getByRole('button', { name: 'Drain' }).click()
    await told(page, 'far away takes nothing new')
    const status = async () => (await engine.workers.list()).items.find(({ name }) => name === 'far away')?.status
    expect(await status()).toBe('draining')
    await node.getByRole('button', { name: 'Take runs again' }).click()
    await until(status, (found) => found === 'active')
    await node.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await node.getByText('stopped').waitFor()
    const beat = { method: 'POST', headers: { authorization: `Bearer ${credential}` } }
    expect((await fetch(`${now().world.url}/api/nodes/heartbeat`, beat)).status).toBe(401)
    await page.getByRole('tab', { name: 'Keys of nodes' }).click()
    const row = page.getByRole('row', { name: /North/ })
    await row.waitFor()
    await lookAt(page, 'node-keys')
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await row.getByText('revoked', { exact: true }).waitFor()
    expect((await register(key)).status).toBe(401)
    expect(await page.content()).not.toContain(key)
  })

  it('says when nothing takes runs', async () => {
    const { engine } = now().world
    const page = await at('workers')
    const own = page.getByRole('row', { name: /process \d+ on/ })
    await own.getByRole('button', { name: 'Drain' }).click()
    await page.getByRole('alert').getByText('Nothing takes runs').waitFor()
    await own.getByRole('button', { name: 'Take runs again' }).click()
    await page.getByText('Nothing takes runs').waitFor({ state: 'detached' })
    expect((await engine.workers.list()).items.filter(({ status }) => status === 'active')).toHaveLength(1)
  })
})
