// Writes docs/RELIABILITY.md from what the loops recorded in test/torture/out; with --check it only says whether the page still
// is what docs/reliability.json says. No figure on the page comes from anywhere else.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { format, resolveConfig } from 'prettier'

import type { LoopRecord } from './loop.ts'

/** What a file of a loop holds. */
interface Recorded extends LoopRecord {
  readonly commit: string
  readonly isModified: boolean
  readonly node: string
  readonly cores: number
  readonly sqlite: string
  readonly postgres: string | null
  readonly at: string
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
  starts: 'Several processes start together on an empty or an old database.',
}

if (process.argv.includes('--check')) {
  const isCurrent = existsSync(pageFile) && readFileSync(pageFile, 'utf8') === (await pageOf(readData()))
  if (!isCurrent) {
    console.error('docs/RELIABILITY.md is not what docs/reliability.json says: run pnpm reliability')
    process.exitCode = 1
  }
} else {
  const records = readdirSync(outFolder)
    .filter((name) => /^[a-z-]+-(sqlite|postgres)-\d+\.json$/.test(name))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(outFolder, name), 'utf8')) as Recorded)
  if (records.length === 0) throw new Error('nothing is recorded yet; run pnpm torture first')
  writeFileSync(dataFile, `${JSON.stringify(records, null, 2)}\n`)
  writeFileSync(pageFile, await pageOf(records))
}

/** Only this file writes it. */
function readData(): Recorded[] {
  return JSON.parse(readFileSync(dataFile, 'utf8')) as Recorded[]
}

async function pageOf(records: readonly Recorded[]): Promise<string> {
  const names = [...new Set(records.map((record) => record.loop))]
  const violations = records.flatMap((record) => record.violations)
  const text = [
    '# Reliability',
    'What the torture loops did and found, written from [reliability.json](reliability.json) by `pnpm reliability`. `pnpm torture --minutes 10` runs the same loops, with other seeds, for as long as you like; `--seed` repeats them.',
    'The state of a task is exactly once for each fence. Programs and deliveries are at least once: a process that is killed after its effect and before its commit has its work done again. The loops show faults that they can make, on one machine: real processes killed by real signals, real connections cut, a real server killed. They do not cut the power.',
    machines(records),
    `Violations: ${violations.length}.`,
    ...violations.map((violation) => `- ${violation.sentence} Again: \`${violation.replay}\``),
    ...names.map((name) =>
      section(
        name,
        records.filter((record) => record.loop === name),
      ),
    ),
  ].join('\n\n')
  return format(`${text}\n`, { ...(await resolveConfig(pageFile)), parser: 'markdown' })
}

function machines(records: readonly Recorded[]): string {
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
