import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive, lookAt } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { seedWork } from './support/board-work.ts'
import { createBoardWorld } from './support/board-world.ts'

/** Too much at once, for longer than a client waits by itself. */
const refusal = {
  status: 429,
  headers: { 'retry-after': '3600' },
  json: { error: { code: 'rate_limited', message: 'Too many calls; wait.', details: {} } },
}

describe.skipIf(!canLook)('what could not be read on the board', { timeout: 60_000 }, () => {
  const now = stage(async (board) => {
    const world = await createBoardWorld(board)
    return { ...world, seeds: await seedWork(world) }
  })

  /** A page on which something is refused from the beginning. */
  async function openWithout(what: RegExp, path: string, answer: object = refusal): Promise<Page> {
    const { url, prefix } = now().world
    const page = await now().open(url, `${prefix}/settings`)
    await isLive(page)
    await page.route(what, (route) => route.fulfill(answer))
    await page.evaluate(`history.pushState(null, '', '/${prefix}/${path}'); dispatchEvent(new PopStateEvent('popstate'))`)
    return page
  }

  const unread = (page: Page, what: string) => page.getByRole('alert').filter({ hasText: `Could not be read: ${what}` })

  it('is told from a list that is empty at the top of its screen, and is read once it can be', async () => {
    const { engine, companyId, seeds } = now().world
    await engine.tasks.create({ companyId, goalId: seeds.goalId, title: 'Measure every page' })
    const page = await openWithout(/tasks\?.*goalId=/, `goals/${seeds.goalId}`)
    await unread(page, 'tasks').waitFor()
    expect(await page.getByText('Measure every page').count()).toBe(0)
    await lookAt(page, 'unread-list')
    await page.unroute(/tasks\?.*goalId=/)
    await unread(page, 'tasks').getByRole('button', { name: 'Try again' }).click()
    await page.getByText('Measure every page').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('is not said to be empty', async () => {
    const { tasks } = now().world
    const page = await openWithout(/runs\?.*taskId=/, `tasks/${tasks.failed}`)
    await page.getByRole('tab', { name: 'Runs' }).click()
    await unread(page, 'runs').waitFor()
    expect(await page.getByText('It has not run yet').count()).toBe(0)
  })

  it('is told of what is no list too', async () => {
    const page = await openWithout(/goals\/[^/]+\/progress/, `goals/${now().world.seeds.goalId}`)
    await unread(page, 'progress of goals').waitFor()
    await page.unroute(/goals\/[^/]+\/progress/)
    await unread(page, 'progress of goals').getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  it('is not what is not there any more', async () => {
    const { goalId } = now().world.seeds
    const gone = { status: 404, json: { code: 'not_found', detail: 'There is no such goal.' } }
    const page = await openWithout(/goals\/[^/]+\/progress/, `goals/${goalId}`, gone)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    await page.route(/tasks\?.*goalId=/, (route) => route.fulfill(refusal))
    await page.reload()
    await unread(page, 'tasks').waitFor()
    expect(await unread(page, '').innerText()).not.toContain('goals')
  })

  it('says so itself where it is what its screen is about, and not twice', async () => {
    const page = await openWithout(/tasks\?/, 'tasks')
    await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(1)
  })
})
