// An engine whose agent keeps the event loop of its process from turning.
import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { blockingAdapter } from './blocking-adapter.ts'

const [, , where = '', settings = '{}', blocksForMs = '0'] = process.argv
const engine = await createEngine({
  storage: where.startsWith('postgres:') ? postgres(where) : sqlite(where),
  adapters: [blockingAdapter(Number(blocksForMs))],
  settings: { pollMs: 50, ...JSON.parse(settings) },
})
engine.on('run.succeeded', () => console.log('SUCCEEDED'))
process.on('SIGTERM', () => void engine.stop().then(() => console.log('STOPPED')))
await engine.start()
