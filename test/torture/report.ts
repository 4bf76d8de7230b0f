// Writes docs/RELIABILITY.md from what the loops recorded in test/torture/out; with --check it only says whether the page still
// is what docs/reliability.json says. No figure on the page comes from anywhere else.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { format, resolveConfig } from 'prettier'

import type { FaultResult } from './faults/run-faults.ts'
import type { LoopRecord } from './loop.ts'
import type { Machine } from './support/machine.ts'

/** What a file of a loop holds. */
type Recorded = LoopRecord & Machine & { readonly at: string }

/** What the file of the seeded faults holds. */
interface Faults extends Machine {
  readonly at: string
  readonly results: readonly FaultResult[]
}

/** What a whole run of the tests left (test/support/watch-figure.ts). */
interface Watched {
  readonly files: number
  readonly mutating: number
  readonly withEntry: number
  readonly scoped: number
  readonly namingCompany: number
}

interface Data {
  readonly loops: readonly Recorded[]
  readonly faults: Faults
  readonly watched: Watched
}

const outFolder = join(import.meta.dirname, 'out')
const docs = join(import.meta.dirname, '../../docs')
const dataFile = join(docs, 'reliability.json')
const pageFile = join(docs, 'RELIABILITY.md')

/** What each loop does, and what it does not show. */
const meaning: Readonly<Record<string, string>> = {
  histories:
    'Several clients, on SQLite in two processes, do random things to a few tasks at the same time. The event log is replayed as the order of the commits: one owner at a time, every fence once, nothing acknowledged lost.',
  zombies:
    'A run loses its task, also by stopping its process for real; then it tries every write. Each is refused, and the database is equal to before.',
  kills:
    'Worker processes are killed at each named step of a command and at random, or told to stop. Every task ends, each effect once for each fence.',
  postmaster: 'The whole Postgres server is killed under load and started again.',
  'proxy-faults': 'A proxy cuts, stalls or drops the connection to Postgres, also between a commit and its answer.',
  'disk-full': 'The disk of a SQLite file runs full and is freed again.',
  idempotency: 'Each command is asked for several times under one key, at once and after a lost answer.',
  clocks: 'Two processes whose clocks differ and jump; all notifications are lost.',
  deliveries:
    'Events are sent by four routes: to two receivers of signed webhooks, to a mail server, and to one that gets digests. They refuse, ask for patience, dawdle, break off before and after they kept what came and within their answer, forget to answer; one refuses some events for good until it is asked again. Processes that send die at each named step of claiming and settling and at random. Each event arrives, those of one thing in their order, under one id, and a digest always as the same; what was refused for good is parked, nothing else, and arrives when it is replayed. `sent more than once` is the price of at least once.',
  decisions:
    'People decide about the same hire, budget, strategy, request or result at the same moment, through three processes: approve, reject, cancel, review, resubmit. One process dies in the middle, at a named step of the decision or at some moment, and what it was not told is repeated with its keys, as is everything at the end. Who was told that a decision counts finds it once in the log, in their own name, with all that it brings about once: agent and key, limit, task, run, delivery. Who approves what is no longer asked, says that somebody else decided, or may not decide, is refused.',
  'ledger-histories':
    'Money is held, paid, given back, billed late and limited anew around the ends of months and days from 2026 to 2036; after each step every budget says what a model of a few lines says.',
  'ledger-crowds':
    'Two processes of four runs each spend from the same budgets, one dies between what it holds, calls and pays. No look at a budget finds a limit passed; what was acknowledged is recorded, and nothing stays held.',
  'http-bodies':
    'Bodies, queries, ids and headers that are wrong, half right and right are sent to each route over the network, by every kind of caller. None is a 500, none says anything of the inside, and what is refused changes nothing.',
  'mcp-bodies': 'The same for the arguments of each tool of MCP, over HTTP.',
  starts: 'Several processes start together on an empty or an old database.',
  tampers:
    'A sealed log of ten thousand events is changed behind the back of the engine, once in each round and in every way that docs/audit.md names. The verification must name the batch and what was done; ends that were cut off, or written anew with right hashes, are found by anchors only.',
}

