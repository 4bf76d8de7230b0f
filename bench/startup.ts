import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findBuild, installedBytes, installedFolders, type Build } from './lib/build.ts'
import { runProbe, startServer, type ColdStart } from './lib/child.ts'
import { spreadOf } from './lib/measure.ts'
import { judge, spreadText, type Bar, type Report, type Row } from './lib/report.ts'
import { seedTasks, withFolder } from './lib/sqlite.ts'

const processRuns = 11
const serverRuns = 3
const storageCalls = 300_000
const seededTasks = 1_000
/** V8 lets its heap grow by tens of MB when a loop leaves it no time to tidy up; with no room to do so, what grows is a leak. */
const smallHeap = ['--max-old-space-size=64', '--max-semi-space-size=2']

const forbidden = ['@modelcontextprotocol/sdk', '@anthropic-ai/sdk', 'openai', 'pg', 'express', 'better-sqlite3']

const bars = {
  openMs: { goal: 'B24', figure: 'ms over empty', wants: 'at most', must: 90, stretch: 40, isStrict: false },
  openMb: { goal: 'B24', figure: 'MB over empty', wants: 'at most', must: 45, stretch: 30, isStrict: false },
  graph: { goal: 'B25', figure: 'forbidden modules', wants: 'at most', must: 0, isStrict: true },
  control: { goal: 'B25', figure: 'control modules found', wants: 'at least', must: 3, isStrict: true },
  installed: { goal: 'B26', figure: 'MB', wants: 'at most', must: 40, stretch: 12, isStrict: true },
  installedHttp: { goal: 'B26', figure: 'MB', wants: 'at most', must: 43, isStrict: true },
  growth: { goal: 'B27', figure: 'MB growth', wants: 'at most', must: 40, isStrict: true },
} satisfies Record<string, Bar>

/** B24 to B27, each figure from fresh processes. */
export async function benchStartup(): Promise<Report> {
  const build = findBuild()
  const rows = await withFolder(async (folder) => [
    ...(await openRows(build, folder)),
    ...(await graphRows(build)),
    ...installedRows(build),
    await growthRow(build, folder),
    ...(await serverRows(build, folder)),
  ])
  return { bench: `startup: fresh processes, ${build.description}`, columns: ['value (median, min..max)', 'notes'], rows }
}

interface Facts {
  readonly ms: number
  readonly cpuMs: number
  readonly rssMb: number
}

/** B24: an empty process, one that opens the engine, and the same with V8's code cache warm, in turns. */
async function openRows(build: Build, folder: string): Promise<Row[]> {
  const seed = await seedTasks(folder, seededTasks)
  const cacheFolder = join(folder, 'compile-cache')
  const open = { name: 'open', parameters: [seed.path] }
  const [empty, opened, cached]: [Facts[], Facts[], Facts[]] = [[], [], []]
  await runProbe(build, { ...open, cacheFolder })
  for (let run = 0; run < processRuns; run += 1) {
    empty.push(await runProbe(build, { name: 'empty' }))
    opened.push(await runProbe(build, open))
    cached.push(await runProbe(build, { ...open, cacheFolder }))
  }
  const judged = build.isBuilt ? { ms: bars.openMs, rssMb: bars.openMb } : {}
  return [
    ...figureRows('empty process', { empty, facts: empty }),
    ...figureRows('import core + storage-sqlite, open', { empty, facts: opened, bars: judged }),
    ...figureRows('the same, compile cache warm', { empty, facts: cached }),
  ]
}

function figureRows(name: string, given: { empty: Facts[]; facts: Facts[]; bars?: { ms?: Bar; rssMb?: Bar } }): Row[] {
  const figures = [
    ['ms', 'ms'],
    ['cpuMs', 'CPU ms'],
    ['rssMb', 'MB RSS'],
  ] as const
  return figures.map(([key, unit]) => {
    const spread = spreadOf(given.facts.map((facts) => facts[key]))
    const over = spread.median - spreadOf(given.empty.map((facts) => facts[key])).median
    const bar = key === 'cpuMs' ? undefined : given.bars?.[key]
    return {
      variant: `${name}, ${unit}`,
      cells: [spreadText(spread, 1), given.facts === given.empty ? '' : `${over.toFixed(1)} over empty`],
      facts: { ...spread, over },
      verdicts: bar ? [judge(bar, over)] : [],
    }
  })
}

/** B25, and that the probe would see what it looks for. */
async function graphRows(build: Build): Promise<Row[]> {
  const loaded = await packagesLoadedBy(build, '@engine/core')
  const [http, driver] = [await packagesLoadedBy(build, '@engine/http'), await packagesLoadedBy(build, 'better-sqlite3')]
  const found = forbidden.filter((name) => loaded.names.has(name))
  const controls = [loaded.names.has('kysely'), http.names.has('helmet'), driver.names.has('better-sqlite3')].filter(Boolean).length
  return [
    {
      variant: "import '@engine/core', forbidden packages",
      cells: [String(found.length), `${loaded.modules} modules; packages: ${[...loaded.names].join(', ')}`],
      facts: { found, loaded: [...loaded.names], modules: loaded.modules },
      verdicts: [judge(bars.graph, found.length)],
    },
    {
      variant: 'the same probe sees kysely, helmet in http, the driver',
      cells: [String(controls), `http loads ${http.modules} modules`],
      facts: { controls, httpModules: http.modules },
      verdicts: [judge(bars.control, controls)],
    },
  ]
}

