import { describe, expect, it } from 'vitest'

import type { Role, UserActor } from '@engine/core'

import { callHandler, createCompany, createWorld, type Company } from './http-fixtures.ts'

const absent: Readonly<Record<string, string>> = {
  companyId: '01890000-0000-7000-8000-000000000001',
  goalId: '01890000-0000-7000-8000-000000000002',
  agentId: '01890000-0000-7000-8000-000000000003',
  taskId: '01890000-0000-7000-8000-000000000004',
  runId: '01890000-0000-7000-8000-000000000005',
  deliverableId: '01890000-0000-7000-8000-000000000006',
}

const bodies: Readonly<Record<string, object>> = {
  'companies.update': { name: 'Taken over' },
  'goals.create': { title: 'Mine' },
  'goals.update': { title: 'Mine' },
  'agents.create': { name: 'Eve', role: 'spy', adapterType: 'still' },
  'agents.update': { name: 'Eve' },
  'tasks.create': { title: 'Mine' },
  'tasks.createMany': { tasks: [{ title: 'Mine' }] },
  'tasks.update': { title: 'Mine' },
  'tasks.assign': { agentId: null },
  'tasks.progress': { percent: 1 },
  'tasks.block': { reason: 'mine' },
  'comments.create': { body: 'mine' },
  'deliverables.submit': { title: 'Mine', content: 'mine' },
  'deliverables.review': { decision: 'approved' },
  'runs.report': { outcome: { kind: 'done' } },
  'runs.appendLog': { entries: [{ stream: 'stdout', text: 'mine' }] },
}

const of = (companyId: string, role: Role): UserActor => ({ kind: 'user', id: 'eve', roles: { [companyId]: role } })

const fill = (path: string, ids: Readonly<Record<string, string>>) =>
  `/api${path.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? name)}`

async function twoCompanies() {
  const world = await createWorld()
  const mine = await createCompany(world.engine, 'Acme')
  const theirs = await createCompany(world.engine, 'Beta')
  return { ...world, mine, theirs }
}

/** What a refusal says, without the parts that differ between any two answers. */
function told(text: string, ids: Readonly<Record<string, string>>): string {
  const { requestId: _, ...body } = JSON.parse(text) as Record<string, unknown>
  return Object.entries(ids).reduce((said, [name, id]) => said.replaceAll(id, `<${name}>`), JSON.stringify(body))
}

function mapIds(company: Company, change: (id: string, index: number) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(company).map(([name, id], index) => [name, change(String(id), index)]))
}

describe("another company's things", () => {
  it.each(['owner', 'viewer'] as const)('are absent for its %s on every route, word for word', async (role) => {
    const { engine, dump, mine, theirs } = await twoCompanies()
    const call = callHandler({ engine, localActor: of(mine.companyId, role) })
    const foreign = { ...theirs }
    const before = await dump()
    const seen: string[] = []
    for (const { name, definition } of engine.registry.operations) {
      if (!definition.http?.[1].includes(':')) continue
      const [method, path] = definition.http
      const sent = method === 'GET' ? {} : { body: bodies[name] ?? {} }
      const [answer, nothing] = [await call(method, fill(path, foreign), sent), await call(method, fill(path, absent), sent)]
      expect([answer.status, answer.at('code')], name).toEqual([404, 'not_found'])
      expect(told(answer.text, foreign), name).toBe(told(nothing.text, absent))
      expect([...answer.headers.keys()], name).toEqual([...nothing.headers.keys()])
      seen.push(name)
    }
    expect(seen.length).toBeGreaterThan(35)
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
    for (const { name, definition } of engine.registry.operations) {
      if (!definition.http?.[1].includes(':')) continue
      const [method, path] = definition.http
      const sent = { credential: mine.credential, ...(method !== 'GET' && { body: bodies[name] ?? {} }) }
      expect((await call(method, fill(path, { ...theirs }), sent)).status, name).toBe(404)
    }
    expect(await dump()).toBe(before)
  })

  const links: [string, string, string, (theirs: Company) => object][] = [
    ['a goal below theirs', 'POST', '/companies/:companyId/goals', (theirs) => ({ title: 'T', parentId: theirs.goalId })],
    ['a goal of their agent', 'POST', '/companies/:companyId/goals', (theirs) => ({ title: 'T', ownerAgentId: theirs.agentId })],
    ['a goal moved below theirs', 'PATCH', '/goals/:goalId', (theirs) => ({ parentId: theirs.goalId })],
    ['an agent below theirs', 'PATCH', '/agents/:agentId', (theirs) => ({ reportsTo: theirs.agentId })],
    [
      'a new agent below theirs',
      'POST',
      '/companies/:companyId/agents',
      (theirs) => ({ ...bodies['agents.create'], reportsTo: theirs.agentId }),
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
    ['an answer to their comment', 'POST', '/tasks/:taskId/comments', (theirs) => ({ body: 'T', parentId: theirs.commentId })],
  ]

  it.each(links)('can not be linked to: %s', async (...[, method, path, body]) => {
    const { engine, dump, mine, theirs } = await twoCompanies()
    const call = callHandler({ engine, localActor: of(mine.companyId, 'owner') })
    const before = await dump()
    const nobody = mapIds(theirs, (_id, index) => `01890000-0000-7000-8000-0000000000${10 + index}`)
    const foreign = await call(method, fill(path, { ...mine }), { body: body(theirs) })
    const missing = await call(method, fill(path, { ...mine }), { body: body({ ...theirs, ...nobody, prefix: 'NONE' }) })
    expect(foreign.status, foreign.text).toBeOneOf([404, 422])
    expect(told(foreign.text, { ...theirs })).toBe(told(missing.text, { ...nobody, prefix: 'NONE' }))
    expect(await dump()).toBe(before)
  })

  it('are in no list: of companies, tasks, agents, runs, deliverables, events', async () => {
    const { engine, mine, theirs } = await twoCompanies()
    const call = callHandler({ engine, localActor: of(mine.companyId, 'viewer') })
    expect((await call('GET', '/api/companies')).body).toMatchObject({ items: [{ id: mine.companyId }], nextCursor: null })
    for (const { definition } of engine.registry.operations) {
      const [method, path] = definition.http ?? []
      if (method !== 'GET' || path === undefined || !path.startsWith('/companies')) continue
      const answer = await call('GET', fill(path, { ...mine }))
      expect(answer.status, path).toBe(200)
      expect(answer.text, path).not.toContain(theirs.companyId)
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
