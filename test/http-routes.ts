import { randomUUID } from 'node:crypto'

import { systemActor, type Engine, type JsonObject, type Registry } from '@engine/core'

import { openBreaker } from './support/breakers.ts'
import { parkDelivery } from './support/routes.ts'
import { createCompany, type Company, type Sent } from './http-fixtures.ts'

/** A company with one of everything that a path can name, by the name of its parameter. */
export interface FurnishedCompany extends Company {
  readonly memberId: string
  readonly userId: string
  readonly memberKey: string
  readonly inviteId: string
  readonly inviteToken: string
  /** A key of `otherAgentId`. */
  readonly keyId: string
  readonly agentKey: string
  readonly projectId: string
  readonly sprintId: string
  readonly labelId: string
  readonly documentId: string
  readonly attachmentId: string
  /** Of type custom, pending. */
  readonly approvalId: string
  readonly payloadHash: string
  readonly routingRuleId: string
  /** A question, pending; and a confirmation. */
  readonly interactionId: string
  readonly confirmationId: string
  readonly routineId: string
  /** A webhook, which takes `hookKey`. */
  readonly triggerId: string
  readonly hookKey: string
  readonly secretId: string
  readonly entityId: string
  /** A process that executes runs; of the installation. */
  readonly workerId: string
  /** A worker that registered as a node with `nodeKey`, and comes with `nodeCredential`. */
  readonly nodeId: string
  readonly nodeKeyId: string
  readonly nodeKey: string
  readonly nodeCredential: string
  readonly knowledgeEntryId: string
  /** Of the company. */
  readonly preferenceId: string
  readonly priceId: string
  /** Open. */
  readonly breakerId: string
  readonly costEventId: string
  /** Of the company, with room. */
  readonly budgetId: string
  /** Open, of the budget of another agent. */
  readonly incidentId: string
  /** Of a call of `runId`. */
  readonly holdId: string
  readonly routeId: string
  /** Parked. */
  readonly deliveryId: string
}

export async function furnishCompany(engine: Engine, name: string): Promise<FurnishedCompany> {
  const company = await createCompany(engine, name)
  const { companyId, taskId, openTaskId, otherAgentId: agentId } = company
  const project = await engine.projects.create({ companyId, name: 'Shop' })
  const sprint = await engine.sprints.create({ companyId, name: 'Week 1' })
  const label = await engine.labels.create({ companyId, name: 'urgent' })
  const rule = await engine.routing.create({ companyId, name: 'Bugs', conditions: { tagsAny: ['bug'] }, targetAgentId: agentId })
  const attachment = await engine.attachments.upload({ taskId, name: 'notes.txt', content: Buffer.from('a file') })
  const document = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'First' })
  const interaction = await engine.interactions.ask({ taskId, ask: { kind: 'question', prompt: 'Why?' } })
  const confirmation = await engine.interactions.ask({ taskId, ask: { kind: 'confirmation', prompt: 'OK?' } })
  const approval = await engine.approvals.request({ companyId, type: 'custom', subject: 'release', payload: {} })
  const entry = await engine.knowledge.create({ companyId, title: 'House style', body: 'Be brief.' })
  const preference = await engine.preferences.set({ companyId, scope: 'company', key: 'report.language', value: 'en' })
  const price = await engine.prices.set({ companyId, provider: 'p', model: 'm', inputMicros: 1, outputMicros: 2 })
  const secret = await furnishSecret(engine, companyId)
  return {
    ...company,
    ...(await furnishPeople(engine, { companyId, agentId })),
    ...(await furnishRoutine(engine, companyId)),
    projectId: project.id,
    sprintId: sprint.id,
    labelId: label.id,
    documentId: document.id,
    attachmentId: attachment.id,
    approvalId: approval.id,
    payloadHash: approval.payloadHash,
    routingRuleId: rule.id,
    interactionId: interaction.id,
    confirmationId: confirmation.id,
    secretId: secret.id,
    entityId: openTaskId,
    workerId: await furnishWorker(engine),
    ...(await furnishNode(engine)),
    knowledgeEntryId: entry.id,
    preferenceId: preference.id,
    priceId: price.id,
    breakerId: await openBreaker(engine, { companyId, adapterType: 'still' }),
    costEventId: (await engine.costs.report({ companyId, taskId, sourceEventId: 'one', provider: 'a', costMicros: 1 })).id,
    ...(await furnishBudgets(engine, company)),
    ...(await parkDelivery(engine, companyId)),
  }
}

