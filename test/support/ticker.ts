// An engine in a process of its own that fires schedules; dies in it when ENGINE_CRASH_AT says so.
import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { crashFromEnvironment, scriptedAdapter } from '@engine/testing'

const place = process.argv[2] ?? ''
const probe = crashFromEnvironment()
const engine = await createEngine({
  storage: place.startsWith('postgres:') ? postgres(place) : sqlite(place),
  adapters: [scriptedAdapter()],
  settings: { sweepMs: 20, pollMs: 1_000, stopGraceMs: 200 },
  ...(probe && { probe }),
})
let fired = 0
engine.on('routine.fired', () => void (fired += 1))
process.on('SIGTERM', () => {
  void engine.stop().then(() => console.log(`FIRED ${fired}`))
})
console.log('READY')
await engine.start()
