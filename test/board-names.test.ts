import { describe, expect, it } from 'vitest'

import { canLook, stage } from './support/board-stage.ts'
import { createGovernanceWorld } from './support/governance-world.ts'

describe.skipIf(!canLook)('the board, where names are long and many', { timeout: 60_000 }, () => {
  const now = stage(createGovernanceWorld)
  const at = (path: string) => now().open(now().world.url, `${now().world.prefix}/${path}`)
  it('says what waits by names and amounts: whose budget, and of which task', async () => {
    const page = await at('inbox')
    await page
      .getByRole('button', { name: /Raise a budget that is used up/ })
      .first()
      .waitFor()
    await page.getByRole('button', { name: /Approval · Rui/ }).click()
    await page.getByRole('definition').filter({ hasText: '$1.20' }).waitFor()
    expect(await page.getByText(now().world.agents.rui).count()).toBe(0)
    await page.getByRole('button', { name: /Review · \w+-\d+ Find the slow page/ }).waitFor()
  })

  it('names the route that a secret goes to, and that wanted it', async () => {
    const page = await at('secrets')
    await page.getByText('HOOK_KEY').first().click()
    await page.getByRole('list', { name: 'Where it goes' }).getByText('Route Shop').waitFor()
    await page.getByRole('list', { name: 'Who wanted it' }).getByText('Route Shop').first().waitFor()
    expect(await page.getByText(now().world.routeId).count()).toBe(0)
  })

  it('says since when a budget counts that was set within its period', async () => {
    const page = await at('dashboard')
    await page.getByText(/free of \$50\.00, counted since/).waitFor()
  })
})
