import { randomBytes } from 'node:crypto'

import { anthropicAdapter } from '@engine/adapters/anthropic'
import { openAiAdapter } from '@engine/adapters/openai'
import { createEngine, localSecrets } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { openAnthropic, openOpenAi } from './providers.ts'

const providers = { anthropic: await openAnthropic(), openai: await openOpenAi() }
// Each builds on what the one before handed in.
const desk = [
  { name: 'Rosa', role: 'researcher', adapterType: 'openai', task: 'Collect three facts about a chair that wobbles' },
  { name: 'Ada', role: 'writer', adapterType: 'anthropic', task: 'Write a haiku that uses one of the facts' },
  { name: 'Otto', role: 'editor', adapterType: 'openai', task: 'Give the haiku a title; hand in both' },
] as const
const feedback = 'Say how many legs it has.'

const engine = await createEngine({
  storage: sqlite(':memory:'),
  adapters: [anthropicAdapter(), openAiAdapter()],
  secrets: localSecrets({ key: randomBytes(32) }),
})
const { id: companyId } = await engine.companies.create({ name: 'Chairs & Words' })
for (const [name, { key }] of Object.entries(providers))
  await engine.secrets.create({ companyId, name: `KEY_OF_${name.toUpperCase()}`, value: key })

let before: string | null = null
for (const { name, role, adapterType, task } of desk) {
  const apiKey = { secret: `KEY_OF_${adapterType.toUpperCase()}` }
  const adapterConfig = { ...providers[adapterType].config, apiKey, maxTokens: 20_000 }
  const instructions = 'Hand in nothing but what was asked for.'
  const { id } = await engine.agents.create({ companyId, name, role, instructions, adapterType, adapterConfig })
  const blockedBy: string[] = before === null ? [] : [before]
  before = (await engine.tasks.create({ companyId, title: task, assigneeAgentId: id, blockedBy })).id
}

// This board asks the writer for one more version, and approves whatever else is handed in.
engine.on('deliverable.submitted', async ({ entity }) => {
  const { id: deliverableId, taskId, number } = await engine.deliverables.get({ deliverableId: entity.id })
  const { title } = await engine.tasks.get({ taskId })
  if (title === desk[1].task && number === 1) await engine.deliverables.review({ deliverableId, decision: 'revision_requested', feedback })
  else await engine.deliverables.review({ deliverableId, decision: 'approved' })
})
const finished = Promise.withResolvers<void>()
engine.on('task.completed', async ({ entity }) => {
  const task = await engine.tasks.get({ taskId: entity.id })
  const [listed] = (await engine.deliverables.list({ companyId, taskId: task.id, status: 'approved' })).items
  const { content, number } = await engine.deliverables.get({ deliverableId: listed?.id ?? '' })
  console.log(`${task.identifier} ${task.title}: ${task.status} with version ${number}\n${content}\n`)
  if (task.id === before) finished.resolve()
})
engine.on('run.failed', ({ data }) => finished.reject(new Error(data.message)))

await engine.start()
try {
  await finished.promise
} finally {
  await engine.stop()
  for (const provider of Object.values(providers)) await provider.close()
}
