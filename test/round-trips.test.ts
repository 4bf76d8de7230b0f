import { describe, expect, it } from 'vitest'

import { systemActor } from '@engine/core'

import { recordStatements, type Recording } from '../bench/lib/record-statements.ts'
import { createWorld, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const families = ['sqlite', 'postgres'] as const

interface Given {
  readonly world: World
  readonly recording: Recording
}

/** What a unit of work may ask of its database: statements on SQLite; on Postgres round trips, so begin and commit too. */
interface Unit {
  readonly most: Readonly<Record<(typeof families)[number], number>>
  /** Prepares, and gives the work to record. */
  prepare(given: Given): Promise<() => Promise<unknown>>
}

const units: Readonly<Record<string, Unit>> = {
  'creating a task': {
    most: { sqlite: 6, postgres: 1 },
    prepare:
      async ({ world }) =>
      () =>
        createTask(world),
  },
  'creating a task under an idempotency key': {
    most: { sqlite: 8, postgres: 10 },
    prepare:
      async ({ world }) =>
      () =>
        world.engine.tasks.create({ companyId: world.companyId, title: 'A task' }, { idempotencyKey: 'once' }),
  },
  'creating a task that wakes its agent': {
    most: { sqlite: 16, postgres: 1 },
    prepare:
      async ({ world }) =>
      () =>
        world.engine.tasks.create({ companyId: world.companyId, title: 'A task', assigneeAgentId: world.agentId }),
  },
  'checking a task out': {
    most: { sqlite: 12, postgres: 1 },
    async prepare({ world }) {
      const { id: taskId } = await createTask(world)
      return () => world.engine.tasks.checkout({ taskId, agentId: world.agentId })
    },
  },
  'changing what a task says': {
    most: { sqlite: 5, postgres: 1 },
    async prepare({ world }) {
      const { id: taskId } = await createTask(world)
      return () => world.engine.tasks.update({ taskId, title: 'Called otherwise' })
    },
  },
  'renewing a lease': {
    most: { sqlite: 4, postgres: 7 },
    async prepare({ world }) {
      const { api, runId } = await checkedOut(world)
      return () => api.runs.heartbeat({ runId })
    },
  },
  'ending a run': {
    most: { sqlite: 13, postgres: 4 },
    async prepare({ world }) {
      const { api, runId } = await checkedOut(world)
      return () => api.runs.report({ runId, outcome: { kind: 'done' } })
    },
  },
  'commenting on a task': {
    // One of them is for the words by which it is found.
    most: { sqlite: 4, postgres: 7 },
    async prepare({ world }) {
      const { id: taskId } = await createTask(world)
      return () => world.engine.comments.create({ taskId, body: 'Done by Friday.' })
    },
  },
  'reporting costs at the same time under three budgets': {
    // Begin, the lock, the budgets, all that is written, commit; SQLite has them one by one.
    most: { sqlite: 28, postgres: 5 },
    async prepare({ world: { engine, companyId, agentId } }) {
      const { id: projectId } = await engine.projects.create({ companyId, name: 'A project' })
      const places = [{ scope: 'company' }, { scope: 'project', scopeId: projectId }, { scope: 'agent', scopeId: agentId }] as const
      for (const place of places) await engine.budgets.set({ companyId, limit: 1_000_000, ...place })
      const cost = { companyId, agentId, projectId, provider: 'anthropic', costMicros: 500 }
      await engine.costs.report({ ...cost, sourceEventId: 'first of the month' })
      return () => Promise.all(['a', 'b', 'c', 'd'].map((sourceEventId) => engine.costs.report({ ...cost, sourceEventId })))
    },
  },
  'setting aside what a call may cost, and paying for it': {
    // One of them is for the price of the model that the hold was taken for.
    most: { sqlite: 25, postgres: 30 },
    async prepare({ world }) {
      await world.engine.budgets.set({ companyId: world.companyId, scope: 'company', metric: 'tokens', limit: 1_000_000 })
      const { api, runId } = await checkedOut(world)
      const spend = async () => {
        const { holdId } = await api.budgets.reserve({ runId, provider: 'any', model: 'any', inputTokens: 0, maxOutputTokens: 9 })
        await api.costs.settle({ runId, ...(holdId !== null && { holdId }), usage: { outputTokens: 5 } })
      }
      await spend()
      return spend
    },
  },
  'reading a task': {
    most: { sqlite: 1, postgres: 1 },
    async prepare({ world }) {
      const { id: taskId } = await createTask(world)
      return () => world.engine.tasks.get({ taskId })
    },
  },
  'reading a page of tasks': {
    most: { sqlite: 2, postgres: 2 },
    prepare:
      async ({ world }) =>
      () =>
        world.engine.tasks.list({ companyId: world.companyId }),
  },
  'reading the events after a position': {
    most: { sqlite: 2, postgres: 3 },
    prepare:
      async ({ world }) =>
      () =>
        world.engine.events.list({ companyId: world.companyId, after: 1 }),
  },
  'claiming and starting a queued run': {
    // One looks for providers that are left alone.
    most: { sqlite: 13, postgres: 2 },
    async prepare({ world }) {
      const { engine, companyId, agentId } = world
      const task = await engine.tasks.create({ companyId, title: 'A task', assigneeAgentId: agentId })
      const { items } = await engine.runs.list({ companyId, taskId: task.id })
      const input = { runId: items[0]?.id, workerId: 'a worker' }
      return () => engine.execute('runs.claim', { input, actor: systemActor })
    },
  },
  'a queued run from the start of the loops to its end': {
    // Of these 8 and 13 are the first look of the sealer, which seals what is there; 3 and 6 enter the process among the workers; one each is the
    // look for questions that have expired, for routines that are due and for budgets that begin anew. The run itself is begun
    // by one: what it begins with, and that there is nothing more to be read about its task.
    most: { sqlite: 49, postgres: 36 },
    async prepare({ world }) {
      const { engine, companyId, agentId } = world
      await engine.tasks.create({ companyId, title: 'A task', assigneeAgentId: agentId })
      const ended = new Promise<void>((resolve) => engine.on('run.succeeded', () => resolve()))
      return () => engine.start().then(() => ended)
    },
  },
}

describe.each(families)('on %s', (family) => {
  it.each(Object.entries(units))('%s asks the database no more often than it has to', async (_, { most, prepare }) => {
    const recording = recordStatements(await newStorage(family))
    const unhurried = { pollMs: 3_600_000, sweepMs: 3_600_000, leaseMs: 3_600_000, sealMs: 3_600_000 }
    const world = await createWorld({ storage: recording.storage, settings: unhurried })
    const work = await prepare({ world, recording })
    const { statements, roundTrips } = await recording.during(work)
    await world.engine.stop()
    const asked = family === 'postgres' ? roundTrips : statements.length
    expect(asked, statements.map(({ sql }) => sql).join('\n')).toBeLessThanOrEqual(most[family])
    expect(asked).toBeGreaterThan(0)
  })
})

function createTask({ engine, companyId }: World) {
  return engine.tasks.create({ companyId, title: 'A task' })
}

/** A task that somebody has checked out, and the API as its run sees it. */
async function checkedOut(world: World) {
  const { engine, agentId } = world
  const { id: taskId } = await createTask(world)
  const { run, credential } = await engine.tasks.checkout({ taskId, agentId })
  const actor = await engine.authenticate(credential ?? '')
  if (!actor) throw new Error('the engine does not know the credential that it gave')
  return { api: engine.as(actor), runId: run.id }
}
