import type { JsonObject, Registry } from '@engine/core'

import type { Sent } from './http-fixtures.ts'
import { genuineHeaders } from './support/callbacks.ts'
import { goodPassword, otherPassword } from './support/accounts.ts'
import { describedNode, emptyPackage, type FurnishedCompany } from './http-furnished.ts'

export { furnishCompany, type FurnishedCompany } from './http-furnished.ts'

/** What paths name that belongs to no company. */
const words: Readonly<Record<string, string>> = { key: 'plan', entityType: 'task', webhook: 'take' }

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
  'companies.previewImport': () => ({ files: emptyPackage }),
  'companies.import': ({ importHash: hash }) => ({ files: emptyPackage, hash }),
  'companies.previewMerge': () => ({ files: emptyPackage }),
  'companies.merge': ({ mergeHash: hash }) => ({ files: emptyPackage, hash }),
  'members.add': () => ({ name: 'Ann', role: 'viewer' }),
  'members.update': () => ({ name: 'Ann' }),
  'members.updateOwn': () => ({ name: 'Ann' }),
  'invites.create': () => ({ role: 'viewer' }),
  'invites.accept': ({ inviteToken }) => ({ token: inviteToken, name: 'Ann' }),
  'accounts.logIn': ({ accountEmail: email }) => ({ email, password: goodPassword }),
  'accounts.setUp': ({ setupToken: token }) => ({ token, name: 'Ada', email: 'ada@example.com', password: goodPassword }),
  'accounts.setPassword': ({ passwordToken: token }) => ({ token, password: otherPassword }),
  'accounts.changePassword': () => ({ currentPassword: goodPassword, newPassword: otherPassword }),
  'accounts.deleteOwn': () => ({ password: goodPassword }),
  'accounts.createLink': ({ accountEmail: email }) => ({ email }),
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
  'plugins.install': () => ({ plugin: 'another' }),
  'plugins.configure': ({ hookKey }) => ({ config: { word: hookKey } }),
  'plugins.replay': () => ({ subscription: 'refused' }),
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
  const body = route.name === 'attachments.upload' ? 'mine' : (bodies[route.name]?.(company) ?? {})
  return { path, sent: { body, ...(route.name === 'runs.receiveCallback' && { headers: genuineHeaders() }) } }
}

/** The same as one input, as the SDK takes it. */
export function inputOf(route: Route, ids: object, company: FurnishedCompany): JsonObject {
  const named = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, Reflect.get({ ...words, ...ids }, name)])
  const headers = { authorization: `Bearer ${company.hookKey}` }
  const received = route.name.endsWith('.receive') ? { body: '{"a":1}', headers } : {}
  const called = route.name === 'runs.receiveCallback' ? { body: '{}', headers: genuineHeaders() } : {}
  const query = Object.fromEntries(new URLSearchParams(queries[route.name]))
  return { ...Object.fromEntries(named), ...query, ...received, ...called, ...bodies[route.name]?.(company) }
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
  'accounts.me': 'sessionCredential',
  'accounts.logOut': 'sessionCredential',
  'accounts.changePassword': 'sessionCredential',
  'accounts.deleteOwn': 'sessionCredential',
  'sessions.list': 'sessionCredential',
  'sessions.revoke': 'sessionCredential',
  'sessions.revokeOthers': 'sessionCredential',
  'nodes.heartbeat': 'nodeCredential',
  'nodes.lease': 'nodeCredential',
  'nodes.leave': 'nodeCredential',
}

/** The credential of the caller that an operation is for; none for those that an operator may call. */
export function keyFor({ name }: Route, company: FurnishedCompany): { key: string } | Record<never, never> {
  const caller = callers[name]
  return caller === undefined ? {} : { key: String(company[caller]) }
}
