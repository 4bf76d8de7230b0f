import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { functionAdapter } from './function-adapter.ts'

const functions = functionAdapter({
  async greet({ context, emit }) {
    await emit({ type: 'comment', body: `Hello, ${context.company.name}!` })
    return { kind: 'done' }
  },
})
const engine = await createEngine({ storage: sqlite(':memory:'), adapters: [functions] })
const { id: companyId } = await engine.companies.create({ name: 'Acme' })
const hire = { name: 'Ada', role: 'greeter', adapterType: 'function', adapterConfig: { name: 'greet' } }
const { id: assigneeAgentId } = await engine.agents.create({ companyId, ...hire })
const done = new Promise((resolve) => engine.on('task.completed', resolve))
await engine.start()
const task = await engine.tasks.create({ companyId, title: 'Greet', assigneeAgentId })
await done
const [comment] = (await engine.comments.list({ taskId: task.id })).items
console.log(`${task.identifier} is done: ${comment?.body}`)
await engine.stop()
