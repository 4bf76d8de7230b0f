import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { createBoardWorld } from './support/board-world.ts'

/** As when its people go to another tab, or come back; a browser without windows shows all of its tabs. */
async function look(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${state}' })
    document.dispatchEvent(new Event('visibilitychange'))
  `)
}

describe.skipIf(!canLook)('the board in many tabs', { timeout: 60_000 }, () => {
  const now = stage(createBoardWorld)

  it('is live in the one that is looked at, however many there are, and each comes up to date when it is looked at', async () => {
    const { engine, companyId, prefix, runId, url } = now().world
    const first = await now().open(url, `${prefix}/tasks`)
    await isLive(first)
    // A browser has six connections to one server; a run has a stream of its own beside that of its company.
    let before = first
    for (let tab = 0; tab < 7; tab += 1) {
      await look(before, 'hidden')
      const page = await first.context().newPage()
      await page.goto(`${url}/${prefix}/runs/${runId}`)
      await page.getByText('Reading 214 pages').first().waitFor()
      await isLive(page)
      before = page
    }
    await engine.tasks.create({ companyId, title: 'While you were elsewhere' })
    expect(await first.getByText('While you were elsewhere').count()).toBe(0)
    await look(before, 'hidden')
    await look(first, 'visible')
    await first.getByText('While you were elsewhere').waitFor()
    // Nobody looks at a tab any more, and the last one that was looked at hears on.
    await look(first, 'hidden')
    await engine.tasks.create({ companyId, title: 'Behind another window' })
    await first.getByText('Behind another window').waitFor()
  })
})