async function furnishBudgets(engine: Engine, { companyId, runId, credential }: Company) {
  const run = await engine.authenticate(credential)
  if (!run) throw new Error('the credential of the checkout is unknown')
  const budget = await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 1_000_000_000 })
  const call = { runId, provider: 'any', model: 'any', inputTokens: 1, maxOutputTokens: 1 }
  const { holdId } = await engine.as(run).budgets.reserve(call)
  const agent = await engine.agents.create({ companyId, name: 'Broke', role: 'writer', adapterType: 'still', executionMode: 'manual' })
  await engine.budgets.set({ companyId, scope: 'agent', scopeId: agent.id, metric: 'runs', limit: 0 })
  const [incident] = (await engine.budgets.incidents({ companyId })).items
  return { budgetId: budget.id, holdId: holdId ?? '', incidentId: incident?.id ?? '' }
}

async function furnishWorker(engine: Engine): Promise<string> {
  const worker = { workerId: randomUUID(), name: 'north', host: 'north', pid: 1, engineVersion: '1.0.0', adapters: ['still'], capacity: 4 }
  await engine.execute('workers.register', { input: worker, actor: systemActor })
  return worker.workerId
}

/** A node without adapters, which is given no runs. */
async function furnishNode(engine: Engine) {
  const { id: nodeKeyId, key: nodeKey } = await engine.nodes.createKey({ name: 'Far' })
  const { workerId: nodeId, credential } = await engine.nodes.register({ key: nodeKey, ...describedNode })
  return { nodeId, nodeKeyId, nodeKey, nodeCredential: credential }
}

const describedNode = { name: 'far', host: 'far', pid: 1, engineVersion: '1.0.0', adapters: [], capacity: 1 }

/** Bound to the company as BOUND, with an old value that nothing needs. */
async function furnishSecret(engine: Engine, companyId: string) {
  const { id: secretId } = await engine.secrets.create({ companyId, name: 'TOKEN', value: 'the first value' })
  await engine.secrets.rotate({ secretId, value: 'the second value' })
  await engine.secrets.bind({ secretId, target: 'company', as: 'BOUND' })
  return engine.secrets.get({ secretId })
}

async function furnishRoutine(engine: Engine, companyId: string) {
  const routine = await engine.routines.create({ companyId, name: 'Audit', task: { title: 'Audit' } })
  const trigger = await engine.routines.addTrigger({ routineId: routine.id, kind: 'webhook', scheme: 'bearer' })
  return { routineId: routine.id, triggerId: trigger.id, hookKey: trigger.key ?? '' }
}

async function furnishPeople(engine: Engine, { companyId, agentId }: { companyId: string; agentId: string }) {
  const member = await engine.members.add({ companyId, name: 'Kim', role: 'owner' })
  const owner = engine.as({ kind: 'user', id: member.userId, roles: { [companyId]: member.role } })
  const own = await owner.keys.createOwn({ companyId, name: 'Laptop' })
  const invite = await engine.invites.create({ companyId, role: 'viewer' })
  const key = await engine.keys.create({ agentId, name: 'Server' })
  return {
    memberId: member.id,
    userId: member.userId,
    memberKey: own.key,
    inviteId: invite.id,
    inviteToken: invite.key,
    keyId: key.id,
    agentKey: key.key,
  }
}

/** What paths name that belongs to no company. */
const words: Readonly<Record<string, string>> = { key: 'plan', entityType: 'task' }

/** A route with its parameters filled in. @throws when there is none for one of them */
export function fill(path: string, ids: object): string {
  return `/api${path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value: unknown = Reflect.get({ ...words, ...ids }, name)
    if (typeof value !== 'string') throw new Error(`${path} names ${name}, for which there is no value here`)
    return value
  })}`
}

export interface Route {
  readonly name: string
  readonly method: string
  readonly path: string
}

export function routesOf({ operations }: Registry): Route[] {
  return operations.flatMap(({ name, definition }) =>
    definition.http ? [{ name, method: definition.http[0], path: definition.http[1] }] : [],
  )
}

