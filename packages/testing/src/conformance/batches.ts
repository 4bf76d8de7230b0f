import { expect } from 'vitest'

import type { UserActor } from '@engine/core'

import { errorOf } from '../error-of.ts'
import { logOf } from './log.ts'
import { actAs, newCompany, engineGroup, type World } from './world.ts'

/** What differs from call to call, in rows and in the data of events. */
const different = /^(id|seq|xid|identifier|title|name|credential|credential_hash|at|since|.*(_a|A)t|.*_id|.*Id)$/

export const batches = engineGroup('calls at the same time', {
  'calls of one moment write the same rows and give the same answers as calls of their own': async (world) => {
    const { engine } = world
    const { companyId, agentId } = await newCompany(world)
    const given = { companyId, tags: ['a'], context: { deep: [1, { x: 'ü' }] } }
    // A key, or a status that is expected, makes a call go its own way; so do calls that are awaited one by one.
    const alone = await engine.tasks.create({ ...given, title: 'Alone' }, { idempotencyKey: 'k', requestId: 'r' })
    const [together] = await Promise.all([
      engine.tasks.create({ ...given, title: 'Together' }, { requestId: 'r' }),
      engine.tasks.create({ ...given, title: 'Another' }, { requestId: 'r' }),
    ])
    expect(shape(together)).toEqual(shape(alone))
    expect(await written(world, together.id)).toEqual(await written(world, alone.id))
    const heldAlone = await engine.tasks.checkout({ taskId: alone.id, agentId, expectedStatuses: ['todo'] }, { requestId: 'r' })
    const heldTogether = await engine.tasks.checkout({ taskId: together.id, agentId }, { requestId: 'r' })
    expect(shape(heldTogether)).toEqual(shape(heldAlone))
    expect(await written(world, together.id)).toEqual(await written(world, alone.id))
    const { api } = await actAs(engine, together, heldTogether)
    expect((await api.tasks.complete({ taskId: together.id })).status).toBe('done')
  },

  'tasks of one moment that agents are named for write the same rows and wake the same agents as calls of their own': async (world) => {
    const { engine } = world
    const { companyId, agentId } = await newCompany(world)
    const adapterType = world.adapter.type
    const automatic = await engine.agents.create({ companyId, name: 'By itself', role: 'writer', adapterType })
    const asked = [
      { assigneeAgentId: automatic.id, status: 'todo' as const },
      { assigneeAgentId: automatic.id, status: 'backlog' as const },
      { assigneeAgentId: agentId, status: 'todo' as const },
    ]
    const heard: string[] = []
    const forget = engine.on('run.queued', (event) => void heard.push(event.data.taskId))
    for (const [index, wish] of asked.entries()) {
      const given = { companyId, description: 'What to do', ...wish }
      const alone = await engine.tasks.create({ ...given, title: 'Alone' }, { idempotencyKey: `k${index}`, requestId: 'r' })
      const [together] = await Promise.all([
        engine.tasks.create({ ...given, title: 'Together' }, { requestId: 'r' }),
        engine.tasks.create({ ...given, title: 'Another' }, { requestId: 'r' }),
      ])
      expect(shape(together)).toEqual(shape(alone))
      expect(await written(world, together.id)).toEqual(await written(world, alone.id))
      const runsOf = async (taskId: string) =>
        (await engine.runs.list({ companyId, taskId })).items.map(({ next: _next, ...run }) => shape(run))
      expect(await runsOf(together.id)).toEqual(await runsOf(alone.id))
      expect(await runsOf(together.id)).toHaveLength(index === 0 ? 1 : 0)
    }
    forget()
    expect(heard).toHaveLength(3)
    // One that names somebody who is not there is refused for itself, and of many tasks of one call each is.
    const [created, refused] = await Promise.all([
      engine.tasks.create({ companyId, title: 'Fine', assigneeAgentId: agentId }),
      errorOf(engine.tasks.create({ companyId, title: 'For nobody', assigneeAgentId: crypto.randomUUID() })),
    ])
    expect([created.assigneeAgentId, refused.code]).toEqual([agentId, 'rule_violated'])
    const wish = { title: 'Of many', status: 'todo' as const }
    const many = await engine.tasks.createMany({
      companyId,
      tasks: [
        { ...wish, assigneeAgentId: agentId },
        { ...wish, assigneeAgentId: crypto.randomUUID() },
      ],
    })
    expect(many.items.map(({ status }) => status)).toEqual(['created', 'refused'])
  },

  'changes of one moment write the same rows and are found by the same words as changes of their own': async (world) => {
    const { engine } = world
    const { companyId, newTask } = await newCompany(world)
    const changes = [
      { title: 'Renamed: café' },
      { description: 'Said otherwise', tags: ['b'] },
      { description: null, context: { deep: [2] }, dueDate: '2031-05-01T00:00:00.000Z' },
      { dueDate: null, billingCode: 'X-1', maxAttempts: 7, acceptanceCriteria: ['It is done'] },
    ]
    const [alone, together, other] = [await newTask(), await newTask(), await newTask()]
    for (const [index, change] of changes.entries()) {
      const given = { requestId: 'r' }
      const one = await engine.tasks.update({ taskId: alone.id, ...change }, { ...given, idempotencyKey: `k${index}` })
      const [same] = await Promise.all([
        engine.tasks.update({ taskId: together.id, ...change }, given),
        engine.tasks.update({ taskId: other.id, ...change }, given),
      ])
      expect(shape(same)).toEqual(shape(one))
      expect([same.dueDate, same.billingCode, same.maxAttempts]).toEqual([one.dueDate, one.billingCode, one.maxAttempts])
      expect(await written(world, together.id)).toEqual(await written(world, alone.id))
      const foundBy = async (words: string) => (await engine.search.find({ companyId, query: words })).items.length
      expect(await foundBy('café')).toBe(3)
      expect(await foundBy('otherwise')).toBe(index === 1 ? 3 : 0)
    }
    // Of several that change the same task each is done, at a version of its own; one that expects another version is refused for itself.
    const { version } = await engine.tasks.get({ taskId: together.id })
    const titles = ['First', 'Second', 'Third'].map((title) => engine.tasks.update({ taskId: together.id, title }))
    const [refused, ...done] = await Promise.all([errorOf(engine.tasks.update({ taskId: other.id, title: 'Late', version: 1 })), ...titles])
    expect(refused.code).toBe('version_conflict')
    expect(new Set(done.map((task) => task.version))).toEqual(new Set([version + 1, version + 2, version + 3]))
  },

  'calls of one moment are told to listeners with the places that they have in the log': async (world) => {
    const { engine } = world
    const { companyId, agentId, newTask } = await newCompany(world)
    const heard: { id: string; seq: number }[] = []
    const forget = (['task.created', 'task.assigned', 'task.claimed', 'run.started'] as const).map((type) =>
      engine.on(type, ({ id, seq }) => void heard.push({ id, seq })),
    )
    const tasks = await Promise.all(Array.from({ length: 5 }, () => newTask()))
    await Promise.all(tasks.map((task) => engine.tasks.checkout({ taskId: task.id, agentId })))
    for (const stop of forget) stop()
    expect(heard).toHaveLength(20)
    const log = await logOf(world, companyId)
    for (const { id, seq } of heard) expect(log.find((event) => event.id === id)?.seq).toBe(seq)
  },

  'calls of one moment number their tasks without gaps or repeats': async (world) => {
    const { newTask } = await newCompany(world)
    const tasks = await Promise.all(Array.from({ length: 40 }, (_, index) => newTask({ title: `Task ${index}` })))
    expect(numbersOf(tasks)).toEqual(tasks.map((_, index) => index + 1))
  },

  'calls of one moment in several companies do not meet': async (world) => {
    const { engine } = world
    const companies = [await newCompany(world), await newCompany(world), await newCompany(world)]
    const rounds = Array.from({ length: 10 }, (_, round) => companies.map(({ newTask }) => newTask({ title: `Task ${round}` })))
    const tasks = await Promise.all(rounds.flat())
    for (const [index, { companyId }] of companies.entries()) {
      const own = tasks.filter((_, at) => at % companies.length === index)
      expect(own.map((task) => task.companyId)).toEqual(own.map(() => companyId))
      expect(numbersOf(own)).toEqual(own.map((_, at) => at + 1))
      expect((await engine.tasks.list({ companyId, limit: 100 })).items).toHaveLength(10)
    }
  },

  'companies that are founded at the same moment get prefixes of their own': async (world) => {
    const { engine } = world
    const founded = await Promise.all(Array.from({ length: 6 }, () => engine.companies.create({ name: 'Founded' })))
    expect(new Set(founded.map((company) => company.taskPrefix)).size).toBe(6)
  },

  'a call among others has no effect in a company that its actor may not act in, and is answered as if alone': async (world) => {
    const { engine } = world
    const { companyId, agentId, newTask } = await newCompany(world)
    const theirs = await newCompany(world)
    const task = await newTask()
    const stranger: UserActor = { kind: 'user', id: 'stranger', roles: { [theirs.companyId]: 'owner' } }
    const viewer: UserActor = { kind: 'user', id: 'viewer', roles: { [companyId]: 'viewer' } }
    const operator: UserActor = { kind: 'user', id: 'operator', roles: { '*': 'viewer', [companyId]: 'operator' } }
    const checkout = (actor: UserActor) => errorOf(engine.as(actor).tasks.checkout({ taskId: task.id, agentId }))
    const create = (actor: UserActor) => errorOf(engine.as(actor).tasks.create({ companyId, title: 'Mine?' }))
    const answers = await Promise.all([checkout(stranger), checkout(viewer), create(stranger), create(viewer)])
    expect(answers.map((answer) => answer.code)).toEqual(['not_found', 'forbidden', 'not_found', 'forbidden'])
    expect((await engine.tasks.list({ companyId })).items.map(({ id, status }) => [id, status])).toEqual([[task.id, 'todo']])
    expect((await engine.as(operator).tasks.checkout({ taskId: task.id, agentId })).task.status).toBe('in_progress')
  },

  'a call among others is refused for itself: the others go on': async (world) => {
    const { engine } = world
    const { companyId, agentId, newTask } = await newCompany(world)
    const goalId = '01890000-0000-7000-8000-000000000000'
    const created = await Promise.allSettled([newTask(), newTask({ goalId }), newTask()])
    expect(created.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(created[1]).toMatchObject({
      reason: { code: 'rule_violated', message: `goalId: there is no goal ${goalId} in this company.` },
    })
    const [open, ended] = [await newTask(), await newTask()]
    await engine.tasks.cancel({ taskId: ended.id })
    const [first, second, third] = await Promise.allSettled(
      [open, ended, open].map((task) => engine.tasks.checkout({ taskId: task.id, agentId })),
    )
    expect(first).toMatchObject({ status: 'fulfilled' })
    expect(second).toMatchObject({ reason: { code: 'illegal_transition' } })
    expect(third).toMatchObject({ reason: { code: 'checkout_conflict' } })
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(4)
  },

  'a call among others takes back runs that were queued for others, as a call of its own does': async (world) => {
    const { engine } = world
    const company = await newCompany(world)
    const ready = await company.hire({ executionMode: 'auto' })
    const task = await company.newTask({ assigneeAgentId: ready.id })
    await engine.tasks.assign({ taskId: task.id, agentId: null })
    const held = await engine.tasks.checkout({ taskId: task.id, agentId: company.agentId })
    const runs = await engine.runs.list({ companyId: company.companyId, taskId: task.id })
    expect(runs.items.map((run) => run.status).toSorted()).toEqual(['cancelled', 'running'])
    expect(held.task.assigneeAgentId).toBe(company.agentId)
  },

  'many tasks in one call are created or refused each for itself, with the events of single calls': async (world) => {
    const { engine } = world
    const { companyId, agentId, newTask } = await newCompany(world)
    const first = await newTask()
    const named = (number: number) => first.identifier.replace(/\d+$/, String(number))
    const many = await engine.tasks.createMany({
      companyId,
      tasks: [
        { title: 'Plain' },
        { title: 'Assigned', assigneeAgentId: agentId },
        { title: 'Lost', parentId: named(99) },
        { title: 'Child', parentId: named(2), blockedBy: [named(3)] },
      ],
    })
    expect(many.items.map((item) => item.status)).toEqual(['created', 'created', 'refused', 'created'])
    expect(many.items[2]).toMatchObject({
      error: { code: 'rule_violated', message: `parentId: there is no task ${named(99)} in this company.` },
    })
    const log = await logOf(world, companyId)
    const created = log.flatMap((event) => (event.type === 'task.created' ? [event.data.identifier] : []))
    expect(created).toEqual([1, 2, 3, 4].map(named))
    const alone = await newTask({ title: 'Plain' })
    const [plain] = many.items.flatMap((item) => (item.status === 'created' ? [item.task] : []))
    expect(await written(world, plain?.id ?? '')).toEqual(await written(world, alone.id))
  },

  'many tasks in one call are a hundred with the next hundred numbers, also beside others': async (world) => {
    const { engine } = world
    const { companyId, newTask } = await newCompany(world)
    const hundred = engine.tasks.createMany({
      companyId,
      tasks: Array.from({ length: 100 }, (_, index) => ({ title: `Plain ${index}` })),
    })
    const [many, ...single] = await Promise.all([hundred, newTask(), newTask()])
    const together = many.items.flatMap((item) => (item.status === 'created' ? [item.task] : []))
    expect(together.map((task) => task.title)).toEqual(together.map((_, index) => `Plain ${index}`))
    expect(numbersOf([...together, ...single])).toEqual(Array.from({ length: 102 }, (_, index) => index + 1))
  },
})

function numbersOf(tasks: readonly { readonly identifier: string }[]): number[] {
  return tasks.map((task) => Number(task.identifier.split('-')[1])).toSorted((left, right) => left - right)
}

/** Everything that calls wrote about a task, without what differs from call to call. */
async function written({ watch }: World, taskId: string): Promise<unknown> {
  const about = { tasks: 'id', runs: 'task_id', leases: 'task_id', events: 'entity_id' }
  const found: Record<string, unknown> = {}
  for (const [table, column] of Object.entries(about)) {
    const rows = await watch.query(`select * from ${watch.table(table)} where ${column} = ?`, [taskId])
    found[table] = rows.map(shape).toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
  }
  return found
}

/** A value with the names of its members in order, and without those that differ from call to call. */
function shape(value: unknown): unknown {
  if (typeof value === 'string' && /^[[{]/.test(value)) return shape(JSON.parse(value))
  if (Array.isArray(value)) return value.map(shape)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, different.test(name) ? member === null : shape(member)]))
}
