// One of several processes that open the same new database: prints how many migrations it applied.
import { createEngine, silentLogger } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

let applied = 0
const count = (_message: string, fields: Record<string, unknown> = {}) => {
  if (Array.isArray(fields['applied'])) applied += fields['applied'].length
}
const logger = { ...silentLogger, info: count }
const engine = await createEngine({ storage: sqlite(process.argv[2] ?? ''), logger })
await engine.companies.list()
await engine.stop()
console.log(`MIGRATED ${applied}`)
