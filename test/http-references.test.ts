// PROMISES P16: whatever field of whatever operation refers to something, a thing of another company is one that is not there. The fields
// are read from the registry: one that is new has to be named here.
import { describe, expect, it } from 'vitest'

import { jsonSchemaOf, type Engine, type JsonObject, type UserActor } from '@engine/core'

import { callHandler, createWorld, type Answer, type Call, type Sent } from './http-fixtures.ts'
import { furnishCompany, requestOf, routesOf, type FurnishedCompany, type Route } from './http-routes.ts'

type Known = keyof FurnishedCompany

/** What a field refers to, by its own name. */
const byName: Readonly<Record<string, Known>> = {
  agentId: 'agentId',
  agentIds: 'agentId',
  answerer: 'userId',
  assigneeAgentId: 'agentId',
  assigneeUserId: 'userId',
  blockedBy: 'taskId',
  budgetId: 'budgetId',
  commentId: 'commentId',
  defaultAgentId: 'agentId',
  entityId: 'taskId',
  fallbackAgentId: 'agentId',
  fileIds: 'attachmentId',
  goalId: 'goalId',
  holdId: 'holdId',
  labelId: 'labelId',
  labels: 'labelId',
  leadAgentId: 'agentId',
  managerId: 'agentId',
  memberId: 'memberId',
  mentions: 'agentId',
  ownerAgentId: 'agentId',
  parentId: 'taskId',
  preferredAgentId: 'agentId',
  projectId: 'projectId',
  reportsTo: 'agentId',
  routeId: 'routeId',
  routingRuleIds: 'routingRuleId',
  runId: 'runId',
  knownRunIds: 'runId',
  scopeId: 'agentId',
  sprintId: 'sprintId',
  targetAgentId: 'agentId',
  taskId: 'taskId',
  taskIds: 'taskId',
  userId: 'userId',
}

/** The fields that mean something else in some operations. */
const byOperation: Readonly<Record<string, Known>> = {
  'goals.create parentId': 'goalId',
  'goals.update parentId': 'goalId',
  'goals.list parentId': 'goalId',
  'comments.create parentId': 'commentId',
  'comments.createOnDeliverable parentId': 'commentId',
}

/** Texts that look like references and are none, or are about no company. */
const noReference: ReadonlySet<string> = new Set([
  // What its source calls a cost.
  'costs.report sourceEventId',
  'costs.reportMany costs.0.sourceEventId',
  // Looked for among the budgets over the run alone; with another one the run ends as it would without.
  'runs.report budgetId',
  // Of the installation: who may ask sees all.
  'accounts.log userId',
])

interface Special {
  /** Who asks, where it is not the owner of the company. */
  readonly by?: 'credential' | 'nodeCredential'
  /** What a body or a query needs besides, for the reference to be what it is refused for. */
  readonly besides?: JsonObject
  /** What it has by itself that contradicts the reference. */
  readonly without?: string
  /** Whether the task that it is about is one that nobody works on. */
  readonly isOpen?: true
  /** Why the answer does not repeat what was asked for. */
  readonly silent?: string
}

const suggested = { kind: 'suggested_tasks', prompt: 'So?', tasks: [{ key: 'a', title: 'A' }] }
const ofTask = { task: { title: 'Audit' } }
const notBound = 'what is bound nowhere there is not bound to what is not there'
const ofNode = 'a node is told of its own runs'

