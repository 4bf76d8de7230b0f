// pnpm torture --minutes 10 --seed 1 --only kills,zombies --storage sqlite
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { startPostgres } from '../support/postgres.ts'
import { loops } from './loops.ts'
import type { Budget, Loop, LoopRecord, StorageName } from './loop.ts'
import { describeMachine } from './support/machine.ts'

const outFolder = join(import.meta.dirname, 'out')
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    count: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    storage: { type: 'string' },
  },
})

const seed = Number(values.seed ?? Math.floor(Math.random() * 0x1_0000_0000))
if (!Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number')
const chosen = chooseRuns()
const budget = chooseBudget()
const server = chosen.some(({ storage }) => storage === 'postgres') ? await startPostgres() : null
const machine = await describeMachine(server?.url ?? null)
console.log(`seed ${seed}, commit ${machine.commit}, Node ${machine.node}, ${machine.cores} cores`)
try {
  for (const { loop, storage } of chosen) {
    const record = await loop.run({ storage, seed, budget, ...(server && { postgresUrl: server.url }), onRecord: showProgress })
    report(record)
  }
} finally {
  await server?.stop()
}

function chooseRuns(): { loop: Loop; storage: StorageName }[] {
  const names = values.only?.split(',') ?? loops.map((loop) => loop.name)
  const wanted = names.map((name) => {
    const loop = loops.find((each) => each.name === name)
    if (!loop) throw new Error(`there is no loop ${name}; there are ${loops.map((each) => each.name).join(', ')}`)
    return loop
  })
  const runs = wanted.flatMap((loop) => loop.storages.map((storage) => ({ loop, storage })))
  const fitting = runs.filter(({ storage }) => values.storage === undefined || values.storage === storage)
  if (fitting.length === 0) throw new Error('none of these loops runs on that storage; storages are sqlite and postgres')
  return fitting
}

/** All loops together take the minutes, each the same share. */
function chooseBudget(): Budget {
  if (values.count !== undefined) return { count: Number(values.count) }
  const minutes = Number(values.minutes) / chosen.length
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0')
  return { minutes }
}

function showProgress(record: LoopRecord): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${titleOf(record)}: ${record.rounds} rounds, ${record.seconds.toFixed(0)} s `)
}

function titleOf({ loop, storage }: LoopRecord): string {
  return `${loop} on ${storage}`
}

/** One JSON file for each loop, storage and seed; and what was found, with the command that finds it again. */
function report(record: LoopRecord): void {
  const pairs = [
    ...Object.entries(record.counts),
    ...Object.entries(record.longestMs).map(([name, ms]) => [`longest ${name}`, `${ms} ms`] as const),
  ]
  console.log(
    `\r${titleOf(record)}: ${record.rounds} rounds in ${record.seconds.toFixed(1)} s; ${pairs.map(([name, value]) => `${name} ${value}`).join(', ')}`,
  )
  if (record.rounds === 0 && record.violations.length === 0) {
    console.error(
      `${titleOf(record)} did nothing: to prepare took all of its time. Give it more, by --minutes or --only; nothing is recorded.`,
    )
    process.exitCode = 1
    return
  }
  mkdirSync(outFolder, { recursive: true })
  const file = join(outFolder, `${record.loop}-${record.storage}-${record.seed}.json`)
  writeFileSync(file, `${JSON.stringify({ ...machine, at: new Date().toISOString(), ...record }, null, 2)}\n`)
  for (const { sentence, replay } of record.violations) console.error(`VIOLATION ${sentence.slice(0, 300)}\n  again: ${replay}`)
  if (record.violations.length > 0) process.exitCode = 1
}
