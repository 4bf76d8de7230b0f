import { describe, expect, it, onTestFinished } from 'vitest'

import type { AgentActor, Api, Engine } from '@engine/core'

import { board, createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

type World = Awaited<ReturnType<typeof createWorld>>

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  /** A company whose agents wait to be asked, unless they work by themselves. */
  async function open(agentMode: 'auto' | 'manual' = 'manual') {
    const world = await createWorld({ storage: await newStorage(database), agentMode })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, adapter } = world
    const hire = (name: string, more: object = {}) =>
      engine.agents.create({ companyId, name, role: 'writer', adapterType: adapter.type, executionMode: 'manual', ...more })
    return { ...world, hire }
  }

  it('a company runs an agent that works by itself, to the approved result', async () => {
    const { engine, adapter, companyId, agentId } = await open('auto')
    adapter.script = async ({ context, emit }) => {
      await emit({ type: 'progress', percent: 50, message: 'half' })
      await emit({ type: 'comment', body: `About ${context.task.identifier}` })
      await emit({ type: 'deliverable', title: 'Report', content: '# Found' })
      return { kind: 'needs_review' }
    }
    await engine.start()
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Look', assigneeAgentId: agentId })
    await until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === 'in_review',
    )
    const [draft] = (await engine.deliverables.list({ companyId, taskId })).items
    expect(draft).toMatchObject({ status: 'pending', number: 1, agentId, title: 'Report' })
    await engine.as(board).deliverables.review({ deliverableId: draft?.id ?? '', decision: 'approved' })
    expect(await engine.tasks.get({ taskId })).toMatchObject({ status: 'done', progress: { percent: 100 }, checkout: null })
    const comments = await engine.comments.list({ taskId })
    expect(comments.items.map(({ body }) => body)).toEqual(['About ACM-1'])
  })

  it('delegation raises the request depth, team by team, until it is too deep', async () => {
    const { engine, companyId, agentId, hire } = await open()
    let parentId: string | undefined
    let workerId = agentId
    const depths: number[] = []
    for (let depth = 0; depth <= 8; depth += 1) {
      const task: { id: string; requestDepth: number } = await engine.tasks.create({
        companyId,
        title: `Level ${depth}`,
        assigneeAgentId: workerId,
        ...(parentId !== undefined && { parentId }),
      })
      depths.push(task.requestDepth)
      parentId = task.id
      workerId = (await hire(`Team ${depth}`)).id
    }
    expect(depths).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    // The worker of the deepest task would delegate it once more, from its own run.
    const run = await runOf(engine, parentId ?? '')
    expect(await errorOf(run.tasks.create({ companyId, title: 'Too deep', parentId: parentId ?? '' }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('8'),
    })
  })

  it('an agent takes a task of the pool, and nobody else has it then', async () => {
    const { engine, companyId, agentId, hire } = await open()
    const rival = await hire('Bob')
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Up for grabs' })
    const asAgent = (id: string) => engine.as({ kind: 'agent', id, companyId })
    const [first, second] = await Promise.allSettled([
      asAgent(agentId).tasks.checkout({ taskId }),
      asAgent(rival.id).tasks.checkout({ taskId }),
    ])
    const [winner, loser] = first?.status === 'fulfilled' ? [first, second] : [second, first]
    expect([winner?.status, loser?.status]).toEqual(['fulfilled', 'rejected'])
    const { assigneeAgentId, status } = await engine.tasks.get({ taskId })
    expect([agentId, rival.id]).toContain(assigneeAgentId)
    expect(status).toBe('in_progress')
    expect(loser).toMatchObject({
      reason: { code: 'checkout_conflict', details: { holder: { agentId: assigneeAgentId, isHolderLive: true } } },
    })
  })

  it('the times of a task say when it was first begun and how it ended', async () => {
    const { engine, companyId, agentId } = await open()
    const create = () => engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const begun = await create()
    expect(begun).toMatchObject({ startedAt: null, completedAt: null, cancelledAt: null })
    await engine.tasks.checkout({ taskId: begun.id })
    const { startedAt } = await engine.tasks.get({ taskId: begun.id })
    expect(startedAt).toEqual(expect.any(String))
    await engine.tasks.release({ taskId: begun.id })
    await engine.tasks.checkout({ taskId: begun.id })
    await engine.tasks.complete({ taskId: begun.id })
    expect(await engine.tasks.get({ taskId: begun.id })).toMatchObject({ startedAt, completedAt: expect.any(String), cancelledAt: null })
    const dropped = await create()
    await engine.tasks.cancel({ taskId: dropped.id })
    expect(await engine.tasks.get({ taskId: dropped.id })).toMatchObject({
      startedAt: null,
      completedAt: null,
      cancelledAt: expect.any(String),
    })
  })

  it('a rejected result blocks its task or ends it, and nobody is paid to try again', async () => {
    const { engine, adapter, companyId, agentId } = await open('auto')
    adapter.script = async ({ emit }) => {
      await emit({ type: 'deliverable', title: 'Draft', content: 'x' })
      return { kind: 'needs_review' }
    }
    await engine.start()
    for (const [onReject, status] of [
      ['block', 'blocked'],
      ['cancel', 'cancelled'],
    ] as const) {
      const { id: taskId } = await engine.tasks.create({ companyId, title: onReject, assigneeAgentId: agentId })
      const [draft] = await until(
        async () => (await engine.deliverables.list({ companyId, taskId })).items,
        (items) => items.length > 0,
      )
      await until(
        async () => (await engine.runs.list({ companyId, taskId })).items,
        (runs) => runs.every((run) => run.status === 'succeeded'),
      )
      const review = { deliverableId: draft?.id ?? '', decision: 'rejected', feedback: 'no use', onReject } as const
      await engine.as(board).deliverables.review(review)
      const task = await engine.tasks.get({ taskId })
      expect(task.status).toBe(status)
      if (status === 'blocked') expect(task.blocked).toEqual({ reason: 'no use', owner: 'reviewer' })
      expect((await engine.runs.list({ companyId, taskId })).items).toHaveLength(1)
      expect(
        (await logOf(engine, companyId)).filter(({ type, data }) => type === 'deliverable.rejected' && data['taskId'] === taskId),
      ).toHaveLength(1)
    }
  })

  it('an agent acts as itself: it takes for nobody else, decides nothing and configures nobody', async () => {
    const { engine, companyId, agentId, hire } = await open()
    const other = await hire('Bob')
    const agent: AgentActor = { kind: 'agent', id: agentId, companyId }
    const unheld = await engine.tasks.create({ companyId, title: 'Open' })
    const held = await engine.tasks.create({ companyId, title: 'Held', assigneeAgentId: agentId })
    const run = await runOf(engine, held.id)
    const { id: deliverableId } = await run.deliverables.submit({ taskId: held.id, title: 'Mine', content: 'good' })
    const before = (await logOf(engine, companyId)).length
    for (const api of [engine.as(agent), run]) {
      const attempts: [string, () => Promise<unknown>][] = [
        ['takes for another', () => api.tasks.checkout({ taskId: unheld.id, agentId: other.id })],
        ['reviews', () => api.deliverables.review({ deliverableId, decision: 'approved' })],
        ['hires', () => api.agents.create({ companyId, name: 'Eve', role: 'spy', adapterType: 'scripted' })],
        ['configures itself', () => api.agents.update({ agentId, instructions: 'obey me' })],
        ['configures another', () => api.agents.update({ agentId: other.id, adapterConfig: {} })],
        ['pauses', () => api.agents.pause({ agentId: other.id })],
        ['terminates', () => api.agents.terminate({ agentId: other.id })],
        ['manages the company', () => api.companies.update({ companyId, name: 'Mine' })],
        ['founds one', () => api.companies.create({ name: 'Mine' })],
        ['assigns', () => api.tasks.assign({ taskId: unheld.id, agentId })],
        ['cancels', () => api.tasks.cancel({ taskId: unheld.id })],
      ]
      for (const [what, attempt] of attempts) expect([what, (await errorOf(attempt())).code]).toEqual([what, 'forbidden'])
    }
    expect(await logOf(engine, companyId)).toHaveLength(before)
  })

  it('what is too long or out of range is refused by the name of its field', async () => {
    const { engine, companyId, hire } = await open()
    const create = (more: object) => errorOf(engine.tasks.create({ companyId, title: 'Fits', ...more }))
    const tooLong: [string, object][] = [
      ['title', { title: 'x'.repeat(501) }],
      ['description', { description: 'x'.repeat(65_537) }],
    ]
    for (const [field, more] of tooLong) {
      const refused = await create(more)
      expect(refused).toMatchObject({ code: 'invalid_input' })
      expect(JSON.stringify(refused.details)).toContain(field)
    }
    const task = await engine.tasks.create({ companyId, title: 'x'.repeat(500), description: 'x'.repeat(65_536) })
    expect([task.title.length, task.description?.length]).toEqual([500, 65_536])
    expect(await hire('Cy')).toMatchObject({ maxConcurrentRuns: 20 })
    for (const maxConcurrentRuns of [0, 51])
      expect(await errorOf(hire('Dee', { maxConcurrentRuns }))).toMatchObject({ code: 'invalid_input' })
    for (const maxConcurrentRuns of [1, 50])
      expect(await hire(`Eve ${maxConcurrentRuns}`, { maxConcurrentRuns })).toMatchObject({ maxConcurrentRuns })
  })

  it('an agent is paused in the middle of its work, takes nothing then, and is resumed', async () => {
    const { engine, companyId, agentId } = await open()
    const held = await engine.tasks.create({ companyId, title: 'Held', assigneeAgentId: agentId })
    const { run } = await engine.tasks.checkout({ taskId: held.id })
    expect((await engine.agents.get({ agentId })).status).toBe('running')
    expect(await engine.as(board).agents.pause({ agentId })).toMatchObject({ status: 'paused', pauseReason: 'manual' })
    expect((await engine.runs.get({ runId: run.id })).status).toBe('cancelled')
    expect((await engine.tasks.get({ taskId: held.id })).status).toBe('todo')
    expect(await errorOf(engine.tasks.checkout({ taskId: held.id }))).toMatchObject({ message: expect.stringContaining('paused') })
    expect(await engine.as(board).agents.resume({ agentId })).toMatchObject({ status: 'idle', pauseReason: null })
    await engine.tasks.checkout({ taskId: held.id })
    const moves = (await logOf(engine, companyId)).filter(({ type }) => type === 'agent.status_changed')
    expect(moves.map(({ actor, data }) => [actor.id, data['from'], data['to']])).toEqual([
      ['board', expect.stringMatching(/idle|running/), 'paused'],
      ['board', 'paused', 'idle'],
    ])
  })

  it('the dashboard counts what the rows say', async () => {
    const { engine, companyId, agentId, hire } = await open()
    await hire('Bob')
    const paused = await hire('Cy')
    await engine.agents.pause({ agentId: paused.id })
    const created = []
    for (let number = 0; number < 7; number += 1)
      created.push(await engine.tasks.create({ companyId, title: `Task ${number}`, assigneeAgentId: agentId }))
    const [done, blocked, reviewed, cancelled, running] = created.map(({ id }) => id)
    for (const taskId of [done, blocked, reviewed, running]) await engine.tasks.checkout({ taskId: taskId ?? '' })
    await engine.tasks.complete({ taskId: done ?? '' })
    await engine.tasks.block({ taskId: blocked ?? '', reason: 'waits for a key', owner: 'board' })
    await engine.deliverables.submit({ taskId: reviewed ?? '', title: 'Look', content: 'x' })
    await engine.tasks.cancel({ taskId: cancelled ?? '' })
    for (const subject of ['one', 'two']) await engine.approvals.request({ companyId, type: 'custom', subject, payload: {} })
    const dashboard = await engine.companies.dashboard({ companyId })
    for (const [status, count] of Object.entries(dashboard.tasks)) {
      const listed = await engine.tasks.list({ companyId, status: status as keyof typeof dashboard.tasks })
      expect([status, listed.items.length]).toEqual([status, count])
    }
    const agents = (await engine.agents.list({ companyId })).items
    for (const [status, count] of Object.entries(dashboard.agents))
      expect([status, agents.filter((agent) => agent.status === status).length]).toEqual([status, count])
    expect(dashboard.tasks).toMatchObject({ todo: 2, in_progress: 1, in_review: 1, blocked: 1, done: 1, cancelled: 1 })
    expect(dashboard.pendingReviews.count).toBe(1)
    expect(dashboard.pendingApprovals.count).toBe((await engine.approvals.list({ companyId, status: 'pending' })).items.length)
    expect(dashboard.pendingApprovals.count).toBe(2)
  })

  it('what is more urgent starts first', async () => {
    const world = await createWorld({ storage: await newStorage(database), agentMode: 'auto', settings: { maxConcurrentRuns: 1 } })
    const { engine, adapter, companyId, agentId } = world
    onTestFinished(() => engine.stop())
    for (const priority of ['medium', 'low', 'critical', 'high'] as const)
      await engine.tasks.create({ companyId, title: priority, priority, assigneeAgentId: agentId })
    await engine.start()
    await until(
      () => engine.companies.dashboard({ companyId }),
      ({ tasks }) => tasks.done === 4,
    )
    expect(adapter.turns.map(({ context }) => context.task.title)).toEqual(['critical', 'high', 'medium', 'low'])
  })

  it('a run that fails or takes too long says so, with its class and whether it is tried again', async () => {
    const { engine, adapter, companyId, agentId } = await open('auto')
    const failures = [
      { kind: 'failed', class: 'timeout', message: 'took too long' },
      { kind: 'failed', class: 'transient', message: 'the network is gone' },
    ] as const
    adapter.script = async () => failures[adapter.turns.length - 1] ?? failures[1]
    await engine.start()
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Try', assigneeAgentId: agentId, maxAttempts: 2 })
    await until(
      () => engine.tasks.get({ taskId }),
      (task) => task.status === 'blocked',
    )
    const log = await logOf(engine, companyId)
    const told = (types: string[]) => log.filter(({ type }) => types.includes(type)).map(({ type, data }) => [type, data['class']])
    expect(told(['run.timed_out', 'run.failed'])).toEqual([
      ['run.timed_out', 'timeout'],
      ['run.failed', 'transient'],
    ])
    const failed = log.filter(({ type }) => type === 'task.execution_failed').map(({ data }) => [data['message'], data['willRetry']])
    expect(failed).toEqual([
      ['took too long', true],
      ['the network is gone', false],
    ])
    const runs = (await engine.runs.list({ companyId, taskId })).items
    const [first, second] = runs.toSorted((left, right) => left.attempt - right.attempt)
    expect(second).toMatchObject({ attempt: 2, retryOf: first?.id })
  })

  it('ordinary calls stay quick with a thousand tasks', async () => {
    const { engine, companyId, agentId } = await open()
    for (let round = 0; round < 10; round += 1) {
      const tasks = Array.from({ length: 100 }, (_, index) => ({ title: `Task ${round}-${index}`, assigneeAgentId: agentId }))
      await engine.tasks.createMany({ companyId, tasks })
    }
    const took: number[] = []
    async function timed<Result>(call: () => Promise<Result>): Promise<Result> {
      const begun = performance.now()
      const result = await call()
      took.push(performance.now() - begun)
      return result
    }
    for (let round = 0; round < 25; round += 1) {
      const { id: taskId } = await timed(() => engine.tasks.create({ companyId, title: 'One more' }))
      await timed(() => engine.tasks.get({ taskId }))
      await timed(() => engine.tasks.update({ taskId, title: 'Changed' }))
      await timed(() => engine.tasks.list({ companyId, limit: 100 }))
    }
    const slowest = took.toSorted((left, right) => right - left)
    expect(slowest[Math.floor(took.length / 20)]).toBeLessThan(250)
  })

  it('every change has an entry in the log: what was done, to what, by whom and when', async () => {
    const { engine, companyId, agentId } = await open()
    const api = engine.as(board)
    const seen = new Set((await logOf(engine, companyId)).map(({ id }) => id))
    /** Does one thing and tells what the log has of it. */
    async function told<Result>(act: Promise<Result>): Promise<{ result: Result; types: string[]; who: string[] }> {
      const result = await act
      const fresh = (await logOf(engine, companyId)).filter(({ id }) => !seen.has(id))
      for (const event of fresh) {
        seen.add(event.id)
        expect(Date.parse(event.at)).toBeGreaterThan(0)
        expect(event.entity.version).toBeGreaterThan(0)
      }
      const who = [...new Set(fresh.map(({ actor }) => (actor.runId === null ? actor.kind : `${actor.kind} in a run`)))]
      return { result, types: fresh.map(({ type }) => type), who }
    }
    const goal = await told(api.goals.create({ companyId, title: 'Grow' }))
    expect(goal).toMatchObject({ types: ['goal.created'], who: ['user'] })
    const task = await told(api.tasks.create({ companyId, title: 'Write', goalId: goal.result.id }))
    expect(task).toMatchObject({ types: ['task.created'], who: ['user'] })
    const taskId = task.result.id
    expect((await told(api.tasks.update({ taskId, title: 'Write more' }))).types).toEqual(['task.updated'])
    expect((await told(api.tasks.assign({ taskId, agentId }))).types).toEqual(['task.assigned'])
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    const checkout = await told(agent.tasks.checkout({ taskId }))
    expect(checkout.types).toEqual(expect.arrayContaining(['task.claimed', 'run.started']))
    expect(checkout.who).toEqual(['agent'])
    const actor = await engine.authenticate(checkout.result.credential ?? '')
    if (!actor) throw new Error('the credential of the checkout is unknown')
    const run = engine.as(actor)
    expect(await told(run.tasks.progress({ taskId, percent: 40, message: 'on it' }))).toMatchObject({
      types: ['task.progress_updated'],
      who: ['agent in a run'],
    })
    expect((await told(run.comments.create({ taskId, body: 'Found it.' }))).types).toEqual(['comment.created'])
    const submitted = await told(run.deliverables.submit({ taskId, title: 'Text', content: 'x' }))
    expect(submitted.types).toEqual(['deliverable.submitted', 'task.status_changed'])
    const reported = await told(run.runs.report({ runId: checkout.result.run.id, outcome: { kind: 'needs_review' } }))
    expect(reported.types).toEqual(['run.succeeded'])
    const review = await told(api.deliverables.review({ deliverableId: submitted.result.id, decision: 'approved' }))
    expect(review.types).toEqual(
      expect.arrayContaining(['deliverable.approved', 'review.completed', 'task.status_changed', 'task.completed']),
    )
    expect((await told(api.agents.update({ agentId, title: 'Chief' }))).types).toEqual(['agent.updated'])
    expect((await told(api.companies.pause({ companyId }))).types).toEqual(['company.status_changed'])
    expect(await told(errorOf(api.tasks.cancel({ taskId })))).toMatchObject({ types: [], who: [] })
  })
})

async function logOf(engine: World['engine'], companyId: string) {
  const events = []
  for (let after = 0; ;) {
    const { items } = await engine.events.list({ companyId, after, limit: 100 })
    events.push(...items)
    const last = items.at(-1)
    if (items.length < 100 || !last) return events
    after = last.seq
  }
}

/** What the run of a new checkout may do. */
async function runOf(engine: Engine, taskId: string): Promise<Api> {
  const { credential } = await engine.tasks.checkout({ taskId })
  const actor = await engine.authenticate(credential ?? '')
  if (!actor) throw new Error('the credential of the checkout is unknown')
  return engine.as(actor)
}
