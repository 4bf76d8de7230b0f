import { processAdapter } from '@engine/adapters/process'
import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'

const [, , name = 'worker'] = process.argv
const engine = await createEngine({
  storage: postgres(process.env['DATABASE_URL'] ?? ''),
  adapters: [processAdapter({ programs: [{ command: process.execPath, args: ['-e'] }] })],
  workerName: name,
  // So that it shows soon: left out, a run is lost after 30 seconds of silence.
  settings: { leaseMs: 2_000, sweepMs: 250 },
})
process.once('SIGTERM', () => void engine.stop())
process.once('SIGINT', () => void engine.stop())
await engine.start()
console.log(`${name} is ready`)
