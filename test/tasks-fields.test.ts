import { describe, expect, it, onTestFinished } from 'vitest'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s, a task', (family) => {
  async function open(): Promise<World> {
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    return world
  }

  it('says when it is due, what it is billed to and who made it', async () => {
    const { engine, companyId, agentId } = await open()
    const board = engine.as({ kind: 'user', id: 'ann', roles: { [companyId]: 'operator' } })
    const day = await board.tasks.create({ companyId, title: 'A', dueDate: '2026-03-31', billingCode: 'X-1' })
    expect(day).toMatchObject({ dueDate: '2026-03-31T23:59:59.999Z', billingCode: 'X-1', createdBy: { kind: 'user', id: 'ann' } })
    expect(day).toMatchObject({ origin: 'manual', requestDepth: 0, labels: [], heldByTaskId: null, overdueAt: null, projectId: null })
    expect(await engine.tasks.get({ taskId: day.id })).toEqual(day)
    const moment = await engine.tasks.create({ companyId, title: 'B', dueDate: '2026-03-31T10:00:00+02:00', assigneeAgentId: agentId })
    expect(moment).toMatchObject({ dueDate: '2026-03-31T08:00:00.000Z', createdBy: { kind: 'system', id: 'system' } })
    expect(await engine.tasks.update({ taskId: day.id, dueDate: null })).toMatchObject({ dueDate: null, billingCode: 'X-1' })
    for (const dueDate of ['2026-02-30', 'tomorrow', '2026-03-31T10:00:00'])
      expect(await errorOf(engine.tasks.create({ companyId, title: 'C', dueDate }))).toMatchObject({ code: 'invalid_input' })
  })

  it('is due in a year that every database keeps, also when a package says it', async () => {
    const { engine, companyId } = await open()
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'A', dueDate: '9999-12-31' })
    // The last two are of another year in UTC.
    for (const dueDate of ['0000-06-01', '0000-06-01T00:00:00Z', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00']) {
      expect(await errorOf(engine.tasks.update({ taskId, dueDate })), dueDate).toMatchObject({ code: 'invalid_input' })
      expect(await errorOf(engine.tasks.create({ companyId, title: 'B', dueDate })), dueDate).toMatchObject({ code: 'invalid_input' })
    }
    expect(await engine.tasks.get({ taskId })).toMatchObject({ dueDate: '9999-12-31T23:59:59.999Z' })
    const files = [
      { path: 'COMPANY.md', content: '---\nschema: engine.company/v1\nname: Old\n---\n' },
      { path: 'tasks/first/TASK.md', content: "---\ntitle: First\ndueDate: '0000-06-01T00:00:00.000Z'\n---\n" },
    ]
    expect(await errorOf(engine.companies.previewImport({ files }))).toMatchObject({ message: expect.stringContaining('dueDate') })
  })

  it('is of the project of its parent, or of its sprint, unless another one is named', async () => {
    const { engine, companyId } = await open()
    const [site, app] = [
      await engine.projects.create({ companyId, name: 'Site' }),
      await engine.projects.create({ companyId, name: 'App' }),
    ]
    const sprint = await engine.sprints.create({ companyId, name: 'One', projectId: app.id })
    const parent = await engine.tasks.create({ companyId, title: 'Parent', projectId: site.id })
    expect(await engine.tasks.create({ companyId, title: 'Child', parentId: parent.id })).toMatchObject({
      projectId: site.id,
      requestDepth: 1,
    })
    expect(await engine.tasks.create({ companyId, title: 'Own', parentId: parent.id, projectId: null })).toMatchObject({ projectId: null })
    const planned = await engine.tasks.create({ companyId, title: 'Planned', sprintId: sprint.id })
    expect(planned).toMatchObject({ projectId: app.id, sprintId: sprint.id })
    const mixed = { companyId, title: 'Mixed', projectId: site.id, sprintId: sprint.id }
    expect(await errorOf(engine.tasks.create(mixed))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('another project'),
    })
    expect(await errorOf(engine.tasks.update({ taskId: planned.id, projectId: site.id }))).toMatchObject({ code: 'rule_violated' })
    expect(await engine.tasks.update({ taskId: planned.id, sprintId: null, projectId: site.id })).toMatchObject({
      projectId: site.id,
      sprintId: null,
    })
    const elsewhere = await engine.companies.create({ name: 'Elsewhere' })
    const theirs = await engine.projects.create({ companyId: elsewhere.id, name: 'Theirs' })
    expect(await errorOf(engine.tasks.create({ companyId, title: 'X', projectId: theirs.id }))).toMatchObject({ code: 'rule_violated' })
  })

  it('says where it comes from, which nobody writes, and is listed by it', async () => {
    const { engine, companyId } = await open()
    const task = await engine.tasks.create({ companyId, title: 'By hand' })
    expect(task.origin).toBe('manual')
    for (const origin of ['manual', 'routine']) {
      const wish: object = { origin }
      expect(await errorOf(engine.tasks.create({ companyId, title: 'x', ...wish }))).toMatchObject({ code: 'invalid_input' })
      expect(await errorOf(engine.tasks.update({ taskId: task.id, title: 'x', ...wish }))).toMatchObject({ code: 'invalid_input' })
    }
    const routine = await engine.routines.create({ companyId, name: 'Weekly', task: { title: 'Look' } })
    await engine.routines.fire({ routineId: routine.id })
    const listed = async (origin: 'manual' | 'routine' | 'interaction', more: object = {}) =>
      (await engine.tasks.list({ companyId, origin, ...more })).items.map((item) => item.title)
    for (const more of [{}, { status: 'todo,backlog' }, { priority: 'medium,low' }]) {
      expect(await listed('manual', more)).toEqual(['By hand'])
      expect(await listed('routine', more)).toEqual(['Look'])
      expect(await listed('interaction', more)).toEqual([])
    }
  })

  it('has labels, by their ids or their names', async () => {
    const { engine, companyId, agentId } = await open()
    const [bug, urgent] = [
      await engine.labels.create({ companyId, name: 'Bug', color: '#ff0000' }),
      await engine.labels.create({ companyId, name: 'Urgent' }),
    ]
    const task = await engine.tasks.create({ companyId, title: 'A', labels: ['bug', urgent.id, 'Bug'] })
    const shown = [
      { id: bug.id, name: 'Bug', color: '#ff0000' },
      { id: urgent.id, name: 'Urgent', color: null },
    ]
    expect(task.labels).toEqual(shown)
    expect((await engine.tasks.get({ taskId: task.id })).labels).toEqual(shown)
    expect((await engine.tasks.list({ companyId, labelId: bug.id })).items.map((item) => item.labels)).toEqual([shown])
    expect((await engine.tasks.checkout({ taskId: task.id, agentId })).task.labels).toEqual(shown)
    expect((await engine.tasks.update({ taskId: task.id, labels: ['Urgent'] })).labels).toEqual([shown[1]])
    expect((await engine.tasks.list({ companyId, labelId: bug.id })).items).toEqual([])
    expect((await engine.tasks.update({ taskId: task.id, labels: [] })).labels).toEqual([])
    expect(await errorOf(engine.tasks.create({ companyId, title: 'B', labels: ['missing'] }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('missing'),
    })
  })

  it('is at most eight requests down, wherever it is moved', async () => {
    const { engine, companyId } = await open()
    let parentId = (await engine.tasks.create({ companyId, title: 'Top' })).id
    const chain = [parentId]
    for (let depth = 1; depth <= 8; depth += 1) {
      const task = await engine.tasks.create({ companyId, title: `Depth ${depth}`, parentId })
      expect(task.requestDepth).toBe(depth)
      chain.push((parentId = task.id))
    }
    expect(await errorOf(engine.tasks.create({ companyId, title: 'Too far', parentId }))).toMatchObject({ code: 'rule_violated' })
    const [top = '', one = '', two = ''] = chain
    const pair = await engine.tasks.create({ companyId, title: 'Pair' })
    const below = await engine.tasks.create({ companyId, title: 'Below it', parentId: pair.id })
    expect(await errorOf(engine.tasks.update({ taskId: pair.id, parentId: chain[7] ?? '' }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(engine.tasks.update({ taskId: top, parentId: two }))).toMatchObject({
      message: expect.stringContaining('below itself'),
    })
    await engine.tasks.update({ taskId: pair.id, parentId: one })
    expect(await engine.tasks.get({ taskId: below.id })).toMatchObject({ requestDepth: 3 })
    await engine.tasks.update({ taskId: two, parentId: null })
    expect((await engine.tasks.get({ taskId: parentId })).requestDepth).toBe(6)
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('has one assignee, an agent or a person, and a person works through the agent that stands for them', async () => {
    const { engine, companyId, agentId } = await open()
    const ann = await engine.members.add({ companyId, name: 'Ann', role: 'operator' })
    const { userId } = ann
    const both = { companyId, title: 'A', assigneeAgentId: agentId, assigneeUserId: userId }
    expect(await errorOf(engine.tasks.create(both))).toMatchObject({ code: 'rule_violated' })
    const task = await engine.tasks.create({ companyId, title: 'A', assigneeUserId: userId })
    expect(task).toMatchObject({ assigneeUserId: userId, assigneeAgentId: null })
    expect((await engine.tasks.list({ companyId, assigneeUserId: userId })).items).toHaveLength(1)
    const refused = await errorOf(engine.tasks.checkout({ taskId: task.id, agentId }))
    expect(refused).toMatchObject({ code: 'checkout_conflict', message: expect.stringContaining('assigned to Ann') })
    const { task: started, run } = await engine.tasks.checkout({ taskId: task.id })
    expect(started).toMatchObject({ assigneeUserId: userId, assigneeAgentId: null, checkout: { agentId: run.agentId } })
    expect(await engine.tasks.complete({ taskId: task.id })).toMatchObject({ status: 'done', assigneeUserId: userId })
    const other = await engine.tasks.create({ companyId, title: 'B', assigneeAgentId: agentId })
    expect(await engine.tasks.assign({ taskId: other.id, userId })).toMatchObject({ assigneeUserId: userId, assigneeAgentId: null })
    expect(await engine.tasks.assign({ taskId: other.id, agentId })).toMatchObject({ assigneeUserId: null, assigneeAgentId: agentId })
    expect(await engine.tasks.assign({ taskId: other.id, agentId: null })).toMatchObject({ assigneeUserId: null, assigneeAgentId: null })
    expect(await errorOf(engine.tasks.assign({ taskId: other.id }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(engine.tasks.assign({ taskId: other.id, agentId, userId }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(engine.tasks.assign({ taskId: other.id, userId: other.id }))).toMatchObject({ code: 'rule_violated' })
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('is listed by each of its fields, several statuses in one order, page by page', async () => {
    const { engine, companyId, agentId } = await open()
    const goal = await engine.goals.create({ companyId, title: 'Goal' })
    const wishes = Array.from({ length: 12 }, (_, index) => ({
      title: `Task ${index}`,
      status: index % 3 === 0 ? ('backlog' as const) : ('todo' as const),
      priority: (['critical', 'high', 'medium', 'low'] as const)[index % 4] ?? 'low',
      ...(index % 2 === 0 && { assigneeAgentId: agentId }),
      ...(index % 5 === 0 && { goalId: goal.id }),
    }))
    const made = await engine.tasks.createMany({ companyId, tasks: wishes })
    const all = made.items.flatMap((item) => (item.status === 'created' ? [item.task] : []))
    for (const task of all.slice(0, 3)) await engine.tasks.cancel({ taskId: task.id })
    const now = (await engine.tasks.list({ companyId })).items
    const pages = async (filter: object) => {
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await engine.tasks.list({ companyId, ...filter, limit: 2, ...(cursor !== undefined && { cursor }) })
        found.push(...page.items.map((task) => task.id))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      return found
    }
    const ids = (keeps: (task: (typeof now)[number]) => boolean) => now.filter(keeps).map((task) => task.id)
    expect(await pages({ status: ['todo', 'cancelled'] })).toEqual(ids((task) => task.status === 'todo' || task.status === 'cancelled'))
    expect(await pages({ status: 'backlog,todo' })).toEqual(ids((task) => task.status === 'backlog' || task.status === 'todo'))
    expect(await pages({ priority: 'critical' })).toEqual(ids((task) => task.priority === 'critical'))
    expect(await pages({ priority: ['low', 'high'] })).toEqual(ids((task) => task.priority === 'low' || task.priority === 'high'))
    expect(await pages({ goalId: goal.id, status: 'todo,backlog,cancelled' })).toEqual(ids((task) => task.goalId === goal.id))
    expect(await pages({ assigneeAgentId: agentId, priority: 'critical' })).toEqual(
      ids((task) => task.assigneeAgentId === agentId && task.priority === 'critical'),
    )
    expect(await errorOf(engine.tasks.list({ companyId, status: 'todo,nonsense' }))).toMatchObject({ code: 'invalid_input' })
  })
})
