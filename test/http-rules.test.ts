import { describe, expect, it } from 'vitest'

import { systemActor, type Engine } from '@engine/core'
import { agentMachine, companyMachine, taskMachine } from '@engine/core/contract'
import { localOperator } from '@engine/http'

import { callHandler, createCompany, createWorld, type Company, type World } from './http-fixtures.ts'
import { furnishCompany } from './http-routes.ts'

const fill = (path: string, company: Company) =>
  `/api${path.replaceAll(/:(\w+)/g, (_, name: string) => String(Reflect.get(company, name)))}`

describe('a move that is not legal', () => {
  const moves: [string, string, object, object[], ((engine: Engine, company: Company) => Promise<unknown>)?][] = [
    ['POST', '/companies/:companyId/resume', {}, companyMachine.legalFrom('active')],
    ['POST', '/companies/:companyId/pause', {}, [], (engine, { companyId }) => engine.companies.archive({ companyId })],
    ['POST', '/agents/:agentId/resume', {}, agentMachine.legalFrom('running')],
    ['POST', '/agents/:agentId/pause', {}, [], (engine, { agentId }) => engine.agents.terminate({ agentId })],
    ['PATCH', '/goals/:goalId', { status: 'active' }, [], achieve],
    ['PATCH', '/tasks/:openTaskId', { status: 'done' }, taskMachine.legalFrom('todo')],
    ['PATCH', '/tasks/:openTaskId', { status: 'in_progress' }, taskMachine.legalFrom('todo')],
    ['POST', '/tasks/:openTaskId/complete', {}, taskMachine.legalFrom('todo')],
    ['POST', '/tasks/:openTaskId/release', {}, taskMachine.legalFrom('todo')],
    ['POST', '/tasks/:openTaskId/cancel', {}, [], (engine, { openTaskId }) => engine.tasks.cancel({ taskId: openTaskId })],
    ['POST', '/tasks/:reviewedTaskId/block', { reason: 'x' }, taskMachine.legalFrom('in_review')],
    ['POST', '/runs/:runId/cancel', {}, [], (engine, { runId }) => engine.runs.cancel({ runId })],
    ['POST', '/deliverables/:deliverableId/review', { decision: 'rejected' }, [], approve],
  ]

  it.each(moves)('%s %s %j is answered 409 with the legal ones, and changes nothing', async (...[method, path, body, legal, prepare]) => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    await prepare?.(engine, company)
    const before = await dump()
    const answer = await callHandler({ engine, localActor: localOperator })(method, fill(path, company), { body })
    expect(answer.status, answer.text).toBe(409)
    expect(answer.body).toMatchObject({ code: 'illegal_transition', status: 409, from: expect.any(String), to: expect.any(String), legal })
    expect(answer.at('legal.length')).toBe(String(legal.length))
    if (legal.length === 0) expect(answer.at('detail')).toContain('is final')
    expect(await dump()).toBe(before)
  })

  it('against an older version is answered 409 with the current one', async () => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    for (const path of ['/companies/:companyId', '/agents/:agentId', '/goals/:goalId', '/tasks/:openTaskId']) {
      const field = path.includes('goal') || path.includes('Task') ? 'title' : 'name'
      expect((await call('PATCH', fill(path, company), { body: { [field]: 'One', version: 1 } })).status, path).toBe(200)
      const before = await dump()
      const late = await call('PATCH', fill(path, company), { body: { [field]: 'Two', version: 1 } })
      expect(late.status, path).toBe(409)
      expect(late.body, path).toMatchObject({ code: 'version_conflict', currentVersion: 2, yourVersion: 1 })
      expect(await dump(), path).toBe(before)
    }
  })
})

/** A company is never without a goal, so another one comes first. */
async function achieve(engine: Engine, { companyId, goalId }: Company): Promise<void> {
  await engine.goals.create({ companyId, title: 'What comes next' })
  await engine.goals.update({ goalId, status: 'achieved' })
}

