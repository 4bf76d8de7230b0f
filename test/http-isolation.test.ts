import { describe, expect, it } from 'vitest'

import type { Engine, Role, UserActor } from '@engine/core'

import { callHandler, createCompany, createWorld } from './http-fixtures.ts'
import { fill, furnishCompany, requestOf, routesOf, type FurnishedCompany, type Route } from './http-routes.ts'

const of = (companyId: string, role: Role): UserActor => ({ kind: 'user', id: 'eve', roles: { [companyId]: role } })

async function twoCompanies() {
  const world = await createWorld()
  const mine = await furnishCompany(world.engine, 'Acme')
  const theirs = await furnishCompany(world.engine, 'Beta')
  return { ...world, mine, theirs }
}

/** The routes that are about something of a company. */
function companyRoutes({ registry }: Engine): Route[] {
  const isOfCompany = (name: string) => registry.get(name)?.definition.access.company !== 'installation'
  return routesOf(registry).filter(({ name, path }) => path.includes(':') && isOfCompany(name))
}

/** What a refusal says, without the parts that differ between any two answers. */
function told(text: string, ids: Readonly<Record<string, string>>): string {
  const { requestId: _, ...body } = JSON.parse(text) as Record<string, unknown>
  return Object.entries(ids).reduce((said, [name, id]) => said.replaceAll(id, `<${name}>`), JSON.stringify(body))
}

/** Ids that nothing has, in the place of a company's. */
function absentIds(company: FurnishedCompany): Record<string, string> {
  return Object.fromEntries(Object.keys(company).map((name, index) => [name, `01890000-0000-7000-8000-0000000000${10 + index}`]))
}

