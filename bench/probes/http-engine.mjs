// The engine of bench/http.ts, as a server of its own: local, without limits, without a log. Told the path of a SQLite file or the address
// of a Postgres database, it prints the port that it listens on.
import { createEngine } from '@engine/core'
import { serve } from '@engine/http'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

const [database = ''] = process.argv.slice(2)
const engine = await createEngine({ storage: database.startsWith('postgres:') ? postgres(database) : sqlite(database) })
const server = await serve({ engine, port: 0, limits: null })
console.log(new URL(server.url).port)
process.on('disconnect', () => process.exit())
