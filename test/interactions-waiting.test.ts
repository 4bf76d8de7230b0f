import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { processAdapter } from '@engine/adapters/process'
import { createEngine, EngineError, type Engine } from '@engine/core'
import { createRandom, witness, type Script } from '@engine/testing'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { hold, newHeldTask, person, question } from './support/interactions.ts'
import { newStorage } from './support/storages.ts'
import { killCaller } from './torture/kills/call-round.ts'
import { readLog } from './torture/support/company.ts'

const asks: Script = async () => ({ kind: 'waiting', interaction: { ask: question } })
const done: Script = async () => ({ kind: 'done' })

const logOf = ({ engine, companyId }: Pick<World, 'engine' | 'companyId'>) => readLog(engine, companyId)

async function expectSound(world: Pick<World, 'engine' | 'companyId'>): Promise<void> {
  expect((await world.engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  expect(witness(await logOf(world))).toEqual([])
}

describe.each(['sqlite', 'postgres'])('a run that waits for an answer, on %s', (database) => {
  async function open(agentMode: 'auto' | 'manual' = 'manual') {
    const world = await createWorld({ storage: await newStorage(database), agentMode })
    onTestFinished(() => world.engine.stop())
    return { ...world, reviewer: person(world, 'reviewer'), board: person(world, 'owner', 'board') }
  }

  /** A run that asked and waits. */
  async function openWaiting() {
    const world = await open()
    const held = await newHeldTask(world)
    const interaction = await held.api.interactions.ask({ taskId: held.taskId, ask: question, waits: true })
    const look = async () => ({
      run: await world.engine.runs.get({ runId: held.runId }),
      task: await world.engine.tasks.get({ taskId: held.taskId }),
      interaction: await world.engine.interactions.get({ interactionId: interaction.id }),
      agent: await world.engine.agents.get({ agentId: world.agentId }),
    })
    return { ...world, ...held, interactionId: interaction.id, look }
  }

  it('goes on with the answer: the same run, attempt and log, under a new fence', async () => {
    const world = await open('auto')
    const { engine, adapter, companyId, agentId } = world
    adapter.script = async (turn) => {
      const [asked] = turn.context.interactions
      await turn.emit({ type: 'log', stream: 'stdout', text: asked ? 'goes on' : 'asks' })
      await turn.emit({ type: 'usage', usage: { inputTokens: 5 } })
      if (asked) return { kind: 'done', summary: JSON.stringify(asked.answer) }
      return { kind: 'waiting', interaction: { ask: question, answerer: 'operator' } }
    }
    const task = await engine.tasks.create({ companyId, title: 'Move', assigneeAgentId: agentId })
    await engine.start()
    const look = async () => (await engine.runs.list({ companyId, taskId: task.id })).items
    const [waiting] = await until(look, ([run]) => run?.status === 'waiting')
    expect(waiting).toMatchObject({ attempt: 1, fence: 1, outcome: null, finishedAt: null })
    const blocked = { reason: 'waits for an answer: Which database?', owner: 'operator' }
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'blocked', blocked, checkout: null })
    expect((await engine.agents.get({ agentId })).status).toBe('idle')
    const [asked] = (await engine.interactions.list({ companyId })).items
    expect(asked).toMatchObject({ waits: true, askedBy: { kind: 'agent', id: agentId, runId: waiting?.id } })
    // What is said meanwhile makes no second run; the one that waits knows of it.
    await world.board.comments.create({ taskId: task.id, body: 'Take the one we have.' })
    expect(await look()).toMatchObject([{ status: 'waiting', wakeReasons: ['assignment', 'comment'] }])
    await person(world, 'operator').interactions.answer({ interactionId: asked?.id ?? '', choice: 'pg' })
    const runs = await until(look, (all) => all.some(({ status }) => status === 'succeeded'))
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({
      id: waiting?.id,
      attempt: 1,
      fence: 2,
      startedAt: waiting?.startedAt,
      wakeReasons: ['assignment', 'comment', 'answer'],
    })
    expect(runs[0]).toMatchObject({ outcome: { kind: 'done', summary: '{"choice":"pg"}' }, usage: { inputTokens: 10 } })
    expect((await engine.runs.log({ runId: waiting?.id ?? '' })).items.map(({ text }) => text)).toEqual(['asks', 'goes on'])
    expect((await engine.tasks.get({ taskId: task.id })).status).toBe('done')
    const told = (await logOf(world)).map(({ type }) => type)
    expect(told.filter((type) => type.startsWith('run.'))).toEqual([
      'run.queued',
      'run.started',
      'run.waiting',
      'run.waiting',
      'run.queued',
      'run.started',
      'run.succeeded',
    ])
    await expectSound(world)
  })

  it('is asked for by a program, whose later process is given the answer', { timeout: 60_000 }, async () => {
    const code = `
      let input = ''
      process.stdin.on('data', (chunk) => (input += chunk)).on('end', () => {
        const [asked] = JSON.parse(input).interactions
        const interaction = { ask: { kind: 'confirmation', prompt: 'Go on?' } }
        const outcome = asked ? { kind: 'done', summary: asked.status } : { kind: 'waiting', interaction }
        console.log(JSON.stringify({ engine: 'outcome', outcome }))
      })`
    const engine: Engine = await createEngine({
      storage: await newStorage(database),
      adapters: [processAdapter({ programs: 'any' })],
      settings: { pollMs: 20 },
    })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    const agent = await engine.agents.create({
      companyId,
      name: 'Ada',
      role: 'writer',
      adapterType: 'process',
      adapterConfig: { command: process.execPath, args: ['-e', code] },
    })
    const task = await engine.tasks.create({ companyId, title: 'Move', assigneeAgentId: agent.id })
    await engine.start()
    const pending = () => engine.interactions.list({ companyId, status: 'pending' })
    const { items } = await until(pending, (page) => page.items.length === 1, 30_000)
    await engine.interactions.accept({ interactionId: items[0]?.id ?? '' })
    const look = () => engine.tasks.get({ taskId: task.id })
    await until(look, ({ status }) => status === 'done', 30_000)
    const runs = (await engine.runs.list({ companyId, taskId: task.id })).items
    expect(runs.map(({ status, fence, outcome }) => ({ status, fence, outcome }))).toEqual([
      { status: 'succeeded', fence: 2, outcome: { kind: 'done', summary: 'accepted' } },
    ])
    await expectSound({ engine, companyId })
  })

  it('has no rights while it waits, and is gone on with by the checkout of the same agent', async () => {
    const world = await openWaiting()
    const { engine, taskId, runId, api, interactionId, agentId, look } = world
    expect(await look()).toMatchObject({ run: { status: 'waiting' }, task: { status: 'blocked' }, agent: { status: 'idle' } })
    expect(await errorOf(api.tasks.progress({ taskId, percent: 10 }))).toMatchObject({ code: 'lease_lost' })
    const early = await errorOf(engine.tasks.checkout({ taskId }))
    expect(early).toMatchObject({ code: 'rule_violated', details: { interactionId, runId } })
    expect(early.message).toContain(interactionId)
    await world.reviewer.interactions.answer({ interactionId, choice: 'pg' })
    expect(await look()).toMatchObject({ run: { status: 'queued' }, task: { status: 'todo', blocked: null } })
    const again = await hold(engine, taskId)
    expect([again.runId, again.fence]).toEqual([runId, 2])
    expect(await errorOf(api.tasks.progress({ taskId, percent: 10 }))).toMatchObject({ code: 'lease_lost' })
    await again.api.runs.report({ runId, outcome: { kind: 'done' } })
    expect(await look()).toMatchObject({ run: { status: 'succeeded', attempt: 1 }, task: { status: 'done' } })
    expect((await engine.runs.list({ companyId: world.companyId, agentId })).items).toHaveLength(1)
    await expectSound(world)
  })

  it('cannot be started, unblocked or retried past its question', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const first = await newHeldTask(world)
    await first.api.runs.report({ runId: first.runId, outcome: { kind: 'blocked', reason: 'no key' } })
    await engine.tasks.update({ taskId: first.taskId, status: 'todo' })
    const held = await hold(engine, first.taskId)
    const asked = await held.api.runs.report({ runId: held.runId, outcome: { kind: 'waiting', interaction: { ask: question } } })
    expect(asked).toMatchObject({ status: 'waiting', outcome: null })
    const { taskId } = first
    const key = engine.as({ kind: 'agent', id: agentId, companyId })
    const refused = { code: 'rule_violated', message: expect.stringContaining('waits for an answer') }
    expect(await errorOf(engine.tasks.checkout({ taskId, agentId }))).toMatchObject(refused)
    expect(await errorOf(key.tasks.checkout({ taskId }))).toMatchObject(refused)
    expect(await errorOf(engine.tasks.update({ taskId, status: 'todo' }))).toMatchObject(refused)
    expect(await errorOf(engine.runs.retry({ runId: first.runId }))).toMatchObject(refused)
    const many = await engine.tasks.updateMany({ companyId, tasks: [{ taskId, status: 'todo' }] })
    expect(many.items[0]).toMatchObject({ status: 'refused', error: { code: 'rule_violated' } })
    expect((await key.tasks.next({})).task).toBeNull()
    expect(await engine.runs.get({ runId: held.runId })).toMatchObject({ status: 'waiting' })
    // Other changes of the task are as free as ever.
    expect(await engine.tasks.update({ taskId, priority: 'critical' })).toMatchObject({ status: 'blocked', priority: 'critical' })
    await expectSound(world)
  })

  it.each([
    ['rejected', 'interaction_rejected'],
    ['cancelled', 'interaction_cancelled'],
    ['expired', 'interaction_expired'],
  ] as const)('goes on when its question is %s', async (status, reason) => {
    const world = await open()
    const { engine, companyId, reviewer, board } = world
    const held = await newHeldTask(world)
    const ask = { kind: 'confirmation', prompt: 'OK?' } as const
    const { id: interactionId } = await held.api.interactions.ask({ taskId: held.taskId, ask, waits: true, expiresInSec: 60 })
    if (status === 'rejected') await reviewer.interactions.reject({ interactionId })
    if (status === 'cancelled') await board.interactions.cancel({ interactionId })
    if (status === 'expired') {
      await world.watch.query(`update ${world.watch.table('interactions')} set expires_at = ? where id = ?`, [
        '2001-01-01T00:00:00.000Z',
        interactionId,
      ])
      await engine.execute('interactions.expire', {
        input: { companyId, interactionIds: [interactionId] },
        actor: { kind: 'system', id: 'system' },
      })
    }
    expect((await engine.interactions.get({ interactionId })).status).toBe(status)
    expect(await engine.runs.get({ runId: held.runId })).toMatchObject({ status: 'queued', wakeReasons: ['manual', 'answer'] })
    expect(await engine.tasks.get({ taskId: held.taskId })).toMatchObject({ status: 'todo' })
    const moves = (await logOf(world)).filter((event) => event.type === 'task.status_changed')
    expect(moves.at(-1)?.data).toMatchObject({ from: 'blocked', to: 'todo', verb: 'answer', reason })
    const again = await hold(engine, held.taskId)
    expect((await again.api.tasks.context({ taskId: held.taskId })).interactions).toMatchObject([{ status }])
    await expectSound(world)
  })

  it('is ended together with its question by whatever ends it, or takes its task away', async () => {
    const ends: Record<string, (given: Awaited<ReturnType<typeof openWaiting>>) => Promise<{ task: string }>> = {
      'runs.cancel': async ({ board, runId }) => board.runs.cancel({ runId, reason: 'enough' }).then(() => ({ task: 'todo' })),
      'tasks.forceRelease': async ({ board, taskId }) => board.tasks.forceRelease({ taskId, reason: 'now' }).then(() => ({ task: 'todo' })),
      'tasks.cancel': async ({ board, taskId }) => board.tasks.cancel({ taskId }).then(() => ({ task: 'cancelled' })),
      'tasks.cancelSubtree': async ({ board, taskId }) => board.tasks.cancelSubtree({ taskId }).then(() => ({ task: 'cancelled' })),
      'agents.terminate': async ({ board, agentId }) => board.agents.terminate({ agentId }).then(() => ({ task: 'todo' })),
      'tasks.assign to nobody': async ({ board, taskId }) => board.tasks.assign({ taskId, agentId: null }).then(() => ({ task: 'todo' })),
      'tasks.assign to a person': async ({ engine, board, taskId, companyId }) => {
        const mia = await engine.members.add({ companyId, name: 'Mia', role: 'operator' })
        return board.tasks.assign({ taskId, userId: mia.userId }).then(() => ({ task: 'todo' }))
      },
    }
    for (const [name, end] of Object.entries(ends)) {
      const world = await openWaiting()
      const aside = await world.engine.interactions.ask({ taskId: world.taskId, ask: question })
      const { task: status } = await end(world)
      const { run, task, interaction, agent } = await world.look()
      expect([name, run.status, interaction.status, task.status, agent.status]).toEqual([
        name,
        'cancelled',
        'cancelled',
        status,
        name === 'agents.terminate' ? 'terminated' : 'idle',
      ])
      // What others asked aside goes on, unless the task has ended.
      const other = await world.engine.interactions.get({ interactionId: aside.id })
      expect([name, other.status]).toEqual([name, status === 'cancelled' ? 'cancelled' : 'pending'])
      expect(await errorOf(world.reviewer.interactions.answer({ interactionId: world.interactionId, choice: 'pg' }))).toMatchObject({
        code: 'illegal_transition',
        details: { from: 'cancelled' },
      })
      await expectSound(world)
    }
  })

  it('of a task that is given to another agent makes room for that agent at once', async () => {
    const world = await openWaiting()
    const { engine, companyId, taskId, adapter } = world
    adapter.scripts.set('Bob', done)
    const bob = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: adapter.type })
    expect(await engine.tasks.assign({ taskId, agentId: world.agentId })).toMatchObject({ status: 'blocked' })
    expect((await world.look()).run.status).toBe('waiting')
    await engine.tasks.assign({ taskId, agentId: bob.id })
    expect(await world.look()).toMatchObject({ run: { status: 'cancelled' }, interaction: { status: 'cancelled' } })
    await engine.start()
    await until(
      () => engine.tasks.get({ taskId }),
      ({ status }) => status === 'done',
    )
    await expectSound(world)
  })

  it('is deleted with its task, and neither a pause nor a hold ends it', async () => {
    const world = await openWaiting()
    const { engine, companyId, agentId, taskId, interactionId, look } = world
    await engine.agents.pause({ agentId })
    await engine.tasks.pauseSubtree({ taskId })
    await engine.companies.pause({ companyId })
    expect(await look()).toMatchObject({ run: { status: 'waiting' }, interaction: { status: 'pending' } })
    await world.reviewer.interactions.answer({ interactionId, choice: 'pg' })
    expect(await look()).toMatchObject({ run: { status: 'queued' }, task: { status: 'todo' } })
    await engine.companies.resume({ companyId })
    await engine.tasks.resumeSubtree({ taskId })
    await engine.agents.resume({ agentId })
    const again = await hold(engine, taskId)
    const { id } = await again.api.interactions.ask({ taskId, ask: question, waits: true })
    await engine.tasks.delete({ taskId })
    expect(await errorOf(engine.interactions.get({ interactionId: id }))).toMatchObject({ code: 'not_found' })
    const { items } = await engine.events.list({ companyId, limit: 100 })
    const cancelled = items.find(({ type, entity }) => type === 'interaction.cancelled' && entity.id === id)
    expect(cancelled?.data).toMatchObject({ reason: 'task_cancelled', runId: again.runId })
    expect(await engine.runs.get({ runId: again.runId })).toMatchObject({ status: 'cancelled' })
    await expectSound(world)
  })

  it('takes over what was queued behind it', async () => {
    const world = await open('auto')
    const { engine, adapter, companyId, agentId, board } = world
    const gate = Promise.withResolvers<void>()
    adapter.script = async (turn) => {
      if (turn.context.interactions.length > 0) return { kind: 'done' }
      await gate.promise
      return asks(turn)
    }
    const task = await engine.tasks.create({ companyId, title: 'Move', assigneeAgentId: agentId })
    await engine.start()
    const runs = async () => (await engine.runs.list({ companyId, taskId: task.id })).items
    await until(runs, ([run]) => run?.status === 'running')
    await board.comments.create({ taskId: task.id, body: 'Look at this, @Ada' })
    expect((await runs()).map(({ status }) => status)).toEqual(['running', 'queued'])
    gate.resolve()
    const [waiting, queued] = await until(runs, ([run]) => run?.status === 'waiting')
    expect(waiting?.wakeReasons).toEqual(['assignment', 'comment'])
    expect(queued).toMatchObject({ status: 'cancelled', errorMessage: 'joined_waiting_run' })
    const [asked] = (await engine.interactions.list({ companyId })).items
    await board.interactions.answer({ interactionId: asked?.id ?? '', choice: 'pg' })
    await until(runs, ([run]) => run?.status === 'succeeded')
    expect(await runs()).toHaveLength(2)
    await expectSound(world)
  })

  it('that may not wait as it says has failed, and says why', async () => {
    const world = await open('auto')
    const { engine, adapter, companyId, agentId } = world
    const nobody = '01890000-0000-7000-8000-000000000000'
    adapter.script = async () => ({ kind: 'waiting', interaction: { ask: question, answerer: nobody } })
    adapter.scripts.set('Submitted', async (turn) => {
      await turn.emit({ type: 'deliverable', title: 'Text', content: 'x' })
      return asks(turn)
    })
    const task = await engine.tasks.create({ companyId, title: 'Move', assigneeAgentId: agentId })
    const submitted = await engine.tasks.create({ companyId, title: 'Submitted', assigneeAgentId: agentId })
    adapter.scripts.set(submitted.id, adapter.scripts.get('Submitted') ?? done)
    await engine.start()
    const runOf = (taskId: string) => async () => (await engine.runs.list({ companyId, taskId })).items[0]
    const failed = await until(runOf(task.id), (run) => run?.status === 'failed')
    expect(failed).toMatchObject({ errorClass: 'bad_request', errorMessage: expect.stringContaining('no active member') })
    const reviewed = await until(runOf(submitted.id), (run) => run?.status === 'failed')
    expect(reviewed).toMatchObject({ errorClass: 'bad_request', errorMessage: expect.stringContaining('in_review') })
    expect((await engine.tasks.get({ taskId: submitted.id })).status).toBe('in_review')
    expect((await engine.interactions.list({ companyId })).items).toEqual([])
    await expectSound(world)
  })

  it('is answered once, however many answer at the same moment', { timeout: 60_000 }, async () => {
    const world = await open()
    for (let round = 0; round < 6; round += 1) {
      const held = await newHeldTask(world, `Round ${round}`)
      const { id: interactionId } = await held.api.interactions.ask({
        taskId: held.taskId,
        ask: { kind: 'confirmation', prompt: 'OK?' },
        waits: true,
      })
      const verbs = ['accept', 'reject', 'cancel'] as const
      const settled = await Promise.allSettled(
        Array.from({ length: 8 }, async (_, index) => {
          const verb = verbs[(index + round) % verbs.length] ?? 'accept'
          return person(world, 'operator', `person ${index}`).interactions[verb]({ interactionId })
        }),
      )
      const answers = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      const codes = settled.flatMap((outcome) =>
        outcome.status === 'rejected' && EngineError.isInstance(outcome.reason) ? [outcome.reason.code] : [],
      )
      expect(answers).toHaveLength(1)
      expect(codes).toEqual(Array.from({ length: 7 }, () => 'illegal_transition'))
      const seen = await world.engine.interactions.get({ interactionId })
      expect(seen).toMatchObject({ status: answers[0]?.status, answeredBy: answers[0]?.answeredBy, version: 2 })
      expect(await world.engine.runs.get({ runId: held.runId })).toMatchObject({ status: 'queued', wakeReasons: ['manual', 'answer'] })
    }
    expect((await world.engine.verify()).isSound).toBe(true)
  })

  const points = ['answer', 'accept', 'reject', 'cancel', 'ask', 'expire'].flatMap((verb) => [
    `interactions.${verb}.recorded`,
    `interactions.${verb}.committed`,
  ])

  it.each(points)('loses nothing and doubles nothing when a process is killed at %s', { timeout: 60_000 }, async (point) => {
    const found: string[] = []
    const ignore = () => undefined
    const told = { count: ignore, took: ignore, reached: ignore, fact: ignore, violation: (sentence: string) => void found.push(sentence) }
    const scene = {
      storage: database === 'sqlite' ? 'sqlite' : 'postgres',
      postgresUrl: inject('postgresUrl'),
      templateFolder: inject('templateFolder'),
      folder: temporaryFolder(),
    } as const
    await killCaller(scene, { seed: 0, random: createRandom(0), ...told }, point)
    expect(found).toEqual([])
  })
})
