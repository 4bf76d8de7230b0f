import { loadavg } from 'node:os'

import type { Browser } from 'playwright-core'

import type { LargeWorld } from './large-world.ts'

const changes = 40

/**
 * From the call of a command, its commit included, to the frame that shows what it did: one change after the other on the list of tasks.
 * Both clocks are that of this machine.
 */
export async function eventsToScreen(browser: Browser, { engine, companyId, url }: LargeWorld): Promise<string> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 } })
  const page = await context.newPage()
  await page.goto(`${url}/LARGE/tasks`)
  await page.locator('.eng-live[data-state=live]').waitFor()
  await page.getByText('Task number 1', { exact: true }).waitFor()
  const { items } = await engine.tasks.list({ companyId, limit: 1 })
  const taskId = items[0]?.id ?? ''
  const took: number[] = []
  for (let change = 0; change < changes; change += 1) {
    const title = `Changed for the ${change + 1}. time`
    const shown: Promise<unknown> = page.evaluate(`new Promise((resolve) => {
      const isShown = () => document.querySelector('.eng-list').textContent.includes(${JSON.stringify(title)})
      const observer = new MutationObserver(() => {
        if (!isShown()) return
        observer.disconnect()
        // A frame that begins after this one was painted with it.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())))
      })
      observer.observe(document.querySelector('.eng-list'), { childList: true, subtree: true, characterData: true })
    })`)
    // The page watches before anything changes.
    await page.evaluate('0')
    const asked = performance.timeOrigin + performance.now()
    await engine.tasks.update({ taskId, title })
    took.push(Number(await shown) - asked)
  }
  await context.close()
  const sorted = took.toSorted((one, other) => one - other)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return `${changes} changes were on screen ${at(0.5)} ms after their command was called (half of them), ${at(0.95)} ms (95 %), ${at(1)} ms (all); load ${(loadavg()[0] ?? 0).toFixed(1)}`
}
