import { describe, expect, it } from 'vitest'

import { createEngine, type AnyDefinition, type Engine, type UserActor } from '@engine/core'
import { localOperator } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'

import { callHandler, createCompany, createWorld, serveWorld, type Answer, type Sent } from './http-fixtures.ts'
import { goodPassword } from './support/accounts.ts'
import { furnishCompany, requestOf, routesOf, type FurnishedCompany, type Route } from './http-routes.ts'

const keyed = (key: string, sent: Sent = {}): Sent => ({ ...sent, headers: { ...sent.headers, 'idempotency-key': key } })

interface Post {
  /** Who asks; an operator when left out. */
  readonly by?: 'credential' | 'agentKey' | 'memberKey' | 'hookKey' | 'nodeCredential' | 'sessionCredential'
  /** What it is about, where that is not what the company has under the name of the parameter. */
  readonly about?: (company: FurnishedCompany) => object
  readonly prepare?: (engine: Engine, company: FurnishedCompany) => Promise<unknown>
}

const openTask = ({ openTaskId }: FurnishedCompany) => ({ taskId: openTaskId })
const confirmation = ({ confirmationId }: FurnishedCompany) => ({ interactionId: confirmationId })

/** What the POST routes need that do not succeed for an operator on what the company has. */
const posts: Readonly<Record<string, Post>> = {
  'companies.resume': { prepare: (engine, { companyId }) => engine.companies.pause({ companyId }) },
  'members.enable': {
    prepare: async (engine, company) => {
      await addOwner(engine, company)
      await engine.members.disable({ memberId: company.memberId })
    },
  },
  'members.disable': { prepare: addOwner },
  'members.remove': { prepare: addOwner },
  'keys.createOwn': { by: 'memberKey' },
  'sessions.revoke': { by: 'sessionCredential' },
  'sessions.revokeOthers': { by: 'sessionCredential' },
  'agents.resume': { prepare: (engine, { agentId }) => engine.agents.pause({ agentId }) },
  'agents.rollback': { prepare: (engine, { agentId }) => engine.agents.update({ agentId, title: 'Chief' }) },
  'tasks.assign': { about: openTask },
  'tasks.route': { about: openTask },
  'tasks.checkout': { about: openTask },
  'tasks.next': { by: 'agentKey' },
  'tasks.resumeSubtree': { about: openTask, prepare: (engine, { openTaskId }) => engine.tasks.pauseSubtree({ taskId: openTaskId }) },
  'tasks.progress': { by: 'credential' },
  'tasks.complete': { by: 'credential' },
  'tasks.release': { by: 'credential' },
  'tasks.block': { by: 'credential' },
  'comments.create': { by: 'credential' },
  'documents.put': { by: 'credential' },
  'attachments.upload': { by: 'credential' },
  'deliverables.submit': { by: 'credential' },
  'runs.heartbeat': { by: 'credential' },
  'runs.appendLog': { by: 'credential' },
  'runs.recordUsage': { by: 'credential' },
  'runs.report': { by: 'credential' },
  'runs.handBack': { by: 'credential' },
  'budgets.reserve': { by: 'credential' },
  'budgets.release': { by: 'credential' },
  'costs.settle': { by: 'credential' },
  'nodes.heartbeat': { by: 'nodeCredential' },
  'workers.revoke': { about: ({ nodeId }) => ({ workerId: nodeId }) },
  'runs.retry': { prepare: (engine, { runId }) => engine.runs.cancel({ runId }) },
  'runs.receiveCallback': { about: ({ calledRunId }) => ({ runId: calledRunId }) },
  'routines.resume': { prepare: (engine, { routineId }) => engine.routines.pause({ routineId }) },
  'routines.receive': { by: 'hookKey' },
  'plugins.receive': { by: 'hookKey' },
  'plugins.enable': { prepare: (engine, { pluginId }) => engine.plugins.disable({ pluginId }) },
  'interactions.accept': { about: confirmation },
  'interactions.reject': { about: confirmation },
  'workers.resume': { prepare: (engine, { workerId }) => engine.workers.drain({ workerId }) },
  'approvals.resubmit': { prepare: (engine, { approvalId }) => engine.approvals.requestRevision({ approvalId, note: 'More' }) },
}

