// B24: everything an embedding program pays before its first call. Argument: an existing, migrated database.
import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { report } from './report.mjs'

const importedMs = performance.now()
const engine = await createEngine({ storage: sqlite(process.argv[2]) })
report({ importedMs })
await engine.stop()