async function packagesLoadedBy(build: Build, specifier: string): Promise<{ names: Set<string>; modules: number }> {
  const { urls } = await runProbe<{ urls: string[] }>(build, { name: 'graph', parameters: [specifier] })
  const names = urls.flatMap((url) => [...packagesIn([url]), ...bundledPackages(url)])
  return { names: new Set(names), modules: urls.length }
}

/** A package that was bundled is loaded too: the bundler names each of its files in a comment. */
function bundledPackages(url: string): string[] {
  if (!url.startsWith('file:') || url.includes('/node_modules/')) return []
  return packagesIn(readFileSync(new URL(url), 'utf8').match(/^\/\/ .*\/node_modules\/.*$/gm) ?? [])
}

function packagesIn(paths: readonly string[]): string[] {
  return paths.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
}

/** B26: files of the packages and of all that they need, as installed here for this platform. */
function installedRows(build: Build): Row[] {
  const small = [import.meta.resolve('@engine/core/package.json'), import.meta.resolve('@engine/storage-sqlite/package.json')]
  return [
    installedRow(build, { name: 'core + storage-sqlite', manifests: small, bar: bars.installed }),
    installedRow(build, {
      name: 'core + storage-sqlite + http',
      manifests: [...small, import.meta.resolve('@engine/http/package.json')],
      bar: bars.installedHttp,
    }),
  ]
}

function installedRow(build: Build, given: { name: string; manifests: readonly string[]; bar: Bar }): Row {
  const folders = new Set<string>()
  for (const manifest of given.manifests) installedFolders(dirname(fileURLToPath(manifest)), folders)
  const sizes = [...folders].map((folder) => ({
    name: folder.replace(/.*\/(node_modules|packages)\//, ''),
    mb: installedBytes(folder) / 1e6,
  }))
  const mb = sizes.reduce((sum, size) => sum + size.mb, 0)
  const largest = sizes.toSorted((left, right) => right.mb - left.mb).slice(0, 4)
  const notes = `${sizes.length} packages; ${largest.map((size) => `${size.name} ${size.mb.toFixed(1)}`).join(', ')}`
  return {
    variant: `installed: ${given.name}, MB`,
    cells: [mb.toFixed(1), notes],
    facts: { mb, sizes },
    verdicts: build.isBuilt ? [judge(given.bar, mb)] : [],
  }
}

/** B27: resident memory over a loop that never lets timers or I/O run. */
async function growthRow(build: Build, folder: string): Promise<Row> {
  const seed = await seedTasks(join(folder, 'growth'), 50)
  const taskId = seed.tasks[0]?.taskId ?? ''
  const facts = await runProbe<{ calls: number; ms: number; growthMb: number; rssMb: number }>(build, {
    name: 'calls',
    nodeArguments: smallHeap,
    parameters: [seed.path, taskId, String(storageCalls)],
  })
  return {
    variant: `RSS growth over ${facts.calls.toLocaleString('en')} storage calls, MB`,
    cells: [facts.growthMb.toFixed(1), `to ${facts.rssMb.toFixed(0)} MB; ${((facts.ms * 1_000) / facts.calls).toFixed(1)} us a call`],
    facts,
    verdicts: [judge(bars.growth, facts.growthMb)],
  }
}

/** Cold start of the server as a user meets it. It keeps a compile cache, so the very first start is shown by itself. */
async function serverRows(build: Build, folder: string): Promise<Row[]> {
  const cacheFolder = join(folder, 'server-compile-cache')
  const dataFolder = (name: string) => join(folder, `data-${name}`)
  const first = await startServer(build, { dataFolder: dataFolder('first'), cacheFolder })
  const [onEmpty, onExisting]: [ColdStart[], ColdStart[]] = [[], []]
  for (let run = 0; run < serverRuns; run += 1) {
    onEmpty.push(await startServer(build, { dataFolder: dataFolder(`empty-${run}`), cacheFolder }))
    onExisting.push(await startServer(build, { dataFolder: dataFolder('first'), cacheFolder }))
  }
  return [
    serverRow('engine serve, very first start', [first]),
    serverRow('engine serve, empty data folder', onEmpty),
    serverRow('engine serve, existing database', onExisting),
  ]
}

function serverRow(name: string, starts: readonly ColdStart[]): Row {
  const ready = spreadOf(starts.map((start) => start.readyMs))
  const memory = starts.flatMap((start) => start.idleRssMb ?? [])
  const idle = memory.length === 0 ? 'RSS unknown on this system' : `${spreadOf(memory).median.toFixed(1)} MB RSS idle after 2 s`
  return {
    variant: `${name}, ms until ready`,
    cells: [spreadText(ready, 0), idle],
    facts: { readyMs: ready, idleRssMb: memory },
    verdicts: [],
  }
}
