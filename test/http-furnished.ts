import { randomUUID } from 'node:crypto'

import { systemActor, type Engine } from '@engine/core'

import { actorOf, goodPassword, openSetup } from './support/accounts.ts'
import { claimNewRun } from './support/callbacks.ts'
import { openBreaker } from './support/breakers.ts'
import { installScripted } from './support/scripted-plugin.ts'
import { parkDelivery } from './support/routes.ts'
import { createCompany, type Company } from './http-fixtures.ts'

/** A company with one of everything that a path can name, by the name of its parameter. */
export interface FurnishedCompany extends Company {
  readonly memberId: string
  readonly memberUserId: string
  readonly memberKey: string
  /** Of an account whose session comes with `sessionCredential`, and another session of it. */
  readonly accountEmail: string
  readonly userId: string
  readonly sessionCredential: string
  readonly sessionId: string
  readonly setupToken: string
  readonly passwordToken: string
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
  /** Installed, with a subscription that is parked. */
  readonly pluginId: string
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
  /** Of an agent elsewhere, which may call back. */
  readonly calledRunId: string
  /** Of the previews of `emptyPackage`. */
  readonly importHash: string
  readonly mergeHash: string
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
  const routine = await furnishRoutine(engine, companyId)
  return {
    ...company,
    ...(await furnishPackage(engine, companyId)),
    ...(await furnishPeople(engine, { companyId, agentId })),
    ...(await furnishAccount(engine, companyId)),
    ...routine,
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
    pluginId: await installScripted(engine, companyId, routine.hookKey),
    preferenceId: preference.id,
    priceId: price.id,
    // Before a breaker keeps its provider from being asked.
    calledRunId: await claimNewRun(engine, { companyId, adapterType: 'still' }),
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

export const describedNode = { name: 'far', host: 'far', pid: 1, engineVersion: '1.0.0', adapters: [], capacity: 1 }

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

async function furnishAccount(engine: Engine, companyId: string) {
  const email = `ann.${companyId}@example.com`
  const { key: token } = await engine.invites.create({ companyId, role: 'viewer', email })
  const { credential = '' } = await engine.invites.accept({ token, name: 'Ann Other', email, password: goodPassword })
  const other = await actorOf(engine, (await engine.accounts.logIn({ email, password: goodPassword })).credential)
  return {
    accountEmail: email,
    userId: other.id,
    sessionCredential: credential,
    sessionId: other.sessionId ?? '',
    setupToken: (await openSetup(engine)) ?? '',
    passwordToken: (await engine.accounts.createLink({ email })).key,
  }
}

async function furnishPeople(engine: Engine, { companyId, agentId }: { companyId: string; agentId: string }) {
  const member = await engine.members.add({ companyId, name: 'Kim', email: `kim.${companyId}@example.com`, role: 'owner' })
  const owner = engine.as({ kind: 'user', id: member.userId, roles: { [companyId]: member.role } })
  const own = await owner.keys.createOwn({ companyId, name: 'Laptop' })
  const invite = await engine.invites.create({ companyId, role: 'viewer' })
  const key = await engine.keys.create({ agentId, name: 'Server' })
  return {
    memberId: member.id,
    memberUserId: member.userId,
    memberKey: own.key,
    inviteId: invite.id,
    inviteToken: invite.key,
    keyId: key.id,
    agentKey: key.key,
  }
}

/** A package of a company without anything in it. */
export const emptyPackage = [{ path: 'COMPANY.md', content: '---\nschema: engine.company/v1\nname: Empty\n---\n' }]

async function furnishPackage(engine: Engine, companyId: string) {
  const files = emptyPackage
  const { hash: importHash } = await engine.companies.previewImport({ files })
  const { hash: mergeHash } = await engine.companies.previewMerge({ companyId, files })
  return { importHash, mergeHash }
}
