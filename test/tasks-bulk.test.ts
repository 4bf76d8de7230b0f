import { describe, expect, it, onTestFinished } from 'vitest'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s', (family) => {
  async function open(): Promise<World> {
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    return world
  }

  async function eventsOf({ engine, companyId }: World, taskId: string) {
    const { items } = await engine.events.list({ companyId, limit: 100 })
    return items.filter((event) => event.entity.id === taskId).map((event) => event.type)
  }

  it('several tasks are changed each for itself, with the events of a single change', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const create = (title: string) => engine.tasks.create({ companyId, title })
    const [one, two, ended, live] = [await create('One'), await create('Two'), await create('Ended'), await create('Live')]
    await engine.tasks.cancel({ taskId: ended.id })
    await engine.tasks.checkout({ taskId: live.id, agentId })
    const elsewhere = await engine.companies.create({ name: 'Elsewhere' })
    const theirs = await engine.tasks.create({ companyId: elsewhere.id, title: 'Theirs' })
    const { items } = await engine.tasks.updateMany({
      companyId,
      tasks: [
        { taskId: one.identifier, title: 'First', priority: 'high' },
        { taskId: two.id, title: 'Written?', status: 'done' },
        { taskId: two.id, title: 'Written?', blockedBy: [two.id] },
        { taskId: ended.id, title: 'x' },
        { taskId: live.id, title: 'x', version: 1 },
        { taskId: theirs.id, title: 'x' },
        { taskId: two.id, goalId: '01890000-0000-7000-8000-000000000000' },
        { taskId: two.id },
        { taskId: two.id, status: 'backlog' },
      ],
    })
    expect(items.map((item) => (item.status === 'refused' ? [item.taskId, item.error.code] : item.task.title))).toEqual([
      'First',
      [two.id, 'illegal_transition'],
      [two.id, 'rule_violated'],
      [ended.id, 'rule_violated'],
      [live.id, 'version_conflict'],
      [theirs.id, 'not_found'],
      [two.id, 'rule_violated'],
      [two.id, 'invalid_input'],
      'Two',
    ])
    expect(await engine.tasks.get({ taskId: two.id })).toMatchObject({ title: 'Two', status: 'backlog', version: 2 })
    expect(await eventsOf(world, two.id)).toEqual(['task.created', 'task.status_changed'])
    expect(await eventsOf(world, one.id)).toEqual(['task.created', 'task.updated'])
    const allRefused = await engine.tasks.updateMany({ companyId, tasks: [{ taskId: ended.id, title: 'x' }] })
    expect(allRefused.items).toMatchObject([{ status: 'refused' }])
    const viewer = engine.as({ kind: 'user', id: 'v', roles: { [companyId]: 'viewer' } })
    expect(await errorOf(viewer.tasks.updateMany({ companyId, tasks: [{ taskId: one.id, title: 'x' }] }))).toMatchObject({
      code: 'forbidden',
    })
    const tooMany = Array.from({ length: 101 }, () => ({ taskId: one.id, title: 'x' }))
    for (const refused of [
      engine.tasks.updateMany({ companyId, tasks: tooMany }),
      engine.tasks.createMany({ companyId, tasks: tooMany.map(({ title }) => ({ title })) }),
      engine.tasks.deleteMany({ companyId, taskIds: tooMany.map(({ taskId }) => taskId) }),
    ])
      expect(await errorOf(refused)).toMatchObject({ code: 'invalid_input' })
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('a deleted task is found by nobody, and its identifier is never given again', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const before = (await engine.companies.dashboard({ companyId })).tasks
    const waits = await engine.tasks.create({ companyId, title: 'Waits', assigneeAgentId: agentId })
    const task = await engine.tasks.create({ companyId, title: 'Gone', labels: [] })
    await engine.tasks.update({ taskId: waits.id, blockedBy: [task.id] })
    expect(await engine.tasks.delete({ taskId: task.identifier })).toMatchObject({ id: task.id, identifier: task.identifier })
    for (const taskId of [task.id, task.identifier]) {
      const about = { code: 'not_found' }
      expect(await errorOf(engine.tasks.get({ taskId }))).toMatchObject(about)
      expect(await errorOf(engine.tasks.delete({ taskId }))).toMatchObject(about)
      expect(await errorOf(engine.tasks.update({ taskId, title: 'x' }))).toMatchObject(about)
      expect(await errorOf(engine.comments.create({ taskId, body: 'x' }))).toMatchObject(about)
      expect(await errorOf(engine.tasks.checkout({ taskId, agentId }))).toMatchObject(about)
    }
    const refused = { code: 'rule_violated' }
    expect(await errorOf(engine.tasks.create({ companyId, title: 'x', parentId: task.id }))).toMatchObject(refused)
    expect(await errorOf(engine.tasks.create({ companyId, title: 'x', blockedBy: [task.id] }))).toMatchObject(refused)
    expect((await engine.tasks.list({ companyId })).items.map((item) => item.id)).toEqual([waits.id])
    expect((await engine.tasks.list({ companyId, status: 'cancelled' })).items).toEqual([])
    expect((await engine.companies.dashboard({ companyId })).tasks).toEqual({ ...before, todo: before.todo + 1 })
    expect(await eventsOf(world, task.id)).toEqual(['task.created', 'task.status_changed', 'task.deleted'])
    // Nothing is in its way any more.
    await engine.tasks.checkout({ taskId: waits.id, agentId })
    expect((await engine.tasks.create({ companyId, title: 'Next' })).identifier).not.toBe(task.identifier)
    expect((await engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])
  })

  it('a task is not deleted while somebody works on it or open tasks are below it', async () => {
    const { engine, companyId, agentId } = await open()
    const parent = await engine.tasks.create({ companyId, title: 'Parent' })
    const middle = await engine.tasks.create({ companyId, title: 'Middle', parentId: parent.id })
    const low = await engine.tasks.create({ companyId, title: 'Low', parentId: middle.id })
    await engine.tasks.cancel({ taskId: middle.id })
    expect(await errorOf(engine.tasks.delete({ taskId: parent.id }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining(low.identifier),
    })
    await engine.tasks.checkout({ taskId: low.id, agentId })
    expect(await errorOf(engine.tasks.delete({ taskId: low.id }))).toMatchObject({
      code: 'checkout_conflict',
      message: expect.stringContaining('forceRelease'),
    })
    await engine.tasks.complete({ taskId: low.id })
    const { items } = await engine.tasks.deleteMany({ companyId, taskIds: [parent.id, low.id, low.id, middle.id] })
    expect(items.map((item) => (item.status === 'refused' ? item.error.code : item.task.identifier))).toEqual([
      parent.identifier,
      low.identifier,
      'not_found',
      middle.identifier,
    ])
    expect(await engine.companies.dashboard({ companyId })).toMatchObject({ tasks: { todo: 0, done: 0, cancelled: 0 } })
    const viewer = engine.as({ kind: 'agent', id: agentId, companyId })
    const other = await engine.tasks.create({ companyId, title: 'Other' })
    expect(await errorOf(viewer.tasks.delete({ taskId: other.id }))).toMatchObject({ code: 'forbidden' })
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('the board takes a task back from the run that has it', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Stuck' })
    expect(await errorOf(engine.tasks.forceRelease({ taskId: task.id, reason: 'x' }))).toMatchObject({ code: 'rule_violated' })
    const { run, credential } = await engine.tasks.checkout({ taskId: task.id, agentId })
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the engine does not know the credential that it gave')
    expect(await errorOf(engine.as(actor).tasks.forceRelease({ taskId: task.id, reason: 'x' }))).toMatchObject({ code: 'forbidden' })
    const freed = await engine.tasks.forceRelease({ taskId: task.id, reason: 'silent for hours', clearAssignee: true })
    expect(freed).toMatchObject({ status: 'todo', checkout: null, assigneeAgentId: null })
    expect(await errorOf(engine.as(actor).tasks.progress({ taskId: task.id, percent: 5 }))).toMatchObject({ code: 'lease_lost' })
    const { items } = await engine.events.list({ companyId, limit: 100 })
    expect(items.find((event) => event.type === 'task.force_released')).toMatchObject({
      data: { runId: run.id, agentId, reason: 'silent for hours', isAssigneeCleared: true },
    })
    expect((await engine.runs.get({ runId: run.id })).status).toBe('cancelled')
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('a run does not complete what it submitted for review', async () => {
    const { engine, companyId, agentId } = await open()
    const task = await engine.tasks.create({ companyId, title: 'Reviewed' })
    const { run, credential } = await engine.tasks.checkout({ taskId: task.id, agentId })
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the engine does not know the credential that it gave')
    const mine = engine.as(actor)
    await mine.deliverables.submit({ taskId: task.id, title: 'Text', content: 'Words' })
    const refusal = await errorOf(mine.tasks.complete({ taskId: task.id }))
    expect(refusal).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('reviewer decides') })
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'in_review' })
    expect((await mine.runs.report({ runId: run.id, outcome: { kind: 'needs_review' } })).status).toBe('succeeded')
  })
})