/** The last owner can not go. */
function addOwner(engine: Engine, { companyId }: FurnishedCompany): Promise<unknown> {
  return engine.members.add({ companyId, name: 'Ann', role: 'owner' })
}

/** Every command that is a POST route and keeps its answers, from the registry, so that none is forgotten. */
async function postRoutes(): Promise<Route[]> {
  const engine = await createEngine({ storage: sqlite(':memory:') })
  const routes = routesOf(engine.registry).filter(
    ({ name, method }) => method === 'POST' && keepsAnswers(engine.registry.get(name)?.definition),
  )
  await engine.stop()
  return routes
}

function keepsAnswers(definition: AnyDefinition | undefined): boolean {
  return definition?.kind === 'command' && definition.answersOnce === undefined
}

const routes = await postRoutes()

describe('an Idempotency-Key', () => {
  it.each(routes)('makes $name happen once, however often and at whatever time it is asked for', async (route) => {
    const { engine, dump } = await createWorld()
    const company = await furnishCompany(engine, 'Acme')
    const { by, about, prepare } = posts[route.name] ?? {}
    await prepare?.(engine, company)
    const call = callHandler({ engine, localActor: localOperator })
    const { path, sent } = requestOf(route, { ...company, ...about?.(company) }, company)
    const keyedSent = keyed('key-1', { ...sent, ...(by && { credential: company[by] }) })
    const ask = () => call('POST', path, keyedSent)
    const before = await dump()
    const together = await Promise.all(Array.from({ length: 8 }, ask))
    const after = await dump()
    expect(after).not.toBe(before)
    const later = await ask()
    expect(later.status, later.text).toBeOneOf([200, 201, 202])
    for (const answer of together) expect([answer.status, answer.text]).toEqual([later.status, later.text])
    expect(await dump()).toBe(after)
    const second = await call('POST', `${path}${path.includes('?') ? '&' : '?'}surely=other`, keyedSent)
    expect(second.status).toBe(400)
  })

  it('gives the same credential to a repeated checkout, and it works', async () => {
    const { engine, dump } = await createWorld()
    const { call } = await serveWorld(engine)
    const company = await createCompany(engine, 'Acme')
    const ask = () => call('POST', `/api/tasks/${company.openTaskId}/checkout`, keyed('k', { body: { agentId: company.otherAgentId } }))
    const answers = await Promise.all([ask(), ask(), ask()])
    const credentials = new Set(answers.map((answer) => answer.at('credential')))
    expect(credentials.size).toBe(1)
    const [credential = ''] = credentials
    expect((await call('POST', `/api/runs/${answers[0]?.at('run.id')}/heartbeat`, { credential })).status).toBe(200)
    expect(await dump()).not.toContain(credential)
  })

  it('is refused for another body, another target in the same command, but not for another command', async () => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const path = `/api/tasks/${company.taskId}/comments`
    expect((await call('POST', path, keyed('k', { body: { body: 'One' } }))).status).toBe(201)
    const before = await dump()
    const others = [
      await call('POST', path, keyed('k', { body: { body: 'Two' } })),
      await call('POST', `/api/tasks/${company.openTaskId}/comments`, keyed('k', { body: { body: 'One' } })),
    ]
    for (const answer of others) expect([answer.status, answer.at('code')]).toEqual([422, 'idempotency_mismatch'])
    expect(await dump()).toBe(before)
    expect((await call('POST', `/api/tasks/${company.taskId}/progress`, keyed('k', { body: { percent: 1 } }))).status).toBe(200)
  })

  it('sees the same request in another order of fields, and by id or identifier', async () => {
    const { engine } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const by = (reference: string, body: string) => call('POST', `/api/tasks/${reference}/progress`, keyed('k', { body }))
    const { identifier } = await engine.tasks.get({ taskId: company.taskId })
    const answers = [await by(company.taskId, '{"percent":3,"message":"m"}'), await by(identifier, ' {"message":"m", "percent":3} ')]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers[0]?.text).toBe(answers[1]?.text)
  })

  it('belongs to its actor', async () => {
    const { engine } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const path = `/api/tasks/${company.taskId}/comments`
    const person = (id: string): UserActor => ({ kind: 'user', id, roles: { [company.companyId]: 'operator' } })
    const ask = (id: string, sent: Sent = {}): Promise<Answer> =>
      callHandler({ engine, localActor: person(id) })('POST', path, keyed('shared', { body: { body: 'Hello' }, ...sent }))
    const answers = [await ask('ann'), await ask('bob'), await ask('ann', { credential: company.credential }), await ask('ann')]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(new Set(answers.map((answer) => answer.at('id'))).size).toBe(3)
    expect(answers[3]?.text).toBe(answers[0]?.text)
  })

  it('of a failure is free for the next try', async () => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const before = await dump()
    const ask = () => call('POST', `/api/tasks/${company.waitingTaskId}/checkout`, keyed('k', { body: { agentId: company.otherAgentId } }))
    expect((await ask()).status).toBe(422)
    expect(await dump()).toBe(before)
    await engine.tasks.complete({ taskId: company.taskId })
    expect((await ask()).status).toBe(200)
  })

  it('answers again who accepted an invitation with a password, although that is no more open', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const email = 'kim@example.com'
    const { key: token } = await engine.invites.create({ companyId, role: 'viewer', email })
    const ask = () =>
      callHandler({ engine })('POST', '/api/invites/accept', keyed('k', { body: { token, name: 'Kim', email, password: goodPassword } }))
    const first = await ask()
    expect([first.status, first.at('member.role')]).toEqual([201, 'viewer'])
    const again = await ask()
    expect([again.status, again.text]).toEqual([201, first.text])
  })

  it('answers again about what is gone whoever took it away, as long as they may see its company', async () => {
    const { engine } = await createWorld()
    const { companyId, taskId } = await createCompany(engine, 'Acme')
    const { id: documentId } = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'First' })
    const ask = (roles: UserActor['roles'], id = 'ann') =>
      engine.execute('documents.delete', { input: { documentId }, actor: { kind: 'user', id, roles }, idempotencyKey: 'k' })
    const answer = await ask({ [companyId]: 'operator' })
    expect(await ask({ [companyId]: 'operator' })).toEqual(answer)
    for (const [roles, id] of [[{}], [{ other: 'owner' }], [{ [companyId]: 'operator' }, 'bob']] as const)
      await expect(ask(roles, id)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is forgotten after 24 hours', async () => {
    const { engine, clock } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const ask = () => call('POST', `/api/companies/${company.companyId}/goals`, keyed('k', { body: { title: 'G' } }))
    const first = await ask()
    clock.advance(23 * 3_600_000)
    expect((await ask()).text).toBe(first.text)
    clock.advance(2 * 3_600_000)
    expect((await ask()).at('id')).not.toBe(first.at('id'))
  })

  it.each(['', 'x'.repeat(256)])('of a wrong length ("%s") is refused', async (key) => {
    const { engine } = await createWorld()
    const call = callHandler({ engine, localActor: localOperator })
    const answer = await call('POST', '/api/companies', keyed(key, { body: { name: 'Acme' } }))
    expect([answer.status, answer.at('code')]).toEqual([400, 'invalid_input'])
    expect((await call('POST', '/api/companies', keyed('x'.repeat(255), { body: { name: 'Acme' } }))).status).toBe(201)
  })

  it('has no say in a read or a PATCH', async () => {
    const { engine } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const path = `/api/companies/${company.companyId}`
    const names = ['One', 'Two']
    for (const name of names) expect((await call('PATCH', path, keyed('k', { body: { name } }))).at('name')).toBe(name)
    expect((await call('GET', path, keyed('k'))).at('name')).toBe('Two')
  })
})
