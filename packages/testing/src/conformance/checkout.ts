import { expect } from 'vitest'

import type { Engine } from '@engine/core'

import { errorOf } from '../error-of.ts'
import { logOf } from './log.ts'
import { actAs, checkOut, newCompany, engineGroup, outcomesOf } from './world.ts'

type Held = Awaited<ReturnType<Engine['tasks']['checkout']>>

export const checkout = engineGroup('checkout', {
  'a checkout gives the task to exactly one of many callers, and tells the others who has it': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const agents = await Promise.all(Array.from({ length: 8 }, () => company.hire()))
    for (let round = 1; round <= 5; round += 1) {
      const task = await company.newTask()
      const answers = await Promise.allSettled(agents.map((agent) => engine.tasks.checkout({ taskId: task.id, agentId: agent.id })))
      const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
      expect(won).toHaveLength(1)
      for (const answer of answers) {
        if (answer.status === 'fulfilled') continue
        expect(answer.reason).toMatchObject({
          code: 'checkout_conflict',
          details: { holder: { agentId: won[0]?.run.agentId, isHolderLive: true }, fence: 1, status: 'in_progress' },
        })
        expect(answer.reason.details.retryAfterMs).toBeGreaterThan(0)
      }
      const claims = (await engine.events.task({ taskId: task.id })).items.filter((event) => event.type === 'task.claimed')
      expect(claims).toHaveLength(1)
    }
  },

  'many callers that check out many tasks at once share them without a second owner': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const agents = await Promise.all(Array.from({ length: 4 }, () => company.hire()))
    const tasks = await Promise.all(Array.from({ length: 12 }, () => company.newTask()))
    const calls = tasks.flatMap((task) => agents.map((agent) => engine.tasks.checkout({ taskId: task.id, agentId: agent.id })))
    const answers = await outcomesOf(calls)
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(12)
    expect(new Set(answers)).toEqual(new Set(['done', 'checkout_conflict']))
    for (const task of tasks) expect((await engine.tasks.get({ taskId: task.id })).checkout?.fence).toBe(1)
  },

  'an agent gets as many tasks at once as it can take, and each that ends makes room for one more': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const agent = await company.hire({ maxConcurrentRuns: 3 })
    const tasks = await Promise.all(Array.from({ length: 8 }, () => company.newTask()))
    const take = (taskIds: readonly string[]) => taskIds.map((taskId) => engine.tasks.checkout({ taskId, agentId: agent.id }))
    const answers = await Promise.allSettled(take(tasks.map((task) => task.id)))
    const held = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    expect(held).toHaveLength(3)
    const left = tasks.map((task) => task.id).filter((id) => !held.some(({ task }) => task.id === id))
    expect(await outcomesOf(take(left))).toEqual(left.map(() => 'agent_unavailable'))
    const [first] = held
    await engine.tasks.complete({ taskId: first?.task.id ?? '' })
    const outcomes = await outcomesOf(take(left))
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
  },

  'the fence grows by one with each checkout and is never used again': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const task = await company.newTask({ assigneeAgentId: company.agentId })
    const started: (string | null)[] = []
    for (let fence = 1; fence <= 4; fence += 1) {
      const held = await engine.tasks.checkout({ taskId: task.identifier })
      expect(held.run.fence).toBe(fence)
      started.push(held.task.startedAt)
      await engine.tasks.release({ taskId: task.id })
    }
    expect(new Set(started).size).toBe(1)
  },

  'the same run that asks again is answered with what it holds, and nothing changes': async (world) => {
    const { engine, watch } = world
    const company = await newCompany(world)
    const task = await company.newTask()
    const held = await engine.tasks.checkout({ taskId: task.id, agentId: company.agentId })
    const { api } = await actAs(engine, task, held)
    const before = await watch.dump()
    expect(await api.tasks.checkout({ taskId: task.id })).toEqual({ ...held, credential: null })
    expect(await watch.dump()).toBe(before)
  },

  'a checkout is refused to the same agent in another run, which is told who has it': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const { task } = await checkOut(world, company)
    const refused = await errorOf(engine.tasks.checkout({ taskId: task.id, agentId: company.agentId }))
    expect(refused).toMatchObject({ code: 'checkout_conflict', kind: 'conflict' })
    expect(refused.message).toContain(`${task.identifier} checked out since`)
  },

  'a checkout is refused to an agent that is paused or full, with what would change that': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const agent = await company.hire({ name: 'Full', maxConcurrentRuns: 1 })
    const task = await company.newTask()
    await engine.tasks.checkout({ taskId: (await company.newTask()).id, agentId: agent.id })
    expect((await errorOf(engine.tasks.checkout({ taskId: task.id, agentId: agent.id }))).message).toBe(
      'The agent Full has 1 of 1 runs under way. Wait for one to end, or let it have more at once (maxConcurrentRuns).',
    )
    await engine.agents.pause({ agentId: agent.id })
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id, agentId: agent.id }))).toMatchObject({
      code: 'agent_unavailable',
      details: { status: 'paused' },
    })
  },

  'a checkout is refused in a paused company, for a task of somebody else, and from a status that was not expected': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const other = await company.hire()
    const task = await company.newTask({ assigneeAgentId: other.id })
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id, agentId: company.agentId }))).toMatchObject({
      code: 'checkout_conflict',
      details: { assigneeAgentId: other.id },
    })
    expect(await outcomesOf([engine.tasks.checkout({ taskId: task.id, expectedStatuses: ['backlog'] })])).toEqual(['checkout_conflict'])
    await engine.companies.pause({ companyId: company.companyId })
    expect((await errorOf(engine.tasks.checkout({ taskId: task.id }))).message).toMatch(/company is paused/)
  },

  'a checkout is refused for a task that has ended, and leaves nothing behind': async (world) => {
    const { engine, watch } = world
    const company = await newCompany(world)
    const task = await company.newTask({ assigneeAgentId: company.agentId })
    await engine.tasks.cancel({ taskId: task.id })
    const before = await watch.dump()
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id }))).toMatchObject({
      code: 'illegal_transition',
      details: { legal: [] },
    })
    expect(await watch.dump()).toBe(before)
  },

  'what a person takes from its owner while others try to check it out has one owner or none': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const agents = await Promise.all(Array.from({ length: 3 }, () => company.hire()))
    for (let round = 0; round < 6; round += 1) {
      const task = await company.newTask()
      const first: Held = await engine.tasks.checkout({ taskId: task.id, agentId: company.agentId })
      const take = round % 2 === 0 ? engine.tasks.release({ taskId: task.id }) : engine.runs.cancel({ runId: first.run.id })
      const outcomes = await outcomesOf([take, ...agents.map((agent) => engine.tasks.checkout({ taskId: task.id, agentId: agent.id }))])
      expect(outcomes[0]).toBe('done')
      const claims = (await logOf(world, company.companyId)).flatMap((event) =>
        event.type === 'task.claimed' && event.entity.id === task.id ? [event] : [],
      )
      const { checkout } = await engine.tasks.get({ taskId: task.id })
      expect(claims.map((event) => event.data.fence)).toEqual(claims.map((_, index) => index + 1))
      expect(outcomes.filter((outcome) => outcome === 'done').length - 1).toBe(claims.length - 1)
      expect(checkout === null).toBe(claims.length === 1)
    }
  },
})