describe("another company's things", () => {
  it.each(['owner', 'viewer'] as const)('are absent for its %s on every route, word for word', async (role) => {
    const { engine, dump, mine, theirs } = await twoCompanies()
    const call = callHandler({ engine, localActor: of(mine.companyId, role) })
    const [foreign, absent] = [{ ...theirs }, absentIds(theirs)]
    const before = await dump()
    const seen: string[] = []
    for (const route of companyRoutes(engine)) {
      const { name, method } = route
      const [theirRequest, noRequest] = [requestOf(route, foreign, mine), requestOf(route, absent, mine)]
      const [answer, nothing] = [
        await call(method, theirRequest.path, theirRequest.sent),
        await call(method, noRequest.path, noRequest.sent),
      ]
      expect([answer.status, answer.at('code')], name).toEqual([404, 'not_found'])
      expect(told(answer.text, foreign), name).toBe(told(nothing.text, absent))
      expect([...answer.headers.keys()], name).toEqual([...nothing.headers.keys()])
      seen.push(name)
    }
    expect(seen.length).toBeGreaterThan(100)
    expect(await dump()).toBe(before)
  })

  it('are absent by their identifier too', async () => {
    const { engine, mine, theirs } = await twoCompanies()
    const call = callHandler({ engine, localActor: of(mine.companyId, 'owner') })
    expect(theirs.prefix).toBe('BET')
    for (const path of ['/api/tasks/BET-1', '/api/tasks/bet-2/comments', '/api/tasks/BET-2/activity']) {
      expect((await call('GET', path)).status, path).toBe(404)
    }
  })

  it('are absent for the run of one company, by its credential', async () => {
    const { engine, dump, mine, theirs } = await twoCompanies()
    const call = callHandler({ engine })
    const before = await dump()
    for (const route of companyRoutes(engine)) {
      const { path, sent } = requestOf(route, theirs, mine)
      expect((await call(route.method, path, { ...sent, credential: mine.credential })).status, route.name).toBe(404)
    }
    expect(await dump()).toBe(before)
  })

  const links: [string, string, string, (theirs: FurnishedCompany) => object][] = [
    ['a goal below theirs', 'POST', '/companies/:companyId/goals', (theirs) => ({ title: 'T', parentId: theirs.goalId })],
    ['a goal of their agent', 'POST', '/companies/:companyId/goals', (theirs) => ({ title: 'T', ownerAgentId: theirs.agentId })],
    ['a goal moved below theirs', 'PATCH', '/goals/:goalId', (theirs) => ({ parentId: theirs.goalId })],
    ['an agent below theirs', 'PATCH', '/agents/:agentId', (theirs) => ({ reportsTo: theirs.agentId })],
    [
      'a new agent below theirs',
      'POST',
      '/companies/:companyId/agents',
      (theirs) => ({ name: 'Eve', role: 'spy', adapterType: 'still', reportsTo: theirs.agentId }),
    ],
    ['a task for their goal', 'POST', '/companies/:companyId/tasks', (theirs) => ({ title: 'T', goalId: theirs.goalId })],
    ['a task below theirs', 'POST', '/companies/:companyId/tasks', (theirs) => ({ title: 'T', parentId: theirs.taskId })],
    ['a task blocked by theirs', 'POST', '/companies/:companyId/tasks', (theirs) => ({ title: 'T', blockedBy: [`${theirs.prefix}-1`] })],
    ['a task for their agent', 'POST', '/companies/:companyId/tasks', (theirs) => ({ title: 'T', assigneeAgentId: theirs.agentId })],
    [
      'a task that prefers their agent',
      'POST',
      '/companies/:companyId/tasks',
      (theirs) => ({ title: 'T', preferredAgentId: theirs.agentId }),
    ],
    ['a task moved to their goal', 'PATCH', '/tasks/:openTaskId', (theirs) => ({ goalId: theirs.goalId })],
    ['a task moved below theirs', 'PATCH', '/tasks/:openTaskId', (theirs) => ({ parentId: theirs.taskId })],
    ['a task given to their agent', 'POST', '/tasks/:openTaskId/assign', (theirs) => ({ agentId: theirs.agentId })],
    ['a checkout for their agent', 'POST', '/tasks/:openTaskId/checkout', (theirs) => ({ agentId: theirs.agentId })],
    ['a default agent of theirs', 'PATCH', '/companies/:companyId', (theirs) => ({ defaultAgentId: theirs.agentId })],
    ['a project for their goal', 'POST', '/companies/:companyId/projects', (theirs) => ({ name: 'P', goalId: theirs.goalId })],
    ['a project of their agent', 'PATCH', '/projects/:projectId', (theirs) => ({ defaultAgentId: theirs.agentId })],
    ['a sprint of their project', 'POST', '/companies/:companyId/sprints', (theirs) => ({ name: 'S', projectId: theirs.projectId })],
    ['a task of their project', 'POST', '/companies/:companyId/tasks', (theirs) => ({ title: 'T', projectId: theirs.projectId })],
    ['a task moved to their sprint', 'PATCH', '/tasks/:openTaskId', (theirs) => ({ sprintId: theirs.sprintId })],
    ['a task with their label', 'POST', '/companies/:companyId/tasks', (theirs) => ({ title: 'T', labels: [theirs.labelId] })],
    ['a task for their person', 'POST', '/companies/:companyId/tasks', (theirs) => ({ title: 'T', assigneeUserId: theirs.userId })],
    ['a task given to their person', 'POST', '/tasks/:openTaskId/assign', (theirs) => ({ userId: theirs.userId })],
    [
      'a rule that routes to their agent',
      'POST',
      '/companies/:companyId/routing-rules',
      (theirs) => ({ name: 'R', targetAgentId: theirs.agentId }),
    ],
    ['a rule that falls back on their agent', 'PATCH', '/routing-rules/:routingRuleId', (theirs) => ({ fallbackAgentId: theirs.agentId })],
    [
      'an approval for their task',
      'POST',
      '/companies/:companyId/approvals',
      (theirs) => ({ type: 'custom', subject: 'x', payload: {}, taskId: theirs.taskId }),
    ],
    ['an answer to their comment', 'POST', '/tasks/:taskId/comments', (theirs) => ({ body: 'T', parentId: theirs.commentId })],
  ]

  it.each(links)('can not be linked to: %s', async (...[, method, path, body]) => {
    const { engine, dump, mine, theirs } = await twoCompanies()
    const call = callHandler({ engine, localActor: of(mine.companyId, 'owner') })
    const before = await dump()
    const nobody = absentIds(theirs)
    const foreign = await call(method, fill(path, { ...mine }), { body: body(theirs) })
    const missing = await call(method, fill(path, { ...mine }), { body: body({ ...theirs, ...nobody, prefix: 'NONE' }) })
    expect(foreign.status, foreign.text).toBeOneOf([404, 422])
    expect(told(foreign.text, { ...theirs })).toBe(told(missing.text, { ...nobody, prefix: 'NONE' }))
    expect(await dump()).toBe(before)
  })

  it('are in no list: of companies, tasks, agents, runs, deliverables, events', async () => {
    const { engine, mine, theirs } = await twoCompanies()
    const person: UserActor = { kind: 'user', id: mine.userId, roles: { [mine.companyId]: 'owner' } }
    const call = callHandler({ engine, localActor: person })
    expect((await call('GET', '/api/companies')).body).toMatchObject({ items: [{ id: mine.companyId }], nextCursor: null })
    for (const route of routesOf(engine.registry)) {
      if (route.method !== 'GET' || !route.path.startsWith('/companies')) continue
      const answer = await call('GET', requestOf(route, { ...mine, entityId: theirs.entityId }, mine).path)
      expect(answer.status, route.path).toBe(200)
      expect(answer.text, route.path).not.toContain(theirs.companyId)
    }
    for (const filter of [`assigneeAgentId=${theirs.agentId}`, `parentId=${theirs.taskId}`]) {
      expect((await call('GET', `/api/companies/${mine.companyId}/tasks?${filter}`)).body).toEqual({ items: [], nextCursor: null })
    }
  })

  it('are not found by a person who belongs nowhere, who may not found a company either', async () => {
    const { engine, dump, mine } = await twoCompanies()
    const call = callHandler({ engine, localActor: { kind: 'user', id: 'eve', roles: {} } })
    const before = await dump()
    expect((await call('GET', '/api/companies')).body).toEqual({ items: [], nextCursor: null })
    expect((await call('GET', `/api/companies/${mine.companyId}`)).status).toBe(404)
    expect((await call('POST', '/api/companies', { body: { name: 'Eve' } })).status).toBe(403)
    expect(await dump()).toBe(before)
  })
})

