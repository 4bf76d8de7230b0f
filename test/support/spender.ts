// An engine in a process of its own whose runs pay for one call and are in the middle of the next, until somebody kills it.
import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { hangs } from '@engine/testing'

import { metered, priced } from './metered.ts'

const [, , file = ''] = process.argv

const adapter = metered()
const call = { ...priced, inputTokens: 1_000, maxOutputTokens: 1_000 }
adapter.script = async (turn) => {
  await (await turn.meter.reserve(call)).settle({ costMicros: 500 })
  await turn.meter.reserve(call)
  console.log('HELD')
  return hangs()(turn)
}
const engine = await createEngine({ storage: sqlite(file), adapters: [adapter], settings: { leaseMs: 1_500, pollMs: 50 } })
await engine.start()
