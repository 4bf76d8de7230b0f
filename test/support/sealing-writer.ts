// Another process that writes into a company and seals, by a clock of its own, until it is told to stop or killed.
import { createEngine } from '@engine/core'
import { systemClock } from '@engine/core/plugin'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

const [file = '', companyId = '', aheadMs = '0'] = process.argv.slice(2)
const clock = { ...systemClock, now: () => Date.now() + Number(aheadMs) }
const engine = await createEngine({ storage: sqlite(file), adapters: [scriptedAdapter()], settings: { sealMs: 20 }, clock })
await engine.start()

let isStopping = false
let written = 0
const writing = write()
process.once('SIGTERM', () => {
  isStopping = true
  void writing.then(() => engine.stop()).then(() => console.log(`WROTE ${written}`))
})
console.log('WRITES')

/** Nothing here holds a lease: a process whose clock is ahead would end the leases of one whose clock is behind. */
async function write(): Promise<void> {
  for (; !isStopping; written += 1) {
    const { id: taskId } = await engine.tasks.create({ companyId, title: `Task ${written}` })
    await engine.comments.create({ taskId, body: 'half way' })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
