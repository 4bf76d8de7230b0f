import { randomBytes } from 'node:crypto'

import { anthropicAdapter } from '@engine/adapters/anthropic'
import { openAiAdapter } from '@engine/adapters/openai'
import { createEngine, localSecrets } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { openAnthropic, openOpenAi } from './providers.ts'

const writers = [
  { name: 'Ada', adapterType: 'anthropic', task: 'Write a haiku about a chair', provider: await openAnthropic() },
  { name: 'Otto', adapterType: 'openai', task: 'Write an aphorism about a chair', provider: await openOpenAi() },
]
const engine = await createEngine({
  storage: sqlite(':memory:'),
  adapters: [anthropicAdapter(), openAiAdapter()],
  secrets: localSecrets({ key: randomBytes(32) }),
})
const { id: companyId } = await engine.companies.create({ name: 'Chairs & Words' })

for (const { name, adapterType, task, provider } of writers) {
  const secret = `KEY_OF_${name.toUpperCase()}`
  await engine.secrets.create({ companyId, name: secret, value: provider.key })
  const adapterConfig = { ...provider.config, apiKey: { secret }, maxTokens: 20_000 }
  const instructions = 'Hand in nothing but the words that were asked for.'
  const { id } = await engine.agents.create({ companyId, name, role: 'writer', instructions, adapterType, adapterConfig })
  await engine.tasks.create({ companyId, title: task, assigneeAgentId: id })
}

// This board approves whatever is handed in.
engine.on('run.succeeded', async ({ data }) => {
  const [submitted] = (await engine.deliverables.list({ companyId, taskId: data.taskId })).items
  if (submitted?.status === 'pending') await engine.deliverables.review({ deliverableId: submitted.id, decision: 'approved' })
})
const finished = Promise.withResolvers<void>()
let open = writers.length
engine.on('task.completed', async ({ entity }) => {
  const task = await engine.tasks.get({ taskId: entity.id })
  const [listed] = (await engine.deliverables.list({ companyId, taskId: task.id })).items
  const { content } = await engine.deliverables.get({ deliverableId: listed?.id ?? '' })
  console.log(`${task.identifier} ${task.title}: ${task.status}\n${content}\n`)
  open -= 1
  if (open === 0) finished.resolve()
})
engine.on('run.failed', ({ data }) => finished.reject(new Error(data.message)))

await engine.start()
try {
  await finished.promise
} finally {
  await engine.stop()
  for (const { provider } of writers) await provider.close()
}
