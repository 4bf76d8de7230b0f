import { describe, expect, it, onTestFinished } from 'vitest'

import type { RunActor } from '@engine/core'
import { inTurn } from '@engine/testing'

import { createWorld, until } from './support/engine.ts'
import { hold, newHeldTask, person, question } from './support/interactions.ts'
import { newStorage } from './support/storages.ts'

const value = 'hunter2-and-more'

it.each(['sqlite', 'postgres'])('a run of an agent that works by itself waits for that agent with its answer, on %s', async (database) => {
  const world = await createWorld({ storage: await newStorage(database), agentMode: 'manual' })
  const { engine, adapter, companyId } = world
  onTestFinished(() => engine.stop())
  const { id: otherId } = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: adapter.type })
  await engine.start()
  const held = await newHeldTask(world)
  const { id: interactionId } = await held.api.interactions.ask({ taskId: held.taskId, ask: question, waits: true })
  await person(world, 'reviewer').interactions.answer({ interactionId, choice: 'pg' })
  // Whatever this engine starts by itself has been started when work that came later is done.
  const { id: later } = await engine.tasks.create({ companyId, title: 'Later', priority: 'low', assigneeAgentId: otherId })
  await until(
    () => engine.tasks.get({ taskId: later }),
    ({ status }) => status === 'done',
  )
  expect(adapter.turns.map(({ context }) => context.task.id)).toEqual([later])
  expect(await engine.runs.get({ runId: held.runId })).toMatchObject({ status: 'queued', adapter: null })
  expect((await hold(engine, held.taskId)).runId).toBe(held.runId)
})

describe.each(['sqlite', 'postgres'])('a run that is answered while its program still stops, on %s', (database) => {
  it('goes on when that has ended, and what it says then is blotted out as before', async () => {
    const world = await createWorld({ storage: await newStorage(database) })
    const { engine, adapter, companyId, agentId } = world
    onTestFinished(() => engine.stop())
    const secret = await engine.secrets.create({ companyId, name: 'TOKEN', value })
    await engine.secrets.bind({ secretId: secret.id, target: 'company', as: 'TOKEN' })
    const [asked, released, secondBegan] = [Promise.withResolvers<string>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const ended: string[] = []
    adapter.script = inTurn(
      async ({ context }) => {
        const { run, task } = context
        const actor: RunActor = { kind: 'run', id: run.id, companyId, agentId, taskId: task.id, fence: run.fence }
        const interaction = await engine.as(actor).interactions.ask({ taskId: task.id, ask: question, waits: true })
        asked.resolve(interaction.id)
        // It takes its time, whatever it is told.
        await released.promise
        ended.push('first')
        return { kind: 'done' }
      },
      async (turn) => {
        const before = [...ended]
        secondBegan.resolve()
        await released.promise
        // Whatever the end of the first one does has been done.
        await new Promise((resolve) => setTimeout(resolve, 200))
        await turn.emit({ type: 'comment', body: `It is ${value}.` })
        return { kind: 'done', summary: `after ${before.join(', ')}: ${value}` }
      },
    )
    const task = await engine.tasks.create({ companyId, title: 'Move', assigneeAgentId: agentId })
    await engine.start()
    await person(world, 'reviewer').interactions.answer({ interactionId: await asked.promise, choice: 'pg' })
    // Time enough to begin it too early.
    await Promise.race([secondBegan.promise, new Promise((resolve) => setTimeout(resolve, 300))])
    released.resolve()
    const runs = await until(
      async () => (await engine.runs.list({ companyId, taskId: task.id })).items,
      (all) => all.every(({ status }) => status !== 'queued' && status !== 'running'),
    )
    expect(runs).toMatchObject([{ status: 'succeeded', outcome: { summary: 'after first: [secret TOKEN]' } }])
    expect((await engine.comments.list({ taskId: task.id })).items.map(({ body }) => body)).toEqual(['It is [secret TOKEN].'])
  })
})
