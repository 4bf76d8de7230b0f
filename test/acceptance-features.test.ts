import { describe, expect, it, onTestFinished } from 'vitest'

import type { Actor, Api, Engine, UserActor } from '@engine/core'

import { board, createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  async function open(agentMode: 'auto' | 'manual' = 'manual') {
    const world = await createWorld({ storage: await newStorage(database), agentMode })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, adapter } = world
    const hire = (name: string, more: object = {}) =>
      engine.agents.create({ companyId, name, role: 'writer', adapterType: adapter.type, executionMode: 'manual', ...more })
    return { ...world, hire, people: engine.as(board) }
  }

  it('a person who is added has a human agent, who is given tasks and is never run', async () => {
    const { engine, adapter, companyId, people } = await open('auto')
    const member = await people.members.add({ companyId, name: 'Mia', email: 'Mia@example.com', role: 'operator' })
    expect(await engine.agents.get({ agentId: member.agentId })).toMatchObject({ name: 'Mia', executionMode: 'human', status: 'idle' })
    await engine.start()
    const task = await people.tasks.create({ companyId, title: 'Call them', assigneeUserId: member.userId })
    expect(task).toMatchObject({ assigneeUserId: member.userId, assigneeAgentId: null })
    const other = await people.tasks.create({ companyId, title: 'Write to them', requiredCapabilities: [] })
    expect((await engine.runs.list({ companyId, taskId: task.id })).items).toEqual([])

    const mia: UserActor = { kind: 'user', id: member.userId, roles: { [companyId]: 'operator' } }
    const { key } = await engine.as(mia).keys.createOwn({ companyId, name: 'laptop' })
    const asMia = await actingWith(engine, key)
    await asMia.tasks.update({ taskId: other.id, title: 'Write to them soon' })
    expect((await asMia.tasks.list({ companyId, assigneeUserId: member.userId })).items.map(({ id }) => id)).toEqual([task.id])

    await people.members.update({ memberId: member.id, name: 'Mia Moon' })
    expect((await engine.agents.get({ agentId: member.agentId })).name).toBe('Mia Moon')
    await people.members.disable({ memberId: member.id })
    expect(await engine.agents.get({ agentId: member.agentId })).toMatchObject({ status: 'paused', pauseReason: 'system' })
    expect(await engine.authenticate(key)).toBeNull()
    await people.members.enable({ memberId: member.id })
    expect((await engine.agents.get({ agentId: member.agentId })).status).toBe('idle')
    await people.members.remove({ memberId: member.id })
    expect((await engine.agents.get({ agentId: member.agentId })).status).toBe('terminated')
    expect(await engine.authenticate(key)).toBeNull()
    expect((await engine.tasks.get({ taskId: task.id })).assigneeUserId).toBeNull()
    expect(adapter.turns).toEqual([])
  })

  it('an invited person acts with a key of their own, in that company and as far as their role goes', async () => {
    const { engine, companyId, people } = await open()
    const elsewhere = await engine.companies.create({ name: 'Beta' })
    const invitation = await people.invites.create({ companyId, role: 'reviewer' })
    const accepted = await engine.invites.accept({ token: invitation.key, name: 'Noa' })
    expect(accepted).toMatchObject({ member: { name: 'Noa', role: 'reviewer' }, key: expect.stringMatching(/^eng_user_/) })
    expect(await errorOf(engine.invites.accept({ token: invitation.key, name: 'Eve' }))).toMatchObject({ kind: 'conflict' })
    const noa = await actingWith(engine, accepted.key)
    const task = await people.tasks.create({ companyId, title: 'Read' })
    await noa.comments.create({ taskId: task.id, body: 'Read it.' })
    expect(await errorOf(noa.tasks.create({ companyId, title: 'More' }))).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(noa.companies.get({ companyId: elsewhere.id }))).toMatchObject({ code: 'not_found' })
    // The role counts at each call, not the one of when the key was made.
    await people.members.update({ memberId: accepted.member.id, role: 'operator' })
    expect(await (await actingWith(engine, accepted.key)).tasks.create({ companyId, title: 'More' })).toMatchObject({ title: 'More' })
  })

  it('an agent has a key that is limited to what it needs', async () => {
    const { engine, companyId, agentId, people } = await open()
    const { key } = await people.keys.create({ agentId, name: 'reader', scopes: ['tasks:read'] })
    const reader = await actingWith(engine, key)
    const task = await people.tasks.create({ companyId, title: 'Read' })
    expect((await reader.tasks.get({ taskId: task.id })).title).toBe('Read')
    for (const attempt of [
      () => reader.tasks.checkout({ taskId: task.id }),
      () => reader.comments.create({ taskId: task.id, body: 'no' }),
      () => reader.tasks.create({ companyId, title: 'no' }),
    ])
      expect(await errorOf(attempt())).toMatchObject({ code: 'forbidden' })
  })

  it('an agent shows its profile, its place in the tree, and how it does', async () => {
    const { engine, companyId, agentId, people, hire } = await open()
    const profile = {
      title: 'Writer of reports',
      icon: 'pen',
      capabilities: ['write'],
      specializations: ['finance'],
      tags: ['night'],
      maxConcurrentTasks: 2,
      reportsTo: agentId,
    }
    const bob = await hire('Bob', profile)
    expect(await engine.agents.get({ agentId: bob.id })).toMatchObject(profile)
    expect(await org(engine, companyId)).toEqual([['Ada', ['Bob']]])
    for (const [title, decision] of [
      ['One', 'approved'],
      ['Two', 'rejected'],
    ] as const) {
      const task = await people.tasks.create({ companyId, title, assigneeAgentId: bob.id })
      await people.tasks.checkout({ taskId: task.id })
      const { id: deliverableId } = await people.deliverables.submit({ taskId: task.id, title, content: 'x' })
      await people.deliverables.review({ deliverableId, decision })
    }
    expect(await engine.agents.metrics({ agentId: bob.id })).toMatchObject({
      tasks: { done: 1 },
      deliverables: { submitted: 2, approved: 1, rejected: 1 },
      approvalRate: 0.5,
      firstPassRate: 0.5,
    })
  })

  it('tasks go to whom the rules name, and a dry run says the same beforehand', async () => {
    const { engine, companyId, people, hire } = await open()
    const [writer, painter] = [await hire('Wim', { capabilities: ['write'] }), await hire('Pia', { capabilities: ['paint'] })]
    await people.routing.create({ companyId, name: 'Urgent', conditions: { priority: 'critical' }, targetAgentId: writer.id })
    await people.routing.create({ companyId, name: 'Pictures', conditions: { tagsAny: ['picture'] }, targetCapability: 'paint' })
    const cases = [
      [{ priority: 'critical', tags: ['picture'] }, writer.id],
      [{ priority: 'low', tags: ['picture'] }, painter.id],
      [{ priority: 'low', tags: ['song'] }, null],
    ] as const
    for (const [about, agentId] of cases) {
      const wish = { ...about, tags: [...about.tags] }
      const decided = await people.routing.dryRun({ companyId, task: wish })
      expect(decided).toMatchObject({ agentId, reason: expect.stringMatching(/./) })
      expect((await people.tasks.create({ companyId, title: 'Do', ...wish })).assigneeAgentId).toBe(agentId)
    }
    const failed = (await engine.events.list({ companyId, limit: 100 })).items.filter(({ type }) => type === 'task.routing_failed')
    expect(failed).toHaveLength(1)
  })

  it('up to a hundred tasks are created, changed and deleted at once, each for itself and with its own event', async () => {
    const { engine, companyId, people } = await open()
    const wishes = Array.from({ length: 100 }, (_, index) => ({ title: `Task ${index}` }))
    const created = await people.tasks.createMany({ companyId, tasks: wishes })
    const ids = created.items.flatMap((item) => (item.status === 'created' ? [item.task.id] : []))
    expect(ids).toHaveLength(100)
    expect(await errorOf(people.tasks.createMany({ companyId, tasks: [...wishes, { title: 'One too many' }] }))).toMatchObject({
      code: 'invalid_input',
    })
    const [first = '', second = '', third = ''] = ids
    const changed = await people.tasks.updateMany({
      companyId,
      tasks: [
        { taskId: first, title: 'New' },
        { taskId: second, status: 'done' },
        { taskId: third, priority: 'low' },
      ],
    })
    expect(changed.items.map(({ status }) => status)).toEqual(['updated', 'refused', 'updated'])
    expect(await engine.tasks.get({ taskId: second })).toMatchObject({ status: 'todo', version: 1 })
    const before = (await engine.events.company({ companyId, limit: 1 })).items[0]?.seq ?? 0
    const deleted = await people.tasks.deleteMany({ companyId, taskIds: ids.slice(0, 99) })
    expect(deleted.items.map(({ status }) => status)).toEqual(Array.from({ length: 99 }, () => 'deleted'))
    expect((await engine.tasks.list({ companyId })).items.map(({ id }) => id)).toEqual(ids.slice(99))
    expect(await errorOf(engine.tasks.get({ taskId: first }))).toMatchObject({ code: 'not_found' })
    const events = []
    for (const after of [before, before + 100]) events.push(...(await engine.events.list({ companyId, after, limit: 100 })).items)
    expect(events.filter(({ type }) => type === 'task.deleted').map(({ entity }) => entity.id)).toEqual(ids.slice(0, 99))
  })

  it('people and agents talk in threads about a task and about what was handed in', async () => {
    const { engine, companyId, agentId, people } = await open()
    const task = await people.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const run = await runOf(engine, task.id)
    const question = await people.comments.create({ taskId: task.id, body: 'How far?' })
    const answer = await run.comments.create({ taskId: task.id, body: 'Nearly.', parentId: question.id })
    expect((await engine.comments.list({ taskId: task.id })).items).toMatchObject([
      { id: question.id, author: { kind: 'user', id: 'board' } },
      { id: answer.id, parentId: question.id, author: { kind: 'agent', id: agentId } },
    ])
    const { id: deliverableId } = await run.deliverables.submit({ taskId: task.id, title: 'Text', content: 'x' })
    const remark = await people.comments.createOnDeliverable({ deliverableId, body: 'Page two?' })
    expect(remark).toMatchObject({ deliverableId, taskId: task.id })
    const around = (await engine.events.task({ taskId: task.id, limit: 100 })).items.map(({ type }) => type)
    expect(around).toEqual(expect.arrayContaining(['task.created', 'task.claimed', 'comment.created', 'deliverable.submitted']))
  })

  it('progress is logged with its percentage, message and details', async () => {
    const { engine, companyId, agentId, people } = await open()
    const task = await people.tasks.create({ companyId, title: 'Count', assigneeAgentId: agentId })
    const run = await runOf(engine, task.id)
    await run.tasks.progress({ taskId: task.id, percent: 30, message: 'a third', details: { pages: [1, 2], ok: true } })
    expect((await engine.tasks.get({ taskId: task.id })).progress).toEqual({ percent: 30, message: 'a third' })
    const logged = (await engine.events.task({ taskId: task.id, limit: 100 })).items.find(({ type }) => type === 'task.progress_updated')
    expect(logged?.data).toEqual({ percent: 30, message: 'a third', details: { pages: [1, 2], ok: true } })
  })

  it('a plan is written, revised by who read it, and found by its words', async () => {
    const { engine, companyId, people } = await open()
    const task = await people.tasks.create({ companyId, title: 'Move the office' })
    const at = { taskId: task.id, key: 'plan', title: 'Plan' }
    await people.documents.put({ ...at, body: 'Rent a lorry.' })
    await people.documents.put({ ...at, body: 'Rent a zeppelin.', baseRevision: 1 })
    expect(await errorOf(people.documents.put({ ...at, body: 'Rent a bike.', baseRevision: 1 }))).toMatchObject({ kind: 'conflict' })
    expect(await engine.documents.get({ taskId: task.id, key: 'plan' })).toMatchObject({ revision: 2, body: 'Rent a zeppelin.' })
    const found = async (query: string) => (await engine.search.find({ companyId, query })).items.map(({ type }) => type)
    expect(await found('zepp')).toEqual(['document'])
    expect(await found('office move')).toEqual(['task'])
    expect(await found(task.identifier)).toEqual(['task'])
    expect(await found('lorry')).toEqual([])
  })

  it('the board stops a piece of work with all that is below it, and lets it go on', async () => {
    const { engine, companyId, agentId, people } = await open()
    const root = await people.tasks.create({ companyId, title: 'Root' })
    const child = await people.tasks.create({ companyId, title: 'Child', parentId: root.id, assigneeAgentId: agentId })
    const run = await runOf(engine, child.id)
    await people.tasks.pauseSubtree({ taskId: root.id, reason: 'budget talks' })
    expect(await errorOf(run.tasks.progress({ taskId: child.id, percent: 1 }))).toMatchObject({ code: 'lease_lost' })
    expect(await errorOf(people.tasks.checkout({ taskId: child.id }))).toMatchObject({ code: 'task_held' })
    await people.tasks.resumeSubtree({ taskId: root.id })
    await people.tasks.checkout({ taskId: child.id })
    await people.tasks.forceRelease({ taskId: child.id, reason: 'it hangs', clearAssignee: true })
    expect(await engine.tasks.get({ taskId: child.id })).toMatchObject({ status: 'todo', assigneeAgentId: null, checkout: null })
    await people.tasks.cancelSubtree({ taskId: root.id })
    for (const taskId of [root.id, child.id]) expect((await engine.tasks.get({ taskId })).status).toBe('cancelled')
  })

  it('an agent that is called for its next task gets the most urgent one that it can do', async () => {
    const { engine, companyId, people, hire } = await open()
    const bob = await hire('Bob', { capabilities: ['write'], maxConcurrentRuns: 3 })
    await people.tasks.create({ companyId, title: 'Not for Bob', priority: 'critical', requiredCapabilities: ['fly'] })
    const pool = await people.tasks.create({ companyId, title: 'Of the pool', priority: 'critical' })
    const own = await people.tasks.create({ companyId, title: 'His own', priority: 'low', assigneeAgentId: bob.id })
    const asBob = engine.as({ kind: 'agent', id: bob.id, companyId })
    const took = []
    for (let call = 0; call < 3; call += 1) took.push((await asBob.tasks.next({})).task?.id ?? null)
    expect(took).toEqual([own.id, pool.id, null])
    expect((await asBob.tasks.mine({})).items.map(({ id }) => id).toSorted()).toEqual([own.id, pool.id].toSorted())
    expect((await asBob.tasks.inbox({})).items.map(({ reason }) => reason)).toEqual(['in_progress', 'in_progress'])
  })

  it('people see the list that they filter for', async () => {
    const { companyId, agentId, people } = await open()
    const label = await people.labels.create({ companyId, name: 'Urgent', color: '#ff0000' })
    const project = await people.projects.create({ companyId, name: 'Move' })
    const sprint = await people.sprints.create({ companyId, name: 'Week 1', startsOn: '2030-01-07', endsOn: '2030-01-11' })
    const parent = await people.tasks.create({ companyId, title: 'Parent', status: 'backlog' })
    const made = {
      assigneeAgentId: { assigneeAgentId: agentId },
      projectId: { projectId: project.id },
      sprintId: { sprintId: sprint.id },
      parentId: { parentId: parent.id },
      priority: { priority: 'critical' as const },
    }
    for (const [name, more] of Object.entries(made)) {
      const task = await people.tasks.create({ companyId, title: name, ...more })
      expect([name, (await people.tasks.list({ companyId, ...more })).items.map(({ id }) => id)]).toEqual([name, [task.id]])
    }
    const labelled = await people.tasks.create({ companyId, title: 'Labelled', labels: ['urgent'] })
    expect((await people.tasks.list({ companyId, labelId: label.id })).items.map(({ id }) => id)).toEqual([labelled.id])
    expect((await people.tasks.list({ companyId, status: ['backlog'] })).items.map(({ id }) => id)).toEqual([parent.id])
  })

  it('a sprint shows how far its tasks are, and says what it left open', async () => {
    const { engine, companyId, people } = await open()
    const sprint = await people.sprints.create({ companyId, name: 'Week 1', startsOn: '2030-01-07', endsOn: '2030-01-11' })
    const ids = []
    for (const title of ['One', 'Two', 'Three']) ids.push((await people.tasks.create({ companyId, title, sprintId: sprint.id })).id)
    await people.tasks.checkout({ taskId: ids[0] ?? '', agentId: (await engine.agents.list({ companyId })).items[0]?.id ?? '' })
    await people.tasks.complete({ taskId: ids[0] ?? '' })
    expect(await people.sprints.progress({ sprintId: sprint.id })).toMatchObject({ total: 3, done: 1, byStatus: { todo: 2, done: 1 } })
    await people.sprints.update({ sprintId: sprint.id, status: 'active' })
    await people.sprints.update({ sprintId: sprint.id, status: 'completed' })
    const log = (await engine.events.list({ companyId, limit: 100 })).items
    const closed = log.findLast(({ type }) => type === 'sprint.status_changed')
    expect(closed?.data).toEqual({ projectId: null, from: 'active', to: 'completed', openTasks: 2 })
  })

  it('a task waits for another one, and goes on when that ends', async () => {
    const { engine, adapter, companyId, agentId, people } = await open('auto')
    const first = await people.tasks.create({ companyId, title: 'First', assigneeAgentId: agentId })
    const second = await people.tasks.create({ companyId, title: 'Second', assigneeAgentId: agentId, blockedBy: [first.id] })
    await engine.start()
    await until(
      () => engine.tasks.get({ taskId: second.id }),
      (task) => task.status === 'done',
    )
    expect(adapter.turns.map(({ context }) => context.task.title)).toEqual(['First', 'Second'])
  })
})

/** The org tree as names. */
async function org(engine: Engine, companyId: string) {
  const { agents } = await engine.agents.tree({ companyId })
  return agents.map(({ name, reports }) => [name, reports.map((report) => report.name)])
}

async function actingWith(engine: Engine, key: string): Promise<Api> {
  const actor: Actor | null = await engine.authenticate(key)
  if (!actor) throw new Error('the key is unknown')
  return engine.as(actor)
}

/** What the run of a new checkout may do. */
async function runOf(engine: Engine, taskId: string): Promise<Api> {
  const { credential } = await engine.tasks.checkout({ taskId })
  return actingWith(engine, credential ?? '')
}
