// An engine in a process of its own, for tests that kill it: executes what is queued, with real child processes.
import { createEngine } from '@engine/core'
import { processAdapter } from '@engine/adapters/process'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

const [, , where = '', settings = '{}'] = process.argv

const engine = await createEngine({
  storage: where.startsWith('postgres:') ? postgres(where) : sqlite(where),
  adapters: [processAdapter({ programs: 'any' })],
  settings: { leaseMs: 1_500, sweepMs: 250, pollMs: 100, stopGraceMs: 200, ...JSON.parse(settings) },
})
engine.on('run.started', (event) => console.log(`STARTED ${event.entity.id}`))
engine.on('run.succeeded', (event) => console.log(`SUCCEEDED ${event.entity.id}`))
process.on('SIGTERM', () => {
  void engine.stop().then(() => console.log('STOPPED'))
})
await engine.start()
console.log('READY')
