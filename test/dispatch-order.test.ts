import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'

import { recordStatements } from '../bench/lib/record-statements.ts'
import { createWorld, until, type World } from './support/engine.ts'
import { newHeldTask, person, question } from './support/interactions.ts'
import { newStorage } from './support/storages.ts'

const unhurried = { pollMs: 3_600_000, sweepMs: 3_600_000 }

it('starts what is queued meanwhile and more urgent before what it had found already', async () => {
  const { engine, companyId, adapter } = await createWorld({ settings: { ...unhurried, maxConcurrentRuns: 1 } })
  const started: string[] = []
  const first = Promise.withResolvers<void>()
  adapter.script = async ({ context }) => {
    started.push(context.task.title)
    if (started.length === 1) await first.promise
    return { kind: 'done' }
  }
  async function assign(title: string, priority: 'medium' | 'critical') {
    const agent = await engine.agents.create({ companyId, name: `Agent of ${title}`, role: 'writer', adapterType: adapter.type })
    await engine.tasks.create({ companyId, title, priority, assigneeAgentId: agent.id })
  }
  for (const title of ['One', 'Two', 'Three']) await assign(title, 'medium')
  await engine.start()
  await until(
    async () => started.length,
    (count) => count === 1,
  )
  await assign('Four', 'critical')
  first.resolve()
  await until(
    async () => started.length,
    (count) => count === 4,
  )
  expect(started).toEqual(['One', 'Four', 'Two', 'Three'])
})

const priorities = ['critical', 'high', 'medium', 'low'] as const

interface Queue {
  readonly slots: number
  readonly tasks: readonly (typeof priorities)[number][]
}

const queues = fc.array(
  fc.record({ slots: fc.integer({ min: 1, max: 4 }), tasks: fc.array(fc.constantFrom(...priorities), { minLength: 1, maxLength: 6 }) }),
  { minLength: 1, maxLength: 7 },
)

/** What has to start first: the most urgent and oldest of all agents' queues, of each agent no more than it has slots for. */
function mostUrgent(given: readonly Queue[], room: number): string[] {
  const titles = given.flatMap(({ slots, tasks }, agent) =>
    tasks
      .map((priority, task) => ({ priority, agent, task }))
      .toSorted(byUrgency)
      .slice(0, slots),
  )
  return titles.toSorted(byUrgency).slice(0, room).map(titleOf)
}

type Place = { readonly priority: (typeof priorities)[number]; readonly agent: number; readonly task: number }

const byUrgency = (left: Place, right: Place) =>
  priorities.indexOf(left.priority) - priorities.indexOf(right.priority) || left.agent - right.agent || left.task - right.task

const titleOf = ({ priority, agent, task }: Place) => `${priority} ${agent}.${task}`

async function fill({ engine, companyId, adapter }: World, given: readonly Queue[]): Promise<void> {
  for (const [agent, { slots, tasks }] of given.entries()) {
    const { id } = await engine.agents.create({
      companyId,
      name: `Agent ${agent}`,
      role: 'writer',
      adapterType: adapter.type,
      maxConcurrentRuns: slots,
    })
    for (const [task, priority] of tasks.entries())
      await engine.tasks.create({ companyId, title: titleOf({ priority, agent, task }), priority, assigneeAgentId: id })
  }
}

describe.each(['sqlite', 'postgres'] as const)('on %s', (family) => {
  it('starts the most urgent of many agents, of each as many as it has slots for', async () => {
    await fc.assert(
      fc.asyncProperty(queues, fc.integer({ min: 1, max: 9 }), async (given, room) => {
        const world = await createWorld({ storage: await newStorage(family), settings: { ...unhurried, maxConcurrentRuns: room } })
        const started: string[] = []
        const end = Promise.withResolvers<void>()
        world.adapter.script = async ({ context }) => {
          started.push(context.task.title)
          await end.promise
          return { kind: 'done' }
        }
        const first = mostUrgent(given, room)
        try {
          await fill(world, given)
          await world.engine.start()
          await until(
            async () => started.length,
            (count) => count >= first.length,
          )
        } finally {
          end.resolve()
          await world.engine.stop()
        }
        expect(started.slice(0, first.length).toSorted()).toEqual(first.toSorted())
      }),
      { numRuns: 6 },
    )
  })

  it('starts what is queued while nothing else waits without looking through the queues', async () => {
    const recording = recordStatements(await newStorage(family))
    const { engine, companyId, agentId, adapter } = await createWorld({ storage: recording.storage, settings: unhurried })
    onTestFinished(() => engine.stop())
    adapter.script = async () => ({ kind: 'done' })
    const next = (type: 'run.started' | 'run.succeeded') =>
      new Promise<void>((resolve) => {
        const forget = engine.on(type, () => {
          forget()
          resolve()
        })
      })
    await engine.start()
    const ended = next('run.succeeded')
    await engine.tasks.create({ companyId, title: 'The first is looked for', assigneeAgentId: agentId })
    await ended
    // What its end lets start is looked for, and nothing is found.
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { statements } = await recording.during(async () => {
      const started = next('run.started')
      await engine.tasks.create({ companyId, title: 'The second is known', assigneeAgentId: agentId })
      await started
    })
    expect(statements.length).toBeGreaterThan(0)
    expect(statements.filter(({ sql }) => sql.includes('"queues"'))).toEqual([])
  })

  it('goes on looking for what could not start when it was queued', async () => {
    const { engine, companyId, adapter } = await createWorld({ storage: await newStorage(family), settings: unhurried })
    onTestFinished(() => engine.stop())
    const first = Promise.withResolvers<void>()
    const started: string[] = []
    adapter.script = async ({ context }) => {
      started.push(context.task.title)
      if (started.length === 1) await first.promise
      return { kind: 'done' }
    }
    const { id } = await engine.agents.create({ companyId, name: 'Busy', role: 'writer', adapterType: adapter.type, maxConcurrentRuns: 1 })
    await engine.start()
    for (const title of ['One', 'Two', 'Three']) await engine.tasks.create({ companyId, title, assigneeAgentId: id })
    await until(
      async () => started.length,
      (count) => count === 1,
    )
    first.resolve()
    await until(
      async () => started.length,
      (count) => count === 3,
    )
    expect(started).toEqual(['One', 'Two', 'Three'])
  })

  it('leaves a run that its agent began by itself to that agent, also when that is queued while nothing else waits', async () => {
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual', settings: unhurried })
    const { engine, agentId, adapter } = world
    onTestFinished(() => engine.stop())
    adapter.script = async () => ({ kind: 'done' })
    await engine.start()
    const held = await newHeldTask(world)
    const { id: interactionId } = await held.api.interactions.ask({ taskId: held.taskId, ask: question, waits: true })
    await person(world, 'reviewer').interactions.answer({ interactionId, choice: 'pg' })
    // It has looked, and knows that nothing can start.
    await new Promise((resolve) => setTimeout(resolve, 300))
    await engine.agents.invoke({ agentId, taskId: held.taskId })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(adapter.turns).toEqual([])
    expect(await engine.runs.get({ runId: held.runId })).toMatchObject({ status: 'queued', adapter: null })
  })
})
