// One of two processes that hold and pay from the same budget: started by budgets-ledger.test.ts, prints what it was let do as one line.
import { existsSync } from 'node:fs'

import { createEngine, EngineError } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

interface Plan {
  readonly file: string
  readonly credential: string
  readonly times: number
}

const plan = JSON.parse(process.argv[2] ?? '') as Plan
const engine = await createEngine({ storage: sqlite(plan.file), adapters: [scriptedAdapter()] })
const run = await engine.authenticate(plan.credential)
if (run?.kind !== 'run') throw new Error('the credential is not that of a run')
const api = engine.as(run)
const result = { paid: 0, refused: 0, unexpected: [] as string[] }

console.log('READY')
while (!existsSync(`${plan.file}.go`)) await new Promise((resolve) => setTimeout(resolve, 1))

for (let times = 0; times < plan.times; times += 1) {
  try {
    const { holdId } = await api.budgets.reserve({ runId: run.id, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: 10 })
    await api.costs.settle({ runId: run.id, holdId: holdId ?? '', usage: { outputTokens: 7 } })
    result.paid += 1
  } catch (error) {
    if (EngineError.isInstance(error) && error.code === 'budget_exceeded') result.refused += 1
    else if (EngineError.isInstance(error) && error.code === 'lease_lost') break
    else result.unexpected.push(String(error))
  }
}
await engine.stop()
console.log(`RESULT ${JSON.stringify(result)}`)
