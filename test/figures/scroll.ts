import { loadavg } from 'node:os'

import type { Browser, CDPSession, Page } from 'playwright-core'

import { until } from '@engine/testing'

import type { LargeWorld } from './large-world.ts'

export interface Scrolled {
  readonly framesPerSecond: number
  /** Of the page's own thread, a frame. */
  readonly busyMs: number
  readonly scriptMs: number
  readonly styleMs: number
  readonly layoutMs: number
  readonly nodes: number
  /** Of the machine, in the last minute. */
  readonly load: number
}

const frames = 300
const pixelsPerFrame = 120

/** Opens the list of tasks and reads all of it, as somebody does who goes to its end. */
async function openList(browser: Browser, { url, tasks }: LargeWorld): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 } })
  const page = await context.newPage()
  await page.goto(`${url}/LARGE/tasks`)
  await page.getByText('Task number 1', { exact: true }).waitFor()
  const last = page.getByText(`Task number ${tasks}`, { exact: true })
  const toEnd = async () => {
    await page.locator('.eng-list').evaluate((element) => Object.assign(element, { scrollTop: 1_000_000_000 }))
    return last.count()
  }
  await until(toEnd, (found) => found > 0, 120_000)
  await page.locator('.eng-list').evaluate((element) => Object.assign(element, { scrollTop: 0 }))
  return page
}

/** Scrolls three rows a frame. @returns how many frames a second there were */
function roll(page: Page): Promise<unknown> {
  return page.evaluate(`new Promise((resolve) => {
    const list = document.querySelector('.eng-list')
    const times = []
    let top = 0
    const step = (now) => {
      times.push(now)
      list.scrollTop = top += ${pixelsPerFrame}
      if (times.length < ${frames}) requestAnimationFrame(step)
      else resolve(1000 * (times.length - 1) / (times.at(-1) - times[0]))
    }
    list.scrollTop = 0
    requestAnimationFrame(step)
  })`)
}

const counted = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration', 'Nodes'] as const
type Counts = Readonly<Record<(typeof counted)[number], number>>

async function countsOf(session: CDPSession): Promise<Counts> {
  const { metrics } = await session.send('Performance.getMetrics')
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0
  return {
    TaskDuration: of('TaskDuration'),
    ScriptDuration: of('ScriptDuration'),
    RecalcStyleDuration: of('RecalcStyleDuration'),
    LayoutDuration: of('LayoutDuration'),
    Nodes: of('Nodes'),
  }
}

export async function scroll(browser: Browser, world: LargeWorld): Promise<Scrolled> {
  const page = await openList(browser, world)
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const load = loadavg()[0] ?? 0
  const before = await countsOf(session)
  const framesPerSecond = Number(await roll(page))
  const after = await countsOf(session)
  const elements = Number(await page.evaluate("document.querySelectorAll('*').length"))
  await page.context().close()
  const perFrame = (name: keyof Counts) => ((after[name] - before[name]) * 1_000) / frames
  return {
    framesPerSecond,
    busyMs: perFrame('TaskDuration'),
    scriptMs: perFrame('ScriptDuration'),
    styleMs: perFrame('RecalcStyleDuration'),
    layoutMs: perFrame('LayoutDuration'),
    nodes: elements,
    load,
  }
}

/** Where the time of the page's thread goes while it scrolls, by Chromium's own trace: the ten costliest. */
export async function traceOf(browser: Browser, world: LargeWorld): Promise<string> {
  const page = await openList(browser, world)
  await browser.startTracing(page, { categories: ['devtools.timeline', 'blink', 'cc', 'v8'] })
  await roll(page)
  // The trace is JSON in the format of Chromium.
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  await page.context().close()
  const sums = new Map<string, number>()
  for (const { ph, name, dur = 0 } of traceEvents) if (ph === 'X') sums.set(name, (sums.get(name) ?? 0) + dur)
  const top = [...sums].toSorted(([, one], [, other]) => other - one).slice(0, 16)
  return top.map(([name, sum]) => `${name} ${(sum / 1_000 / frames).toFixed(2)}`).join(', ')
}

interface TraceEvent {
  readonly ph: string
  readonly name: string
  /** Microseconds. */
  readonly dur?: number
}
