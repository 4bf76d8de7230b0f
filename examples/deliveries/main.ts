import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { createEngine, localSecrets } from '@engine/core'
import { allDestinations } from '@engine/deliveries'
import { createWebhookSecret } from '@engine/deliveries/webhook'
import { sqlite } from '@engine/storage-sqlite'

import { openBucket, openHook, openMailbox } from './receivers.ts'

const secrets = { HOOK_KEY: createWebhookSecret(), MAIL_PASSWORD: 'a password', BUCKET_ID: 'an id', BUCKET_KEY: 'a key' }
const receivers = {
  webhook: await openHook(secrets.HOOK_KEY),
  email: await openMailbox('engine', secrets.MAIL_PASSWORD),
  storage: await openBucket({ accessKeyId: secrets.BUCKET_ID, secretAccessKey: secrets.BUCKET_KEY }),
}

const engine = await createEngine({
  storage: sqlite(':memory:'),
  secrets: localSecrets({ key: randomBytes(32) }),
  // The receivers are on this machine, which is no target for routes unless whoever runs the server says so.
  destinations: allDestinations({ allow: ['127.0.0.1'] }),
})
const { id: companyId } = await engine.companies.create({ name: 'Reports' })
for (const [name, value] of Object.entries(secrets)) await engine.secrets.create({ companyId, name, value })

const report = { contentType: 'text/markdown', text: '{{data.deliverable.content}}' }
for (const [destinationType, { config }] of Object.entries(receivers)) {
  const template = destinationType === 'webhook' ? {} : { template: report }
  const name = `Approved reports: ${destinationType}`
  const route = await engine.routes.create({ companyId, name, destinationType, config, events: ['deliverable.approved'], ...template })
  const { checks } = await engine.routes.test({ routeId: route.id })
  for (const { name: what, status, message } of checks) console.log(`${destinationType}, ${what}: ${status}. ${message}`)
}
await engine.start()

// An agent that works by itself writes the report, a person approves it.
const agent = await engine.agents.create({ companyId, name: 'Ada', role: 'writer', executionMode: 'polling' })
await engine.tasks.create({ companyId, title: 'Report on the chairs', assigneeAgentId: agent.id })
const { run } = await engine.as({ kind: 'agent', id: agent.id, companyId }).tasks.next()
if (!run) throw new Error('there is nothing to do')
const ada = engine.as({ kind: 'run', id: run.id, companyId, agentId: agent.id, taskId: run.taskId, fence: run.fence ?? 0 })
const content = '# Twelve chairs\n\nOne of them wobbles.\n'
const deliverable = await ada.deliverables.submit({ taskId: run.taskId, title: 'Twelve chairs', content, contentType: 'text/markdown' })
await ada.runs.report({ runId: run.id, outcome: { kind: 'needs_review' } })
await engine.deliverables.review({ deliverableId: deliverable.id, decision: 'approved' })

const routes = Object.keys(receivers).length
for (;;) {
  const { items } = await engine.deliveries.list({ companyId })
  const parked = items.find(({ status }) => status === 'parked')
  if (parked) throw new Error(`a delivery was given up: ${JSON.stringify(parked)}`)
  if (items.filter(({ status }) => status === 'delivered').length === routes) break
  await sleep(50)
}
for (const [place, receiver] of Object.entries(receivers)) for (const line of await receiver.read()) console.log(`${place} → ${line}`)

await engine.stop()
for (const receiver of Object.values(receivers)) await receiver.close()