describe('a role in the own company', () => {
  const may: [Role, string, string, object, number][] = [
    ['viewer', 'POST', '/tasks/:openTaskId/comments', { body: 'x' }, 403],
    ['viewer', 'POST', '/companies/:companyId/tasks', { title: 'x' }, 403],
    ['reviewer', 'POST', '/tasks/:openTaskId/comments', { body: 'x' }, 201],
    ['reviewer', 'POST', '/deliverables/:deliverableId/review', { decision: 'approved' }, 200],
    ['reviewer', 'POST', '/companies/:companyId/tasks', { title: 'x' }, 403],
    ['operator', 'POST', '/companies/:companyId/tasks', { title: 'x' }, 201],
    ['operator', 'POST', '/agents/:agentId/pause', {}, 200],
    ['operator', 'POST', '/agents/:agentId/terminate', {}, 403],
    ['operator', 'POST', '/companies/:companyId/agents', { name: 'x', role: 'x', adapterType: 'still' }, 403],
    ['operator', 'POST', '/runs/:runId/heartbeat', {}, 403],
    ['admin', 'POST', '/companies/:companyId/agents', { name: 'x', role: 'x', adapterType: 'still' }, 201],
    ['admin', 'POST', '/companies', { name: 'x' }, 403],
    ['owner', 'POST', '/runs/:runId/report', { outcome: { kind: 'done' } }, 403],
  ]

  it.each(may)('%s: %s %s %j is answered %i', async (...[role, method, path, body, status]) => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const before = await dump()
    const answer = await callHandler({ engine, localActor: of(company.companyId, role) })(method, fill(path, { ...company }), { body })
    expect(answer.status, answer.text).toBe(status)
    if (status === 403) expect(answer.body).toMatchObject({ code: 'forbidden', scope: expect.any(String), allowed: expect.any(Array) })
    if (status === 403) expect(await dump()).toBe(before)
  })

  it('shows an agent its configuration to admins only', async () => {
    const { engine } = await createWorld()
    const { companyId, agentId } = await createCompany(engine, 'Acme')
    const see = (role: Role) => callHandler({ engine, localActor: of(companyId, role) })('GET', `/api/agents/${agentId}`)
    expect((await see('admin')).body).toMatchObject({ adapterConfig: { pace: 'quick' } })
    expect((await see('operator')).body).toMatchObject({ adapterConfig: null })
  })
})
