import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive, lookAt, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { until } from './support/engine.ts'
import { createGovernanceWorld } from './support/governance-world.ts'
import { describedNode } from './support/nodes.ts'

describe.skipIf(!canLook)('the board, where is said who executes, what it costs and who gets it', { timeout: 60_000 }, () => {
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

  it('sets what a model costs where nobody knows it, changes it unless somebody was faster, and takes it off', async () => {
    const { engine, companyId } = now().world
    const tokens = { inputTokens: 9_000, outputTokens: 700 }
    // What was reported without its price counts as free.
    await engine.costs.reportMany({
      companyId,
      costs: [{ sourceEventId: 'known to the list', provider: 'anthropic', model: 'claude-haiku-4-5', ...tokens }],
    })
    const page = await at('costs')
    await isLive(page)
    await page.getByRole('link', { name: 'Prices' }).last().click()
    const used = page.getByRole('region', { name: 'Models that were used' })
    await used.getByRole('row', { name: /claude-haiku-4-5.*\$1\.00.*the list prices of Engine/ }).waitFor()
    await page.getByText('The company has no prices of its own').waitFor()
    await page.keyboard.press('c')
    await page.getByLabel('Provider').last().fill('acme-cloud')
    await page.getByLabel('Model').last().fill('mystery-9')
    await page.getByLabel('Input in US dollars').fill('cheap')
    await page.getByLabel('Output in US dollars').fill('1.50')
    await page.keyboard.press('Enter')
    await page.getByText('Write dollars for a million tokens').waitFor()
    await page.getByLabel('Input in US dollars').fill('0.125')
    await page.keyboard.press('Enter')
    await told(page, 'mystery-9 of acme-cloud has a price')
    const card = page.getByRole('region', { name: 'The rate card of the company' })
    const row = card.getByRole('row', { name: /mystery-9/ })
    await row.getByText('$0.125').first().waitFor()
    const prices = async () => (await engine.prices.list({ companyId })).items
    const [made] = await prices()
    expect(made).toMatchObject({ inputMicros: 125_000, cachedInputMicros: 125_000, outputMicros: 1_500_000, tiers: [] })
    await lookAt(page, 'prices')
    // Somebody else was faster with another change.
    await row.getByRole('button', { name: 'Change' }).click()
    await lookAt(page, 'price-form')
    const tiers = [{ aboveInputTokens: 200_000, inputMicros: 900_000, outputMicros: 900_000 }]
    const terms = { inputMicros: 300_000, outputMicros: 300_000, effectiveFrom: made?.effectiveFrom ?? '', tiers }
    await engine.prices.set({ companyId, provider: 'acme-cloud', model: 'mystery-9', ...terms })
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('Something came in between').waitFor()
    await page.keyboard.press('Escape')
    await row.getByText('above 200,000 tokens').waitFor()
    await row.getByRole('button', { name: 'Change' }).click()
    await page.getByText('Its rates for inputs above 200,000 tokens stay').waitFor()
    await page.getByLabel('Output in US dollars').fill('2')
    await page.getByRole('button', { name: 'Change it' }).click()
    await row.getByText('$2.00').waitFor()
    expect(await prices()).toMatchObject([{ inputMicros: 300_000, outputMicros: 2_000_000, tiers }])
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    expect(await prices()).toEqual([])
  })

  it('leads from a run that failed for want of a price to where it is set', async () => {
    const { engine, adapter, companyId } = now().world
    const hired = await engine.agents.create({ companyId, name: 'Vera', role: 'tester', adapterType: adapter.type })
    const task = await engine.tasks.create({ companyId, title: 'Use what nobody knows' })
    adapter.scripts.set(task.id, async (turn) => {
      await turn.emit({ type: 'usage', usage: { provider: 'acme-cloud', model: 'mystery-9', inputTokens: 10, outputTokens: 10 } })
      return { kind: 'failed', class: 'transient', message: 'stopped' }
    })
    await engine.tasks.assign({ taskId: task.id, agentId: hired.id })
    const failed = async () => (await engine.runs.list({ companyId, taskId: task.id, status: 'failed' })).items[0]
    const run = await until(failed, (found) => found !== undefined)
    const page = await at(`runs/${run?.id}`)
    await page.getByRole('link', { name: 'Set the price' }).click()
    await page.waitForURL(/\/prices$/)
    const row = page.getByRole('row', { name: /mystery-9/ })
    await row.getByText('nobody', { exact: true }).waitFor()
    await row.getByRole('button', { name: 'Set' }).click()
    await page.getByLabel('Input in US dollars').fill('1')
    await page.getByLabel('Output in US dollars').fill('2')
    await page.keyboard.press('Enter')
    await row.getByText('the rate card').waitFor()
    await page.getByLabel('Provider').fill('acme-cloud')
    await page.getByRole('textbox', { name: 'Model' }).fill('mystery-10')
    await page.getByRole('button', { name: 'Look it up' }).click()
    await page.getByRole('status').getByText('nobody knows what it costs').waitFor()
  })

  it('makes rules for who gets tasks, asks whom they choose, and changes their order', async () => {
    const { engine, companyId, agents } = now().world
    const design = await engine.projects.create({ companyId, name: 'Brand' })
    const page = await at('inbox')
    await isLive(page)
    await page.keyboard.press('g')
    await page.keyboard.press('n')
    await page.getByText('No rule gives tasks to anybody').waitFor()
    await lookAt(page, 'routing-empty')
    await page.keyboard.press('c')
    await page.getByLabel('Name', { exact: true }).fill('Logos')
    await page.getByLabel('Tagged with one of').fill('logo, web')
    await page.getByLabel('high', { exact: true }).check()
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('Choose who gets the task.').waitFor()
    await page.getByLabel('Goes to').selectOption('capability')
    await page.getByLabel('Can', { exact: true }).fill('engineer')
    await page.getByLabel('Of them', { exact: true }).selectOption('round_robin')
    await page.getByText('More conditions').click()
    await page.getByLabel('as JSON').fill('{"customer": "acme"}')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'Logos', exact: true }).waitFor()
    const rules = async () => (await engine.routing.list({ companyId })).items
    const conditions = { tagsAny: ['logo', 'web'], priority: ['high'], context: { customer: 'acme' } }
    const rule = { conditions, targetAgentId: null, targetCapability: 'engineer', strategy: 'round_robin' }
    expect(await rules()).toMatchObject([rule])
    await engine.routing.create({ companyId, name: 'All else', targetAgentId: agents.ada })
    await engine.routing.create({ companyId, name: 'Of the brand', projectId: design.id, targetAgentId: agents.ada })
    const shown = () => page.getByRole('region', { name: 'Routing rules' }).locator('.eng-line-title > .eng-cut').allTextContents()
    await until(shown, (found) => found.join() === 'Of the brand,Logos,All else')
    await lookAt(page, 'routing')
    // What a rule does is asked before anybody gets a task by it.
    await page.keyboard.press('t')
    await page.getByLabel('Tags').fill('web')
    await page.getByLabel('Priority').selectOption('high')
    await page.getByText('More of it').click()
    await page.getByLabel('as JSON').fill('{"customer": "acme"}')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByRole('status').getByText('the rule "Logos" fits').waitFor()
    expect(await page.getByRole('list', { name: 'What was asked' }).getByRole('listitem').count()).toBeGreaterThan(0)
    await lookAt(page, 'routing-asked')
    await page.getByLabel('Priority').selectOption('low')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByRole('status').getByText('the rule "All else" fits').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Ask later' }).click()
    await until(shown, (found) => found.join() === 'Of the brand,All else,Logos')
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('button', { name: 'Enable' }).waitFor()
    expect((await rules()).find(({ name }) => name === 'Logos')?.isEnabled).toBe(false)
    await page.keyboard.press('e')
    await lookAt(page, 'rule-form')
    await page.getByLabel('Name', { exact: true }).fill('Logos and the web')
    await page.getByLabel('Goes to').selectOption('agent')
    await page.getByLabel('Agent', { exact: true }).selectOption({ label: 'Ada Byron' })
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByRole('heading', { name: 'Logos and the web', exact: true }).waitFor()
    const changed = (await rules()).find(({ name }) => name === 'Logos and the web')
    expect(changed).toMatchObject({ conditions, targetAgentId: agents.ada, targetCapability: null, strategy: null })
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await until(rules, (left) => left.length === 2)
  })
})
