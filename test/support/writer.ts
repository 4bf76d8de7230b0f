// Another process that writes into a company until it is told to stop; prints how many of its commands were acknowledged.
import { sqlite } from '@engine/storage-sqlite'

import { openEngine } from './company.ts'
import { startLoad } from './load.ts'

const [file = '', companyId = '', agentId = ''] = process.argv.slice(2)
const { engine } = await openEngine(sqlite(file))
const load = startLoad(engine, { companyId, agentId })
process.once('SIGTERM', () => {
  void load
    .stop()
    .then(() => engine.stop())
    .then(() => console.log(`WROTE ${load.acknowledged}`))
})
console.log('WRITES')