if (process.argv.includes('--check')) {
  const isCurrent = existsSync(pageFile) && readFileSync(pageFile, 'utf8') === (await pageOf(readData()))
  if (!isCurrent) {
    console.error('docs/RELIABILITY.md is not what docs/reliability.json says: run pnpm reliability')
    process.exitCode = 1
  }
} else {
  const loops = readdirSync(outFolder)
    .filter((name) => /^[a-z-]+-(sqlite|postgres)-\d+\.json$/.test(name))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(outFolder, name), 'utf8')) as Recorded)
  if (loops.length === 0) throw new Error('nothing is recorded yet; run pnpm torture first')
  const data: Data = { loops, faults: recordOf('faults', 'pnpm faults') as Faults, watched: recordOf('table-watch', 'npm test') as Watched }
  writeFileSync(dataFile, `${JSON.stringify(data, null, 2)}\n`)
  writeFileSync(pageFile, await pageOf(data))
}

/** Only what it tells to run writes such a file. */
function recordOf(name: string, command: string): unknown {
  const file = join(outFolder, `${name}.json`)
  if (!existsSync(file)) throw new Error(`there is no ${name}.json yet; run ${command} first`)
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Only this file writes it. */
function readData(): Data {
  return JSON.parse(readFileSync(dataFile, 'utf8')) as Data
}

async function pageOf({ loops: records, faults, watched }: Data): Promise<string> {
  const names = [...new Set(records.map((record) => record.loop))]
  const violations = records.flatMap((record) => record.violations)
  const text = [
    '# Reliability',
    'What the torture loops did and found, written from [reliability.json](reliability.json) by `pnpm reliability`. `pnpm torture --minutes 10` runs the same loops, with other seeds, for as long as you like; `--seed` repeats them.',
    'The state of a task is exactly once for each fence. Programs and deliveries are at least once: a process that is killed after its effect and before its commit has its work done again. The loops show faults that they can make, on one machine: real processes killed by real signals, real connections cut, a real server killed. They do not cut the power.',
    machines([...records, faults]),
    `Violations: ${violations.length}.`,
    ...violations.map((violation) => `- ${violation.sentence} Again: \`${violation.replay}\``),
    ...names.map((name) =>
      section(
        name,
        records.filter((record) => record.loop === name),
      ),
    ),
    tableWatch(watched),
    seededFaults(faults),
  ].join('\n\n')
  return format(`${text}\n`, { ...(await resolveConfig(pageFile)), parser: 'markdown' })
}

function tableWatch({ files, mutating, withEntry, scoped, namingCompany }: Watched): string {
  const number = (count: number) => count.toLocaleString('en')
  return [
    '## Table watch',
    `The storages of the tests are watched: a transaction that changes rows of the business without an entry in the log makes its test fail, as does a statement that names no company. In one run of ${number(files)} files of tests ${number(mutating)} transactions changed the business, ${number(withEntry)} of them with an entry; ${number(namingCompany)} of ${number(scoped)} statements on rows of companies named theirs, the others were lookups that \`packages/testing/src/watch/lookups.ts\` allows with a reason. Storages that a test damages on purpose are not counted.`,
  ].join('\n\n')
}

/** Tests of the tests. */
function seededFaults({ results }: Faults): string {
  const caught = results.filter(({ verdict }) => verdict === 'caught').length
  const rows = results.map(({ name, caughtBy, verdict }) => `| ${name} | ${caughtBy} | ${verdict} |`)
  return [
    '## Seeded faults',
    `\`pnpm faults\` puts one fault at a time into a copy of the sources and runs the test that must fail because of it: ${caught} of ${results.length} are caught.`,
    ['| fault | test | |', '| --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n')
}

function machines(records: readonly Machine[]): string {
  const lines = records.map(
    ({ commit, isModified, node, cores, sqlite, postgres }) =>
      `- commit ${commit}${isModified ? ' with changes' : ''}, Node ${node}, ${cores} cores, SQLite ${sqlite}, Postgres ${postgres ?? 'none'}`,
  )
  return [...new Set(lines)].join('\n')
}

function section(name: string, records: readonly Recorded[]): string {
  const rows = records.map((record) => {
    const counts = Object.entries(record.counts).map(([what, count]) => `${what} ${count.toLocaleString('en')}`)
    const longest = Object.entries(record.longestMs).map(([what, ms]) => `longest ${what} ${ms.toLocaleString('en')} ms`)
    const facts = Object.entries(record.facts).map(([what, fact]) => `${what}: ${fact}`)
    const points = Object.keys(record.points).length
    const all = [...counts, ...longest, ...facts, ...(points > 0 ? [`different points ${points}`] : [])].join(', ')
    return `| ${record.storage} | ${record.rounds.toLocaleString('en')} | ${record.seconds.toFixed(0)} s | ${record.violations.length} | ${record.seed} | ${all} |`
  })
  return [
    `## ${name}`,
    meaning[name] ?? '',
    ['| storage | rounds | time | violations | seed | counts |', '| --- | --- | --- | --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n')
}