/** What each route takes in its body, so that it succeeds for the company that it is about; left out, nothing. */
const bodies: Readonly<Record<string, (company: FurnishedCompany) => JsonObject>> = {
  'companies.create': () => ({ name: 'Gamma' }),
  'companies.update': () => ({ name: 'Taken over' }),
  'members.add': () => ({ name: 'Ann', role: 'viewer' }),
  'members.update': () => ({ name: 'Ann' }),
  'members.updateOwn': () => ({ name: 'Ann' }),
  'invites.create': () => ({ role: 'viewer' }),
  'invites.accept': ({ inviteToken }) => ({ token: inviteToken, name: 'Ann' }),
  'keys.create': () => ({ name: 'Phone' }),
  'keys.createOwn': () => ({ name: 'Phone' }),
  'goals.create': () => ({ title: 'Mine' }),
  'goals.update': () => ({ title: 'Mine' }),
  'projects.create': () => ({ name: 'Mine' }),
  'projects.update': () => ({ name: 'Mine' }),
  'sprints.create': () => ({ name: 'Mine' }),
  'sprints.update': () => ({ name: 'Mine' }),
  'labels.create': () => ({ name: 'mine' }),
  'labels.update': () => ({ name: 'mine' }),
  'agents.create': () => ({ name: 'Eve', role: 'spy', adapterType: 'still' }),
  'agents.update': () => ({ name: 'Eve' }),
  'agents.rollback': () => ({ revision: 1 }),
  'tasks.create': () => ({ title: 'Mine' }),
  'tasks.createMany': () => ({ tasks: [{ title: 'Mine' }] }),
  'tasks.update': () => ({ title: 'Mine' }),
  'tasks.updateMany': ({ openTaskId }) => ({ tasks: [{ taskId: openTaskId, title: 'Mine' }] }),
  'tasks.deleteMany': ({ openTaskId }) => ({ taskIds: [openTaskId] }),
  'tasks.assign': ({ otherAgentId }) => ({ agentId: otherAgentId }),
  'tasks.checkout': ({ otherAgentId }) => ({ agentId: otherAgentId }),
  'tasks.progress': () => ({ percent: 1 }),
  'tasks.block': () => ({ reason: 'mine' }),
  'tasks.forceRelease': () => ({ reason: 'mine' }),
  'routing.create': ({ agentId }) => ({ name: 'Mine', targetAgentId: agentId }),
  'routing.update': () => ({ isEnabled: false }),
  'routing.reorder': ({ routingRuleId }) => ({ routingRuleIds: [routingRuleId] }),
  'routing.dryRun': () => ({ task: {} }),
  'secrets.create': () => ({ name: 'MINE', value: 'a value of mine' }),
  'secrets.update': () => ({ description: 'mine' }),
  'secrets.rotate': () => ({ value: 'a value of mine' }),
  'secrets.bind': () => ({ target: 'company', as: 'MINE' }),
  'secrets.unbind': () => ({ target: 'company', as: 'BOUND' }),
  'secrets.destroyVersion': () => ({ number: 1 }),
  'routes.create': () => ({ name: 'Mine', destinationType: 'scripted', events: ['task.*'] }),
  'routes.update': () => ({ name: 'Mine' }),
  'routines.create': () => ({ name: 'Mine', task: { title: 'Mine' } }),
  'routines.update': () => ({ name: 'Mine' }),
  'routines.addTrigger': () => ({ kind: 'cron', expression: '0 9 * * *' }),
  'routines.updateTrigger': () => ({ isEnabled: false }),
  'comments.create': () => ({ body: 'mine' }),
  'comments.createOnDeliverable': () => ({ body: 'mine' }),
  'documents.put': () => ({ key: 'notes', title: 'Mine', body: 'mine' }),
  'deliverables.submit': () => ({ title: 'Mine', content: 'mine' }),
  'deliverables.review': () => ({ decision: 'approved' }),
  'interactions.ask': () => ({ ask: { kind: 'question', prompt: 'Mine?' } }),
  'interactions.answer': () => ({ text: 'mine' }),
  'approvals.request': () => ({ type: 'custom', subject: 'mine', payload: {} }),
  'approvals.approve': ({ payloadHash }) => ({ payloadHash }),
  'approvals.reject': () => ({ note: 'No' }),
  'approvals.requestRevision': () => ({ note: 'More' }),
  'approvals.resubmit': () => ({ payload: { to: 'all' } }),
  'knowledge.create': () => ({ title: 'Mine', body: 'mine' }),
  'knowledge.update': () => ({ title: 'Mine' }),
  'preferences.set': () => ({ scope: 'company', key: 'mine', value: true }),
  'prices.set': () => ({ provider: 'mine', model: 'mine', inputMicros: 1, outputMicros: 2 }),
  'budgets.set': () => ({ scope: 'company', metric: 'runs', limit: 1_000 }),
  'budgets.raise': () => ({ limit: 2_000_000_000 }),
  'budgets.resolveIncident': () => ({ action: 'keep_paused' }),
  'budgets.reserve': () => ({ provider: 'any', model: 'any', inputTokens: 1, maxOutputTokens: 1 }),
  'budgets.release': ({ holdId }) => ({ holdId }),
  'costs.settle': () => ({ usage: { costMicros: 1 } }),
  'runs.report': () => ({ outcome: { kind: 'done' } }),
  'runs.handBack': () => ({ reason: 'mine' }),
  'runs.recordUsage': () => ({ usages: [{ sequence: 1, costMicros: 1 }] }),
  'costs.report': () => ({ sourceEventId: 'mine', provider: 'a', costMicros: 1 }),
  'costs.reportMany': () => ({ costs: [{ sourceEventId: 'mine', provider: 'a', costMicros: 1 }] }),
  'nodes.recordUsage': ({ runId }) => ({ runId, fence: 0, usages: [{ sequence: 1, costMicros: 1 }] }),
  'nodes.createKey': () => ({ name: 'Mine' }),
  'nodes.register': ({ nodeKey }) => ({ key: nodeKey, ...describedNode }),
  'nodes.lease': () => ({ limit: 1 }),
  'runs.appendLog': () => ({ entries: [{ stream: 'stdout', text: 'mine' }] }),
}

