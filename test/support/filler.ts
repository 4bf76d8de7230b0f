// Creates tasks until it is told to stop, also while the database refuses them; prints when that begins and when it ends.
import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

const [file = '', companyId = ''] = process.argv.slice(2)
const engine = await createEngine({ storage: sqlite(file) })
const acknowledged: string[] = []
let refusals = 0
let isStopping = false
process.once('SIGTERM', () => (isStopping = true))

console.log('READY')
while (!isStopping) {
  try {
    const task = await engine.tasks.create({ companyId, title: 'Fills', description: 'x'.repeat(20_000) })
    acknowledged.push(task.id)
    if (refusals > 0) console.log(`AGAIN ${acknowledged.length}`)
    refusals = 0
  } catch (error) {
    refusals += 1
    const { kind, message } = error as { kind?: string; message: string }
    if (refusals === 1) console.log(`REFUSED ${kind}: ${message}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
await engine.stop()
console.log(`ACKNOWLEDGED ${JSON.stringify(acknowledged)}`)
