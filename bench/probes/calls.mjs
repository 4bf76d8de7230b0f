// B27: storage calls in a loop that awaits promises only and never lets a timer or I/O run. Arguments: database, task, calls.
import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { countStatements } from '../lib/count-statements.ts'

const [path, taskId, calls] = process.argv.slice(2)
const warmUpCalls = 20_000
const { storage, count } = countStatements(sqlite(path), { keepsTexts: false })
const engine = await createEngine({ storage })
const { companyId } = await engine.tasks.get({ taskId })
let turns = 0
let peak = 0

/** Reads of one row, a page, and now and then a write: every kind of statement the engine has. */
async function callUntil(limit) {
  while (count() < limit) {
    await engine.tasks.get({ taskId })
    await engine.tasks.list({ companyId, limit: 10 })
    if (turns % 50 === 0) await engine.tasks.update({ taskId, title: `Turn ${turns}` })
    if (turns % 1_000 === 0) peak = Math.max(peak, process.memoryUsage.rss())
    turns += 1
  }
}

await callUntil(warmUpCalls)
const before = process.memoryUsage.rss()
const startedMs = performance.now()
peak = before
await callUntil(warmUpCalls + Number(calls))
const after = Math.max(peak, process.memoryUsage.rss())
console.log(
  JSON.stringify({ calls: count() - warmUpCalls, ms: performance.now() - startedMs, growthMb: (after - before) / 1e6, rssMb: after / 1e6 }),
)
await engine.stop()
