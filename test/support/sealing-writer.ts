// Another process that writes into a company and seals, by a clock of its own, until it is told to stop or killed.
import { createEngine } from '@engine/core'
import { systemClock } from '@engine/core/plugin'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

import { startLoad } from './load.ts'

const [file = '', companyId = '', agentId = '', aheadMs = '0'] = process.argv.slice(2)
const clock = { ...systemClock, now: () => Date.now() + Number(aheadMs) }
const engine = await createEngine({ storage: sqlite(file), adapters: [scriptedAdapter()], settings: { sealMs: 20 }, clock })
await engine.start()
const load = startLoad(engine, { companyId, agentId })
process.once('SIGTERM', () => {
  void load
    .stop()
    .then(() => engine.stop())
    .then(() => console.log(`WROTE ${load.acknowledged}`))
})
console.log('WRITES')
