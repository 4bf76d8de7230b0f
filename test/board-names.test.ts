import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { lookAt, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { createGovernanceWorld, type GovernanceWorld } from './support/governance-world.ts'

const longWord = 'Donaudampfschifffahrtsgesellschaftskapitänswitwe'
const longName = 'Konstantin-Alexander of the house that has more names than anybody could say at once'
const longTitle = `Answer com.example.ships.${longWord}.SeatAllocationServiceFactory`

const text = `| Step | Takes | Can be undone | Who | What else |
| --- | --- | --- | --- | --- |
| Copy | 2 h | afterwards | Konstantin-Alexander | ${longWord} |

- [ ] copied
- [x] measured
`

/** The company of the others, with names that nobody would choose. */
async function createWorld(board: URL): Promise<GovernanceWorld & { readonly identifier: string }> {
  const world = await createGovernanceWorld(board)
  const { engine, companyId, adapter, agents } = world
  await engine.companies.create({ name: `${longWord} ${longWord} Holding` })
  const hire = { companyId, role: 'helper', adapterType: adapter.type, executionMode: 'manual' } as const
  const chief = await engine.agents.create({ ...hire, name: longName })
  for (const agentId of [agents.ada, agents.rui]) await engine.agents.update({ agentId, reportsTo: chief.id })
  for (let number = 1; number <= 30; number += 1)
    await engine.agents.create({ ...hire, name: `Helper ${number}`, reportsTo: chief.id, capabilities: ['reading', 'writing', 'sums'] })
  let goal = await engine.goals.create({ companyId, title: 'Every passenger finds a seat', ownerAgentId: chief.id })
  for (let level = 1; level <= 5; level += 1)
    goal = await engine.goals.create({ companyId, title: `Part ${level} of it`, parentId: goal.id, ownerAgentId: chief.id })
  await engine.projects.create({ companyId, name: `Everything that ${longName} begins` })
  const label = await engine.labels.create({ companyId, name: 'a label that says more than a label should' })
  const { identifier } = await engine.tasks.create({
    companyId,
    title: longTitle,
    description: text,
    assigneeAgentId: chief.id,
    labels: [label.id],
  })
  return { ...world, identifier }
}

describe.skipIf(!canLook)('the board, where names are long and many', { timeout: 60_000 }, () => {
  const now = stage(createWorld)
  const at = (path: string, look?: Look) => now().open(now().world.url, `${now().world.prefix}/${path}`, look)
  /** By how much what is in it is wider than it. */
  const beyond = (page: Page, selector: string) =>
    page.locator(selector).evaluateAll((elements) => Math.max(...elements.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)))

  it('keeps labels of tasks to their line, and their filters to the page', async () => {
    const page = await at('tasks')
    const label = page.getByTitle('a label that says more than a label should')
    await label.first().waitFor()
    expect((await label.first().boundingBox())?.height).toBeLessThan(25)
    const project = page.getByLabel('Project')
    expect((await project.boundingBox())?.width).toBeLessThanOrEqual(256)
  })

  it('breaks words on cards that are longer than a column', async () => {
    const page = await at('tasks?view=board')
    await page.getByText(longTitle).first().waitFor()
    expect(await beyond(page, '.eng-lane-cards')).toBeLessThanOrEqual(0)
  })

  it('leaves room for goals beside their owners, however deep they stand', async () => {
    const page = await at('goals')
    await page.getByText('Part 5 of it').first().waitFor()
    expect(await beyond(page, '.eng-list')).toBeLessThanOrEqual(0)
    expect(
      (await page.locator('.eng-list-row', { hasText: 'Part 5 of it' }).getByRole('link').first().boundingBox())?.width,
    ).toBeGreaterThan(60)
  })

  it('shows whoever many report to beside the first of them in the org chart', async () => {
    const page = await at('agents?view=org')
    const chief = page.locator('[data-agent]', { hasText: longName }).first()
    await chief.waitFor()
    expect((await chief.boundingBox())?.y).toBeLessThan(820)
  })

  it('shows settings at the width of a phone without going sideways', async () => {
    const page = await at('settings', { width: 390 })
    await page.getByRole('group', { name: 'Another company' }).waitFor()
    await page.getByRole('button', { name: 'Delete a label that says more than a label should' }).waitFor()
    expect(await beyond(page, '.eng-screen-body')).toBeLessThanOrEqual(0)
  })

  it('sets tables and ticks of a text so that they are read and scrolled by everybody', async () => {
    const page = await at(`tasks/${now().world.identifier}`)
    await page.getByRole('checkbox', { name: 'done' }).waitFor()
    await lookAt(page, 'long-text')
    await page.setViewportSize({ width: 390, height: 820 })
    const cell = page.getByRole('cell', { name: 'Copy', exact: true })
    expect((await cell.boundingBox())?.height).toBeLessThan(60)
  })

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
