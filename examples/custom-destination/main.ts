import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { createEngine, localSecrets } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { openChat } from './chat.ts'
import { chatDestination } from './chat-destination.ts'

const chat = await openChat('a token')
const secrets = localSecrets({ key: randomBytes(32) })
const engine = await createEngine({ storage: sqlite(':memory:'), secrets, destinations: [chatDestination(chat)] })
const { id: companyId } = await engine.companies.create({ name: 'Acme' })
await engine.secrets.create({ companyId, name: 'CHAT_TOKEN', value: 'a token' })
const route = await engine.routes.create({
  companyId,
  name: 'What is done',
  events: ['task.completed'],
  destinationType: 'chat',
  config: { room: 'chairs', token: { secret: 'CHAT_TOKEN' } },
  template: { contentType: 'text/plain', text: '{{data.task.title}} is done' },
})
for (const { name, status, message } of (await engine.routes.test({ routeId: route.id })).checks)
  console.log(`${name}: ${status}. ${message}`)
await engine.start()

// A task that a person does.
const { id: taskId } = await engine.tasks.create({ companyId, title: 'Paint the chair' })
const { id: agentId } = await engine.agents.create({ companyId, name: 'Ada', role: 'painter', adapterType: 'human' })
await engine.tasks.checkout({ taskId, agentId })
await engine.tasks.complete({ taskId })

while (chat.messages.length === 0) await sleep(20)
for (const { text } of chat.messages) console.log(`The chat has: ${text}`)
await engine.stop()
await chat.close()