async function approve(engine: Engine, { deliverableId }: Company): Promise<void> {
  await engine.deliverables.review({ deliverableId, decision: 'approved' })
}

/** Every write that a run may make with its credential, on its own task. */
const writes: readonly [string, object][] = [
  ['/tasks/:taskId/checkout', {}],
  ['/tasks/:taskId/progress', { percent: 10 }],
  ['/tasks/:taskId/complete', {}],
  ['/tasks/:taskId/block', { reason: 'x' }],
  ['/tasks/:taskId/release', {}],
  ['/tasks/:taskId/comments', { body: 'x' }],
  ['/tasks/:taskId/deliverables', { title: 'x', content: 'x' }],
  ['/companies/:companyId/tasks', { title: 'x' }],
  ['/runs/:runId/heartbeat', {}],
  ['/runs/:runId/report', { outcome: { kind: 'done' } }],
  ['/runs/:runId/log', { entries: [{ stream: 'stdout', text: 'x' }] }],
]

/** The ways in which a run stops being the owner of its task. */
const losses: readonly [string, (world: World, company: Company) => Promise<unknown>][] = [
  ['swept', sweep],
  [
    'swept while another run has the task',
    async (world, company) => {
      await sweep(world, company)
      await world.engine.tasks.checkout({ taskId: company.taskId, agentId: company.agentId })
    },
  ],
  ['cancelled', ({ engine }, { runId }) => engine.runs.cancel({ runId })],
  ['released with its task', ({ engine }, { taskId }) => engine.tasks.release({ taskId })],
  ['ended by the cancellation of its task', ({ engine }, { taskId }) => engine.tasks.cancel({ taskId })],
  ['ended by the pause of its agent', ({ engine }, { agentId }) => engine.agents.pause({ agentId })],
  [
    'reported by itself',
    async ({ engine }, { runId, credential }) => {
      const actor = await engine.authenticate(credential)
      if (actor) await engine.as(actor).runs.report({ runId, outcome: { kind: 'continue', afterMs: 0 } })
    },
  ],
]

async function sweep({ engine, clock }: World, { runId }: Company): Promise<void> {
  clock.advance(31_000)
  await engine.execute('runs.sweep', { input: { runId }, actor: systemActor })
}

