import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { processAdapter } from '@engine/adapters/process'
import { createEngine, type UserActor } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

// Each agent is a program; each task waits for the one before.
const desk = [
  { name: 'Wanda', role: 'writer', program: 'writer.mjs', task: 'Write the notice' },
  { name: 'Cleo', role: 'checker', program: 'checker.mjs', task: 'Check the notice' },
  { name: 'Pablo', role: 'publisher', program: 'publisher.mjs', task: 'Publish the notice' },
]
const pathOf = (program: string) => fileURLToPath(new URL(program, import.meta.url))
const programs = desk.map(({ program }) => ({ command: process.execPath, args: [pathOf(program)] }))

const engine = await createEngine({ storage: sqlite(':memory:'), adapters: [processAdapter({ programs })] })
const { id: companyId } = await engine.companies.create({ name: 'Notices' })
let before: string[] = []
for (const { name, role, program, task: title } of desk) {
  const adapterConfig = { command: process.execPath, args: [pathOf(program)] }
  const { id } = await engine.agents.create({ companyId, name, role, adapterType: 'process', adapterConfig })
  const task = await engine.tasks.create({ companyId, title, assigneeAgentId: id, blockedBy: before })
  before = [task.id]
}

// Kim reviews: the first version is sent back with a word of feedback, the next one is approved.
const user: UserActor = { kind: 'user', id: 'kim', roles: { [companyId]: 'reviewer' } }
const kim = engine.as(user)
engine.on('deliverable.submitted', async ({ entity }) => {
  const { id: deliverableId, number, content } = await kim.deliverables.get({ deliverableId: entity.id })
  console.log(`Version ${number}: ${content}`)
  if (number > 1) await kim.deliverables.review({ deliverableId, decision: 'approved' })
  else await kim.deliverables.review({ deliverableId, decision: 'revision_requested', feedback: 'Say when.' })
})
const published = Promise.withResolvers<void>()
engine.on('task.completed', async ({ entity }) => {
  const { id, identifier, title } = await engine.tasks.get({ taskId: entity.id })
  console.log(`${identifier} ${title}: done`)
  if (before.includes(id)) published.resolve()
})
engine.on('run.failed', ({ data }) => published.reject(new Error(data.message)))

await engine.start()
await published.promise
await engine.stop()
console.log(await readFile('notice.md', 'utf8'))
