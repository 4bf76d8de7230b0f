import { createEngine } from '@engine/core'

import { nodeSqlite } from './node-sqlite.ts'

const storage = nodeSqlite('./chairs.db')

const first = await createEngine({ storage })
const { id: companyId } = await first.companies.create({ name: 'Acme' })
const { id: agentId } = await first.agents.create({ companyId, name: 'Ada', role: 'painter', adapterType: 'human' })
const { id: taskId } = await first.tasks.create({ companyId, title: 'Paint the chair' })
await first.tasks.checkout({ taskId, agentId })
await first.stop()

// Another engine finds it all again, as another process would.
const second = await createEngine({ storage })
await second.tasks.complete({ taskId })
const { items } = await second.events.task({ taskId })
for (const { type } of items.reverse()) console.log(type)
const { isSound } = await second.verify()
console.log(isSound ? 'The database is sound.' : 'The database is damaged.')
await second.stop()