/** What routes need in their query. */
const queries: Readonly<Record<string, string>> = {
  'attachments.upload': '?name=mine.txt',
  'search.find': '?query=work',
  'prices.find': '?provider=p&model=m',
  'knowledge.search': '?query=work',
  'routines.preview': '?expression=0+9+*+*+*',
}

/** The request that a route takes, about the things of one company and with the body of another. */
export function requestOf(route: Route, ids: object, company: FurnishedCompany): { path: string; sent: Sent } {
  const path = `${fill(route.path, ids)}${queries[route.name] ?? ''}`
  if (route.method === 'GET') return { path, sent: {} }
  return { path, sent: { body: route.name === 'attachments.upload' ? 'mine' : (bodies[route.name]?.(company) ?? {}) } }
}

/** The same as one input, as the SDK takes it. */
export function inputOf(route: Route, ids: object, company: FurnishedCompany): JsonObject {
  const named = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, Reflect.get({ ...words, ...ids }, name)])
  const received = route.name === 'routines.receive' ? { body: '{"a":1}', headers: { authorization: `Bearer ${company.hookKey}` } } : {}
  const query = Object.fromEntries(new URLSearchParams(queries[route.name]))
  return { ...Object.fromEntries(named), ...query, ...received, ...bodies[route.name]?.(company) }
}

/** What needs another caller than an operator. */
const callers: Readonly<Record<string, keyof FurnishedCompany>> = {
  'agents.me': 'agentKey',
  'tasks.mine': 'agentKey',
  'tasks.inbox': 'agentKey',
  'tasks.next': 'agentKey',
  'members.getOwn': 'memberKey',
  'members.updateOwn': 'memberKey',
  'keys.createOwn': 'memberKey',
  'nodes.heartbeat': 'nodeCredential',
  'nodes.lease': 'nodeCredential',
  'nodes.leave': 'nodeCredential',
}

/** The credential of the caller that an operation is for; none for those that an operator may call. */
export function keyFor({ name }: Route, company: FurnishedCompany): { key: string } | Record<never, never> {
  const caller = callers[name]
  return caller === undefined ? {} : { key: String(company[caller]) }
}