/** By operation and field; or by operation, for all of its fields. */
const special: Readonly<Record<string, Special>> = {
  'tasks.assign agentId': { isOpen: true },
  'tasks.assign userId': { isOpen: true, without: 'agentId' },
  'routing.dryRun taskId': { without: 'task' },
  'budgets.set scopeId': { besides: { scope: 'agent' } },
  'preferences.set scopeId': { besides: { scope: 'agent' } },
  'preferences.list scopeId': { besides: { scope: 'agent' } },
  'interactions.ask ask.tasks.0.assigneeAgentId': { besides: { ask: suggested } },
  'runs.report outcome.interaction.ask.tasks.0.assigneeAgentId': {
    by: 'credential',
    besides: { outcome: { kind: 'waiting', interaction: { ask: suggested } } },
  },
  'runs.report outcome.interaction.answerer': {
    by: 'credential',
    besides: { outcome: { kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Why?' } } } },
  },
  'secrets.bind': { besides: { target: {} } },
  'secrets.unbind': { besides: { target: {} }, silent: notBound },
  'routing.reorder': { silent: 'it says which rules have to be named: those that there are' },
  'routines.update': { besides: ofTask },
  'budgets.release': { by: 'credential' },
  'costs.settle': { by: 'credential' },
  'nodes.lease': { by: 'nodeCredential', silent: ofNode },
  'nodes.recordUsage': { by: 'nodeCredential', silent: ofNode },
}

interface Reference {
  readonly route: Route
  /** From the input to the field; `0` for each item of a list. */
  readonly path: readonly string[]
  readonly refersTo: Known
}

const isNamedLikeOne = /(?:Id|Ids\.0|By\.0|labels\.0|mentions\.0|answerer)$/

/** The paths of all texts in the input of an operation that are ids, or are called as if they were. */
function pathsOf(schema: unknown, path: readonly string[] = []): string[] {
  const { type, format, properties, items, anyOf, oneOf, allOf, enum: words, const: word } = Object(schema) as JsonObject
  const isText = type === 'string' && words === undefined && word === undefined
  const own = isText && (format === 'uuid' || isNamedLikeOne.test(path.join('.'))) ? [path.join('.')] : []
  const members = Object.entries(Object(properties)).flatMap(([name, member]) => pathsOf(member, [...path, name]))
  const choices = [anyOf, oneOf, allOf].flatMap((several) => (Array.isArray(several) ? several.flatMap((one) => pathsOf(one, path)) : []))
  return [...new Set([...own, ...members, ...choices, ...(items === undefined ? [] : pathsOf(items, [...path, '0']))])]
}

/** @throws for a field of which nobody said what it refers to */
function referencesOf({ registry }: Engine): Reference[] {
  return routesOf(registry).flatMap((route) => {
    const input = registry.get(route.name)?.definition.input
    return pathsOf(input && jsonSchemaOf(input, 'input')).flatMap((text): Reference[] => {
      const path = text.split('.')
      const name = path.findLast((part) => part !== '0') ?? ''
      if (route.path.includes(`:${name}`) && path.length === 1) return []
      if (noReference.has(`${route.name} ${text}`)) return []
      const refersTo = byOperation[`${route.name} ${text}`] ?? byName[name]
      if (!refersTo) throw new Error(`${route.name} has ${text}: say here what it refers to`)
      return [{ route, path, refersTo }]
    })
  })
}

/** The same value with another one at a path. */
function put(value: unknown, [name, ...rest]: readonly string[], member: string): unknown {
  if (name === undefined) return member
  if (name === '0') return [put(Array.isArray(value) ? value[0] : undefined, rest, member)]
  return { ...Object(value), [name]: put(Object(value)[name], rest, member) }
}

const absentId = '01890000-0000-7000-8000-000000000000'

/** Asks for a thing in the place of a reference, in a call that is right otherwise. */
async function ask(call: Call, mine: FurnishedCompany, { id, ...reference }: Reference & { id: string }): Promise<Answer> {
  const { route, path } = reference
  const { by, besides, without = '', isOpen } = specialOf(reference)
  const request = requestOf(route, { ...mine, ...(isOpen && { taskId: mine.openTaskId }) }, mine)
  const sent: Sent = { ...request.sent, ...(by && { credential: mine[by] }) }
  // Bytes are the body of an upload.
  if (route.method !== 'GET' && route.name !== 'attachments.upload')
    return call(route.method, request.path, { ...sent, body: put({ ...Object(sent.body), [without]: undefined, ...besides }, path, id) })
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...besides, [path.join('.')]: id }))
    query.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  return call(route.method, `${request.path}${request.path.includes('?') ? '&' : '?'}${query.toString()}`, sent)
}

function specialOf({ route, path }: Reference): Special {
  return special[`${route.name} ${path.join('.')}`] ?? special[route.name] ?? {}
}

/** What an answer says, without what differs between any two. */
function told({ status, text }: Answer, id: string): string {
  return `${status} ${text.replace(/"requestId":"[^"]*"/, '').replaceAll(id, '<id>')}`
}

describe('a field that refers to something', () => {
  it('finds nothing of another company, in any operation, and says of it what it says of nothing', async () => {
    const { engine, dump } = await createWorld()
    const mine = await furnishCompany(engine, 'Acme')
    const theirs = await furnishCompany(engine, 'Beta')
    const owner: UserActor = { kind: 'user', id: mine.userId, roles: { [mine.companyId]: 'owner' } }
    const call = callHandler({ engine, localActor: owner })
    const references = referencesOf(engine)
    let before = await dump()
    for (const reference of references) {
      const { route, path, refersTo } = reference
      const what = `${route.name} ${path.join('.')}`
      const foreignId = String(theirs[refersTo])
      const foreign = await ask(call, mine, { ...reference, id: foreignId })
      const absent = await ask(call, mine, { ...reference, id: absentId })
      expect([what, told(foreign, foreignId)]).toEqual([what, told(absent, absentId)])
      // Refused for this reference, and not for something else that the call lacks.
      expect([what, foreign.status]).toEqual([what, expect.toBeOneOf([200, 201, 404, 422])])
      if (route.method !== 'GET' && specialOf(reference).silent === undefined)
        expect([what, foreign.text]).toEqual([what, expect.stringContaining(foreignId)])
      const after = await dump()
      expect([what, after === before]).toEqual([what, true])
      before = after
    }
    expect(references.length).toBeGreaterThan(120)
  })
})
