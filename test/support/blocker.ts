// An engine whose agent keeps the event loop of its process from turning, as code in user's hands may.
import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

const [, , where = '', settings = '{}', blocksForMs = '0'] = process.argv
const adapter = scriptedAdapter()
adapter.script = async ({ signal }) => {
  console.log('STARTED')
  // The line above is on its way before nothing moves any more.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const until = performance.now() + Number(blocksForMs)
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 200))
  console.log(`CAME BACK ${signal.aborted ? String(signal.reason) : 'free'}`)
  return { kind: 'done' }
}
const engine = await createEngine({
  storage: where.startsWith('postgres:') ? postgres(where) : sqlite(where),
  adapters: [adapter],
  settings: { pollMs: 50, ...JSON.parse(settings) },
})
engine.on('run.succeeded', () => console.log('SUCCEEDED'))
process.on('SIGTERM', () => void engine.stop().then(() => console.log('STOPPED')))
await engine.start()