describe('the credential of a run', () => {
  it.each(losses)('that was %s changes nothing by any route, and is told so', async (_, lose) => {
    const world = await createWorld()
    const company = await createCompany(world.engine, 'Acme')
    await lose(world, company)
    const call = callHandler({ engine: world.engine, localActor: localOperator })
    const before = await world.dump()
    for (const [path, body] of writes) {
      const answer = await call('POST', fill(path, company), { body, credential: company.credential })
      expect([answer.status, answer.at('code')], path).toEqual([409, 'lease_lost'])
      expect(answer.text).not.toContain(company.credential)
    }
    for (const { name, definition } of world.engine.registry.operations) {
      if (!definition.http) continue
      const [method, path] = definition.http
      const answer = await call(method, fill(path, company), { ...(method !== 'GET' && { body: {} }), credential: company.credential })
      // What takes another credential of its own is not reached by this one at all.
      expect(answer.status, name).toBeOneOf([400, definition.access.carriesCredential ? 404 : 403, 409])
    }
    expect(await world.dump()).toBe(before)
  })

  it('that is live may make each of its writes', async () => {
    for (const [path, body] of writes) {
      const { engine } = await createWorld()
      const company = await createCompany(engine, 'Acme')
      const answer = await callHandler({ engine })('POST', fill(path, company), { body, credential: company.credential })
      expect(answer.status, `${path} ${answer.text}`).toBeOneOf([200, 201])
    }
  })

  it('acts as the run although the server would let anybody in as its operator', async () => {
    const { engine } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const comment = await call('POST', fill('/tasks/:taskId/comments', company), { body: { body: 'x' }, credential: company.credential })
    expect(comment.body).toMatchObject({ author: { kind: 'agent', id: company.agentId }, runId: company.runId })
  })

  it.each([
    ['POST', '/deliverables/:deliverableId/review', { decision: 'approved' }],
    ['POST', '/agents/:agentId/pause', {}],
    ['PATCH', '/agents/:agentId', { instructions: 'Obey me.' }],
    ['PATCH', '/tasks/:taskId', { title: 'x' }],
    ['POST', '/tasks/:taskId/cancel', {}],
    ['POST', '/tasks/:taskId/assign', { agentId: null }],
    ['POST', '/runs/:runId/cancel', {}],
    ['PATCH', '/companies/:companyId', { name: 'x' }],
    ['POST', '/companies/:companyId/agents', { name: 'x', role: 'x', adapterType: 'still' }],
    ['POST', '/companies/:companyId/goals', { title: 'x' }],
    ['POST', '/companies', { name: 'x' }],
  ])('does not reach %s %s', async (method, path, body) => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const before = await dump()
    const answer = await callHandler({ engine, localActor: localOperator })(method, fill(path, company), {
      body,
      credential: company.credential,
    })
    expect([answer.status, answer.at('code')], answer.text).toEqual([403, 'forbidden'])
    expect(await dump()).toBe(before)
  })

  it('does not reach the work on another task or of another run', async () => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const other = await engine.tasks.checkout({ taskId: company.openTaskId, agentId: company.otherAgentId })
    const call = callHandler({ engine })
    const before = await dump()
    const own = writes.filter(([path]) => !path.endsWith('/comments') && !path.startsWith('/companies'))
    for (const [path, body] of own) {
      const elsewhere = fill(path, { ...company, taskId: company.openTaskId, runId: other.run.id })
      const answer = await call('POST', elsewhere, { body, credential: company.credential })
      expect([answer.status, answer.at('code')], path).toEqual([403, 'forbidden'])
    }
    expect(await dump()).toBe(before)
  })

  it('is in no answer but that of its checkout, and in no row', async () => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    for (const { definition } of engine.registry.operations) {
      if (definition.http?.[0] === 'GET')
        expect((await call('GET', fill(definition.http[1], company))).text).not.toContain(company.credential)
    }
    expect(await dump()).not.toContain(company.credential)
  })
})

/** One of every kind, by who lets it in; each begins with `eng_` and its kind. */
const credentials = [
  'credential',
  'memberKey',
  'agentKey',
  'inviteToken',
  'hookKey',
  'nodeKey',
  'nodeCredential',
  'sessionCredential',
  'setupToken',
  'passwordToken',
] as const

describe('a credential of any kind', () => {
  it('is in no row, as what it is or in any part that opens something', async () => {
    const { engine, dump, rowsOf } = await createWorld()
    const furnished = await furnishCompany(engine, 'Acme')
    const trigger = await engine.routines.addTrigger({ routineId: furnished.routineId, kind: 'webhook', scheme: 'bearer' })
    const company = { ...furnished, hookKey: trigger.key ?? '' }
    // A plugin of this company was told the key of its first trigger as a word like any other.
    const stored = ((await dump()) + (await rowsOf('workers'))).replaceAll(furnished.hookKey, '')
    for (const name of credentials) {
      const [, secret = ''] = /^eng_[a-z]+_([\w-]{43})$/.exec(company[name]) ?? []
      expect([name, secret]).toEqual([name, expect.stringMatching(/./)])
      // The beginning of a key is kept, so that people tell theirs apart.
      expect([name, stored.includes(secret.slice(8))]).toEqual([name, false])
    }
    expect(stored).not.toMatch(/eng_[a-z]+_[\w-]{43}/)
    const kinds = new Set(credentials.map((name) => company[name].split('_')[1]))
    const every = ['agent', 'hook', 'invite', 'node', 'nodekey', 'password', 'run', 'session', 'setup', 'user']
    expect(kinds).toEqual(new Set(every))
  })
})
