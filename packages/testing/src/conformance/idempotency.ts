import { expect } from 'vitest'

import { errorOf } from '../error-of.ts'
import { board, newCompany, engineGroup } from './world.ts'

const dayMs = 86_400_000

export const idempotency = engineGroup('idempotency', {
  'the same key with the same request has one effect and one answer, also at the same time': async (world) => {
    const { engine } = world
    const { companyId } = await newCompany(world)
    for (let callers = 2; callers <= 8; callers += 1) {
      const create = () => engine.tasks.create({ companyId, title: `Once ${callers}` }, { idempotencyKey: `key-${callers}` })
      const answers = await Promise.all(Array.from({ length: callers }, create))
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      expect(await create()).toEqual(answers[0])
    }
    expect((await engine.tasks.list({ companyId, limit: 100 })).items).toHaveLength(7)
  },

  'a key of a command that takes its whole company is used once too': async (world) => {
    const { engine } = world
    const { companyId } = await newCompany(world)
    const create = () => engine.goals.create({ companyId, title: 'Once' }, { idempotencyKey: 'k' })
    const answers = await Promise.all(Array.from({ length: 5 }, create))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect((await engine.goals.list({ companyId })).items).toHaveLength(1)
  },

  'the same key with another request is refused, and so are all others at the same time': async (world) => {
    const { engine } = world
    const { companyId } = await newCompany(world)
    const create = (title: string) => engine.tasks.create({ companyId, title }, { idempotencyKey: 'k' })
    const answers = await Promise.allSettled(['One', 'Two', 'One', 'Three'].map(create))
    const done = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    expect(new Set(done.map((task) => task.id)).size).toBe(1)
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason.code).toBe('idempotency_mismatch')
    expect(await errorOf(create('Four'))).toMatchObject({ code: 'idempotency_mismatch', kind: 'rule' })
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(1)
  },

  'a key belongs to one actor, one command and one company': async (world) => {
    const { engine } = world
    const [{ companyId }, other] = [await newCompany(world), await newCompany(world)]
    const key = { idempotencyKey: 'k' }
    const mine = await engine.tasks.create({ companyId, title: 'One' }, key)
    const theirs = await engine.as(board).tasks.create({ companyId, title: 'One' }, key)
    const elsewhere = await engine.tasks.create({ companyId: other.companyId, title: 'One' }, key)
    expect(new Set([mine.id, theirs.id, elsewhere.id]).size).toBe(3)
    await engine.goals.create({ companyId, title: 'One' }, key)
  },

  'a key that founded a company gives the same company again': async (world) => {
    const create = () => world.engine.companies.create({ name: 'New' }, { idempotencyKey: 'k' })
    const first = await create()
    expect(await create()).toEqual(first)
  },

  'a request that failed leaves its key free': async (world) => {
    const { engine } = world
    const { companyId, newTask } = await newCompany(world)
    const blocker = await newTask()
    const next = blocker.identifier.replace(/\d+$/, '2')
    const request = { companyId, title: 'Later', blockedBy: [next] }
    const create = () => engine.tasks.create(request, { idempotencyKey: 'k' })
    expect(await errorOf(create())).toMatchObject({ code: 'rule_violated' })
    expect((await newTask()).identifier).toBe(next)
    expect((await create()).title).toBe('Later')
  },

  'a key is free again after a day, and not a moment before': async (world) => {
    const { engine } = world
    const { companyId } = await newCompany(world)
    const create = () => engine.tasks.create({ companyId, title: 'Daily' }, { idempotencyKey: 'k' })
    const first = await create()
    try {
      world.clock.aheadMs = dayMs - 60_000
      expect((await create()).id).toBe(first.id)
      world.clock.aheadMs = dayMs + 60_000
      const answers = await Promise.all([create(), create(), create()])
      expect(answers[0].id).not.toBe(first.id)
      expect(new Set(answers.map((task) => task.id)).size).toBe(1)
    } finally {
      world.clock.aheadMs = 0
    }
  },

  'a checkout is repeated after a lost answer: same run, same credential, and the database shows neither that nor the key': async (
    world,
  ) => {
    const { engine, watch } = world
    const company = await newCompany(world)
    const task = await company.newTask({ assigneeAgentId: company.agentId })
    const checkout = () => engine.tasks.checkout({ taskId: task.id }, { idempotencyKey: 'my secret key' })
    const [first, second] = await Promise.all([checkout(), checkout()])
    expect([second, await checkout()]).toEqual([first, first])
    expect(first.credential).toMatch(/^eng_run_.{43}$/)
    const rows = await watch.dump()
    expect(rows).not.toContain(first.credential)
    expect(rows).not.toContain('my secret key')
  },
})
