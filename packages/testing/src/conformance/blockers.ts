import { expect } from 'vitest'

import { errorOf } from '../error-of.ts'
import { checkOut, newCompany, engineGroup, outcomesOf, type Company, type World } from './world.ts'

export const blockers = engineGroup('blockers and wake-ups', {
  'a task with unresolved blockers is not checked out, and the refusal names them': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const blocker = await company.newTask()
    const task = await company.newTask({ blockedBy: [blocker.identifier] })
    const checkout = () => engine.tasks.checkout({ taskId: task.id, agentId: company.agentId })
    expect(await errorOf(checkout())).toMatchObject({
      code: 'task_blocked',
      kind: 'rule',
      details: { blockers: [{ identifier: blocker.identifier, status: 'todo' }] },
    })
    await engine.tasks.cancel({ taskId: blocker.id })
    expect((await checkout()).task.status).toBe('in_progress')
  },

  'a task is woken once, by the last of its blockers to end': async (world) => {
    const { engine } = world
    const { company, task, blockers: held } = await waitingTask(world, 3)
    for (const { task: blocker } of held.slice(1)) await engine.tasks.complete({ taskId: blocker.id })
    expect(await queuedFor(world, company, task.id)).toEqual([])
    await engine.tasks.complete({ taskId: held[0]?.task.id ?? '' })
    expect(await queuedFor(world, company, task.id)).toEqual([['blockers_resolved']])
  },

  'a task is woken once when all of its blockers end at the same moment': async (world) => {
    const { engine } = world
    for (let round = 0; round < 6; round += 1) {
      const { company, task, blockers: held } = await waitingTask(world, round % 2 === 0 ? 2 : 4)
      const ends = held.map(({ task: { id: taskId }, api }, index) => {
        if (index % 3 === 1) return engine.tasks.cancel({ taskId })
        return index % 3 === 2 ? engine.tasks.complete({ taskId }) : api.tasks.complete({ taskId })
      })
      expect(await outcomesOf(ends)).toEqual(ends.map(() => 'done'))
      expect(await queuedFor(world, company, task.id)).toEqual([['blockers_resolved']])
    }
  },

  'a task that gets a blocker which ends at the same moment does not wait for ever': async (world) => {
    const { engine } = world
    for (let round = 0; round < 6; round += 1) {
      const { company, task, blockers: held } = await waitingTask(world, 1)
      const [first] = held
      const late = await checkOut(world, company)
      const ends = [engine.tasks.complete({ taskId: first?.task.id ?? '' }), late.api.tasks.complete({ taskId: late.task.id })]
      const update = engine.tasks.update({ taskId: task.id, blockedBy: [first?.task.id ?? '', late.task.id] })
      const [outcome, ...ended] = await outcomesOf([update, ...ends])
      expect(['done', 'rule_violated', 'changed_meanwhile']).toContain(outcome)
      expect(ended).toEqual(['done', 'done'])
      expect(await queuedFor(world, company, task.id)).toHaveLength(1)
    }
  },

  'a task never waits for itself, however long the way round': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const [first, second, third] = [await company.newTask(), await company.newTask(), await company.newTask()]
    await engine.tasks.update({ taskId: first.id, blockedBy: [second.id] })
    await engine.tasks.update({ taskId: second.id, blockedBy: [third.identifier] })
    const refused = await errorOf(engine.tasks.update({ taskId: third.id, blockedBy: [first.id] }))
    expect(refused).toMatchObject({
      code: 'rule_violated',
      message: `${first.identifier} waits for ${third.identifier} already, so it can not block it.`,
    })
    expect(await errorOf(engine.tasks.update({ taskId: first.id, blockedBy: [first.id] }))).toMatchObject({ code: 'rule_violated' })
  },

  'a task never waits for itself when the links of the ring are made at the same moment': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    for (let round = 0; round < 5; round += 1) {
      const ring = await Promise.all([company.newTask(), company.newTask(), company.newTask()])
      const links = ring.map((task, index) =>
        engine.tasks.update({ taskId: task.id, blockedBy: [ring[(index + 1) % ring.length]?.id ?? ''] }),
      )
      const outcomes = await outcomesOf(links)
      expect(outcomes.filter((outcome) => outcome === 'done').length).toBeLessThan(ring.length)
      for (const outcome of outcomes) expect(['done', 'rule_violated', 'changed_meanwhile']).toContain(outcome)
    }
  },

  'a queued run takes up new reasons instead of multiplying': async (world) => {
    const { engine } = world
    const company = await newCompany(world, 'auto')
    const task = await company.newTask({ assigneeAgentId: company.agentId })
    await engine.tasks.update({ taskId: task.id, status: 'backlog' })
    await engine.tasks.update({ taskId: task.id, status: 'todo' })
    await engine.tasks.assign({ taskId: task.id, agentId: company.agentId })
    await engine.agents.pause({ agentId: company.agentId })
    await engine.agents.resume({ agentId: company.agentId })
    expect(await queuedFor(world, company, task.id)).toHaveLength(1)
  },

  'a queued run is one, whatever wakes its agent at the same moment': async (world) => {
    const { engine } = world
    const company = await newCompany(world, 'auto')
    for (let round = 0; round < 4; round += 1) {
      const task = await company.newTask({ assigneeAgentId: company.agentId })
      const calls = [
        engine.tasks.update({ taskId: task.id, priority: 'high' }),
        engine.tasks.assign({ taskId: task.id, agentId: company.agentId }),
        engine.agents.pause({ agentId: company.agentId }).then(() => engine.agents.resume({ agentId: company.agentId })),
      ]
      await Promise.allSettled(calls)
      expect(await queuedFor(world, company, task.id)).toHaveLength(1)
    }
  },

  'a queued run of a task that was given to somebody else, blocked or cancelled is taken back': async (world) => {
    const { engine } = world
    const company = await newCompany(world, 'auto')
    const other = await company.hire({ executionMode: 'manual' })
    const [moved, blocked, cancelled] = await Promise.all([1, 2, 3].map(() => company.newTask({ assigneeAgentId: company.agentId })))
    await engine.tasks.assign({ taskId: moved?.id ?? '', agentId: other.id })
    await engine.tasks.block({ taskId: blocked?.id ?? '', reason: 'wait' })
    await engine.tasks.cancel({ taskId: cancelled?.id ?? '' })
    for (const task of [moved, blocked, cancelled]) {
      const { items } = await engine.runs.list({ companyId: company.companyId, taskId: task?.id ?? '' })
      expect(items.map((run) => run.status)).toEqual(['cancelled'])
    }
  },
})

/** A task of an agent that starts by itself, and its blockers, each checked out. */
async function waitingTask(world: World, count: number) {
  const company = await newCompany(world)
  const waiting = await company.hire({ executionMode: 'auto' })
  const held = await Promise.all(Array.from({ length: count }, () => checkOut(world, company)))
  const task = await company.newTask({ assigneeAgentId: waiting.id, blockedBy: held.map(({ task: { id } }) => id) })
  return { company, task, blockers: held }
}

/** The reasons of each queued run of a task. */
async function queuedFor({ engine }: World, { companyId }: Company, taskId: string): Promise<readonly string[][]> {
  const { items } = await engine.runs.list({ companyId, taskId, status: 'queued' })
  return items.map((run) => run.wakeReasons)
}
