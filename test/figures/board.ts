// pnpm board:figures [--against ../before/packages/ui-kit/dist/board] [--rounds 5] [--trace]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'

import { buildBoard, findChromium, note, startBrowser } from '../support/browser.ts'
import { createLargeWorld, type LargeWorld } from './large-world.ts'
import { eventsToScreen } from './events-to-screen.ts'
import { scroll, traceOf, type Scrolled } from './scroll.ts'

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    tasks: { type: 'string', default: '10000' },
    trace: { type: 'boolean', default: false },
  },
})
const [rounds, tasks] = [Number(values.rounds), Number(values.tasks)]
if (!(rounds >= 1 && tasks >= 100)) throw new Error('--rounds takes a number of at least 1, --tasks of at least 100')
const chromium = findChromium()
if (chromium === null) throw new Error('There is no Chromium: install it (apt-get install chromium), or say where it is by CHROMIUM')

const folder = mkdtempSync(join(tmpdir(), 'engine-figures-'))
await buildBoard(folder)
const boards = [
  { name: 'board', folder: pathToFileURL(`${folder}/`) },
  ...(values.against === undefined ? [] : [{ name: 'against', folder: pathToFileURL(`${resolve(values.against)}/`) }]),
]
const browser = await startBrowser(chromium)
const worlds: { name: string; world: LargeWorld; scrolled: Scrolled[] }[] = []
try {
  for (const { name, folder: built } of boards) worlds.push({ name, world: await createLargeWorld(built, tasks), scrolled: [] })
  // They take turns, so that what else the machine does falls on both.
  for (let round = 0; round < rounds; round += 1) for (const each of worlds) each.scrolled.push(await scroll(browser, each.world))
  for (const { name, scrolled } of worlds) note(`${name}: ${tasks} tasks scroll ${describe(scrolled)}`)
  if (values.trace) for (const { name, world } of worlds) note(`${name}: ${await traceOf(browser, world)}`)
  for (const { name, world } of worlds) note(`${name}: ${await eventsToScreen(browser, world)}`)
} finally {
  await browser.close()
  for (const { world } of worlds) await world.close()
  rmSync(folder, { recursive: true, force: true })
}

function describe(all: readonly Scrolled[]): string {
  const middle = (of: (each: Scrolled) => number) => all.map(of).toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? 0
  const parts = [
    `at ${middle(({ framesPerSecond }) => framesPerSecond).toFixed(1)} frames a second`,
    `(${all.map(({ framesPerSecond }) => framesPerSecond.toFixed(0)).join(', ')})`,
    `busy ${middle(({ busyMs }) => busyMs).toFixed(2)} ms a frame: script ${middle(({ scriptMs }) => scriptMs).toFixed(2)},`,
    `styles ${middle(({ styleMs }) => styleMs).toFixed(2)}, layout ${middle(({ layoutMs }) => layoutMs).toFixed(2)};`,
    `${Math.round(middle(({ nodes }) => nodes))} elements; load ${all.map(({ load }) => load.toFixed(1)).join(', ')}`,
  ]
  return parts.join(' ')
}
