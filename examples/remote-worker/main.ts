import { processAdapter } from '@engine/adapters/process'
import { createEngine, systemActor } from '@engine/core'
import { postgres } from '@engine/storage-postgres'

const packing = { command: process.execPath, args: ['-e', 'setTimeout(() => console.log("packed"), 3_000)'] }

// This engine is never started: it executes nothing, and reads in the log what workers do, wherever they are.
const storage = postgres(process.env['DATABASE_URL'] ?? '')
const engine = await createEngine({ storage, adapters: [processAdapter({ programs: [packing] })] })
const { id: companyId } = await engine.companies.create({ name: 'Depot' })
const hire = { name: 'Ada', role: 'packer', adapterType: 'process', adapterConfig: packing }
const { id } = await engine.agents.create({ companyId, ...hire })
const task = await engine.tasks.create({ companyId, title: 'Pack the box', assigneeAgentId: id })
console.log(`${task.identifier} waits for a worker`)

const done = new AbortController()
for await (const events of engine.stream({ companyId, actor: systemActor, signal: done.signal }))
  for (const { type, data } of events) {
    if (type === 'run.started') {
      const { items } = await engine.workers.list({})
      console.log(`attempt ${data.attempt} is on ${items.find((worker) => worker.id === data.workerId)?.name}`)
    }
    if (type === 'run.lost') console.log(`attempt ${data.attempt} was lost`)
    if (type === 'task.completed') done.abort()
  }
console.log(`${task.identifier} is done`)
await engine.stop()
