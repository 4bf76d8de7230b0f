// One of several processes that open the same new database: prints how many migrations it applied.
import { createEngine, silentLogger } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

let applied = 0
const logger = { ...silentLogger, info: (_: string, fields?: Record<string, unknown>) => void (applied = (fields?.['applied'] as string[]).length) }
const engine = await createEngine({ storage: sqlite(process.argv[2] ?? ''), logger })
await engine.companies.list()
await engine.stop()
console.log(`MIGRATED ${applied}`)
