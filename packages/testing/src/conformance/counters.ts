import { expect } from 'vitest'

import { EngineError } from '@engine/core'

import { createRandom, type Random } from '../seed.ts'
import { audit } from './audit.ts'
import { expireLease, newCompany, engineGroup, type Company, type World } from './world.ts'

export const counters = engineGroup('counters', {
  'tasks by status and live runs are counted right, whatever happens to them at the same time': async (world) => {
    const random = createRandom(20)
    const company = await newCompany(world)
    const agents = [company.agentId, (await company.hire({ maxConcurrentRuns: 2 })).id]
    const tasks = await Promise.all(Array.from({ length: 6 }, () => company.newTask()))
    const taskIds = tasks.map(({ id }) => id)
    for (let wave = 0; wave < 12; wave += 1) {
      const moves = Array.from({ length: 8 }, () =>
        move(world, { company, random, taskId: random.pick(taskIds), agentId: random.pick(agents) }),
      )
      const answers = await Promise.allSettled(moves)
      const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
      expect(failures.filter((failure) => !isRefusal(failure))).toEqual([])
      expect(await audit(world)).toEqual([])
    }
  },

  'a company without tasks counts none, and one task is one': async (world) => {
    const { watch } = world
    const [empty, one] = [await newCompany(world), await newCompany(world)]
    await one.newTask()
    const count = async ({ companyId }: Company) => {
      const text = `select coalesce(sum(todo), 0) as todo from ${watch.table('company_counters')} where company_id = ?`
      return (await watch.query<{ todo: number }>(text, [companyId]))[0]?.todo
    }
    expect([await count(empty), await count(one)]).toEqual([0, 1])
  },
})

/** Something that may happen to a task; most of it is refused in most states. */
async function move(world: World, given: { company: Company; random: Random; taskId: string; agentId: string }): Promise<unknown> {
  const { engine } = world
  const { company, random, taskId, agentId } = given
  const lose = async () => {
    const { checkout } = await engine.tasks.get({ taskId })
    if (!checkout) return
    await expireLease(world, checkout.runId)
    await engine.runs.sweep({ runId: checkout.runId })
  }
  const moves = [
    () => engine.tasks.checkout({ taskId, agentId }),
    () => engine.tasks.checkout({ taskId, agentId }),
    () => engine.tasks.release({ taskId }),
    () => engine.tasks.block({ taskId, reason: 'wait' }),
    () => engine.tasks.update({ taskId, status: random.pick(['todo', 'backlog']) }),
    () => engine.tasks.assign({ taskId, agentId: null }),
    () => engine.deliverables.submit({ taskId, title: 'Draft', content: 'x' }),
    () => engine.tasks.createMany({ companyId: company.companyId, tasks: [{ title: 'One' }, { title: 'Two', status: 'backlog' }] }),
    () => (random.next() < 0.2 ? engine.tasks.complete({ taskId }) : engine.tasks.progress({ taskId, percent: 5 })),
    () => (random.next() < 0.2 ? engine.tasks.cancel({ taskId }) : company.newTask()),
    lose,
  ]
  return random.pick(moves)()
}

/** A move that the task's state does not allow, or that somebody else was faster with. */
function isRefusal(error: unknown): boolean {
  return EngineError.isInstance(error) && ['conflict', 'rule', 'invalid'].includes(error.kind)
}
