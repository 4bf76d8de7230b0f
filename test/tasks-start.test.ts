import { describe, expect, it, onTestFinished } from 'vitest'

import { createFakeClock } from '@engine/testing'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const day = 86_400_000

describe.each(['sqlite', 'postgres'])('on %s', (family) => {
  async function open(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual', ...options })
    onTestFinished(() => world.engine.stop())
    return world
  }

  const keyOf = ({ engine, companyId }: World, agentId: string) => engine.as({ kind: 'agent', id: agentId, companyId })

  async function hire({ engine, companyId }: World, name: string, more: object = {}) {
    return engine.agents.create({ companyId, name, role: 'writer', adapterType: 'scripted', executionMode: 'polling', ...more })
  }

  it('an agent has as many tasks under way as it may, and not one more', async () => {
    const world = await open()
    const { engine, companyId } = world
    const bob = await hire(world, 'Bob', { maxConcurrentTasks: 2 })
    const tasks = await Promise.all([1, 2, 3].map((number) => engine.tasks.create({ companyId, title: `Task ${number}` })))
    const answers = await Promise.allSettled(tasks.map(({ id }) => engine.tasks.checkout({ taskId: id, agentId: bob.id })))
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    expect(refused).toMatchObject([
      { code: 'agent_unavailable', message: expect.stringContaining('2 of 2 tasks'), details: { tasksUnderWay: 2, maxConcurrentTasks: 2 } },
    ])
    const [taken] = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.task] : []))
    const left = tasks.find((_, index) => answers[index]?.status === 'rejected')
    // What waits for a review is under way no more.
    await engine.deliverables.submit({ taskId: taken?.id ?? '', title: 'Text', content: 'Words' })
    await engine.tasks.checkout({ taskId: left?.id ?? '', agentId: bob.id })
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('the dispatcher starts no more than an agent may have under way', async () => {
    const world = await open({ agentMode: 'auto' })
    const { engine, companyId, agentId, adapter } = world
    await engine.agents.update({ agentId, maxConcurrentTasks: 1 })
    let mostAtOnce = 0
    engine.on('run.started', async () => {
      const { items } = await engine.tasks.list({ companyId, status: 'in_progress' })
      mostAtOnce = Math.max(mostAtOnce, items.length)
    })
    for (let number = 0; number < 4; number += 1)
      await engine.tasks.create({ companyId, title: `Task ${number}`, assigneeAgentId: agentId })
    await engine.start()
    await until(
      async () => (await engine.companies.dashboard({ companyId })).tasks.done,
      (done) => done === 4,
    )
    expect(mostAtOnce).toBeLessThanOrEqual(1)
    expect(adapter.type).toBe('scripted')
  })

  it('nothing starts before the strategy is approved where a company asks for that', async () => {
    const world = await open()
    const { engine } = world
    const { id: companyId } = await engine.companies.create({ name: 'Careful', requiresStrategyApproval: true })
    const agent = await hire({ ...world, companyId }, 'Root')
    const task = await engine.tasks.create({ companyId, title: 'Draft', assigneeAgentId: agent.id })
    expect(await errorOf(engine.tasks.checkout({ taskId: task.id, agentId: agent.id }))).toMatchObject({
      code: 'strategy_required',
      message: expect.stringContaining('strategy'),
    })
    expect(await errorOf(keyOf({ ...world, companyId }, agent.id).tasks.next())).toMatchObject({ code: 'strategy_required' })
  })

  it('an agent gets its own tasks first, then nobody’s that it is able for, the most urgent first', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const bob = await hire(world, 'Bob', { capabilities: ['write', 'draw'] })
    const create = (title: string, more: object = {}) => engine.tasks.create({ companyId, title, ...more })
    await create('For Ada', { assigneeAgentId: agentId, priority: 'critical' })
    const blocker = await create('Beyond Bob', { requiredCapabilities: ['dance'], priority: 'critical' })
    await create('Waits', { blockedBy: [blocker.id], priority: 'critical' })
    await create('Held', { priority: 'critical' }).then((task) => engine.tasks.pauseSubtree({ taskId: task.id }))
    await create('Later', { status: 'backlog', priority: 'critical' })
    const anybody = await create('Anybody', { priority: 'high' })
    const mine = await create('Mine', { assigneeAgentId: bob.id, priority: 'low' })
    const urgent = await create('Mine, urgent', { assigneeAgentId: bob.id, priority: 'high' })
    const api = keyOf(world, bob.id)
    const titles: (string | undefined)[] = []
    for (let call = 0; call < 4; call += 1) titles.push((await api.tasks.next()).task?.title)
    expect(titles).toEqual([urgent.title, mine.title, anybody.title, undefined])
    expect(await api.tasks.next()).toEqual({ task: null, run: null, credential: null })
    expect(await engine.tasks.get({ taskId: anybody.id })).toMatchObject({ status: 'in_progress', assigneeAgentId: bob.id })
    await engine.agents.pause({ agentId: bob.id })
    await create('One more', { assigneeAgentId: bob.id })
    expect(await errorOf(api.tasks.next())).toMatchObject({ code: 'agent_unavailable' })
  })

  it('the next task is never given to two', async () => {
    const world = await open()
    const { engine, companyId } = world
    const agents = [await hire(world, 'Bob'), await hire(world, 'Cid'), await hire(world, 'Dan')]
    await engine.tasks.createMany({ companyId, tasks: Array.from({ length: 12 }, (_, index) => ({ title: `Task ${index}` })) })
    const seen: string[] = []
    await Promise.all(
      agents.map(async ({ id }) => {
        for (let task = await keyOf(world, id).tasks.next(); task.task; task = await keyOf(world, id).tasks.next()) seen.push(task.task.id)
      }),
    )
    expect(new Set(seen).size).toBe(seen.length)
    const left = (await engine.tasks.list({ companyId, status: 'todo' })).items.length
    expect(seen.length + left).toBe(12)
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('an agent sees its tasks and what waits for it, and nobody else asks in its name', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const create = (title: string, more: object = {}) => engine.tasks.create({ companyId, title, assigneeAgentId: agentId, ...more })
    const [fresh, sentBack, live, held] = [await create('Fresh'), await create('Sent back'), await create('Live'), await create('Held')]
    const { run, credential } = await engine.tasks.checkout({ taskId: sentBack.id })
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the engine does not know the credential that it gave')
    const deliverable = await engine.as(actor).deliverables.submit({ taskId: sentBack.id, title: 'Text', content: 'Words' })
    await engine.deliverables.review({ deliverableId: deliverable.id, decision: 'revision_requested', feedback: 'Shorter' })
    await engine.tasks.checkout({ taskId: live.id })
    await engine.tasks.pauseSubtree({ taskId: held.id })
    const api = keyOf(world, agentId)
    expect((await api.tasks.inbox()).items.map((item) => [item.reason, item.task.title])).toEqual([
      ['in_progress', 'Live'],
      ['revision_requested', 'Sent back'],
      ['assigned', 'Fresh'],
    ])
    expect((await api.tasks.mine()).items.map((task) => task.id)).toEqual([fresh.id, sentBack.id, live.id, held.id])
    expect((await api.tasks.mine({ status: 'in_progress' })).items.map((task) => task.id)).toEqual([live.id])
    expect(run.agentId).toBe(agentId)
    const owner = engine.as({ kind: 'user', id: 'u', roles: { [companyId]: 'owner' } })
    for (const call of [() => owner.tasks.mine(), () => owner.tasks.inbox(), () => owner.tasks.next()])
      expect(await errorOf(call())).toMatchObject({ code: 'forbidden' })
  })

  it('an inbox has what was said to the agent and not answered, newest first', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const api = keyOf(world, agentId)
    const waiting = async () => (await api.tasks.inbox()).mentions.map(({ task, comment }) => [task.title, comment.body])
    const [mine, other, done, gone] = await Promise.all(
      ['Mine', 'Other', 'Done', 'Gone'].map((title) => engine.tasks.create({ companyId, title })),
    )
    if (!mine || !other || !done || !gone) throw new Error('there are four tasks')
    const say = (taskId: string, body: string) => engine.comments.create({ taskId, body, mentions: [agentId] })
    for (const task of [mine, other, done, gone]) await say(task.id, `about ${task.title}`)
    await engine.comments.create({ taskId: mine.id, body: 'to nobody' })
    await engine.tasks.cancel({ taskId: done.id })
    await engine.tasks.delete({ taskId: gone.id })
    expect(await waiting()).toEqual([
      ['Other', 'about Other'],
      ['Mine', 'about Mine'],
    ])
    await api.comments.create({ taskId: mine.id, body: 'Yes.' })
    expect(await waiting()).toEqual([['Other', 'about Other']])
    await say(mine.id, 'and now?')
    // Somebody else's answer is none, and what the agent says to itself asks nothing.
    await engine.comments.create({ taskId: other.id, body: 'I wonder, too.' })
    const colleague = await engine.agents.create({ companyId, name: 'Colleague', role: 'r', adapterType: world.adapter.type })
    await keyOf(world, colleague.id).comments.create({ taskId: other.id, body: 'So do I.' })
    expect(await waiting()).toEqual([
      ['Mine', 'and now?'],
      ['Other', 'about Other'],
    ])
    await api.comments.create({ taskId: other.id, body: 'A note', mentions: [agentId] })
    expect(await waiting()).toEqual([['Mine', 'and now?']])
    for (let index = 1; index <= 51; index += 1) await say(mine.id, `again ${index}`)
    const many = await waiting()
    expect([many.length, many[0]?.[1], many.at(-1)?.[1]]).toEqual([50, 'again 51', 'again 2'])
    const [first] = (await api.tasks.inbox()).mentions
    expect(first?.task).toEqual({ id: mine.id, identifier: mine.identifier, title: 'Mine', status: 'todo' })
  })

  it('who works on a task is told all about it', async () => {
    const { engine, companyId } = await open()
    const project = await engine.projects.create({ companyId, name: 'Site' })
    const task = await engine.tasks.create({ companyId, title: 'Parent', projectId: project.id })
    const child = await engine.tasks.create({ companyId, title: 'Child', parentId: task.id })
    await engine.comments.create({ taskId: task.id, body: 'Mind the margins.' })
    await engine.documents.put({ taskId: task.id, key: 'plan', title: 'Plan', body: 'First this, then that.' })
    expect(await engine.tasks.context({ taskId: task.identifier })).toMatchObject({
      task: { id: task.id, title: 'Parent' },
      project: { id: project.id, name: 'Site' },
      children: [{ id: child.id, status: 'todo' }],
      comments: [{ body: 'Mind the margins.' }],
      documents: [{ key: 'plan', title: 'Plan', revision: 1 }],
    })
  })

  it('a task that waits for others is told once, when the last of them ends', async () => {
    const world = await open({ agentMode: 'auto' })
    const { engine, companyId, agentId } = world
    const [first, second] = [await engine.tasks.create({ companyId, title: '1' }), await engine.tasks.create({ companyId, title: '2' })]
    const waits = await engine.tasks.create({ companyId, title: 'Waits', assigneeAgentId: agentId, blockedBy: [first.id, second.id] })
    expect(await errorOf(engine.tasks.update({ taskId: first.id, blockedBy: [waits.id] }))).toMatchObject({ code: 'rule_violated' })
    const queued = async () => (await engine.runs.list({ companyId, taskId: waits.id })).items.map((run) => run.wakeReasons)
    await engine.tasks.cancel({ taskId: first.id })
    expect(await queued()).toEqual([])
    await engine.tasks.delete({ taskId: second.id })
    expect(await queued()).toEqual([['blockers_resolved']])
  })

  it('a task is said to be overdue once for each due date', async () => {
    const clock = createFakeClock()
    const world = await open(family === 'sqlite' ? { clock } : {})
    const { engine, companyId } = world
    const past = new Date(clock.now() - day).toISOString()
    const late = await engine.tasks.create({ companyId, title: 'Late', dueDate: past })
    const done = await engine.tasks.create({ companyId, title: 'Done', dueDate: past })
    await engine.tasks.cancel({ taskId: done.id })
    await engine.tasks.create({ companyId, title: 'Later', dueDate: new Date(clock.now() + 365 * day).toISOString() })
    const mark = () =>
      engine.execute('tasks.markOverdue', { input: { companyId, taskIds: [late.id, done.id] }, actor: { kind: 'system', id: 'system' } })
    expect(await mark()).toEqual({ marked: 1 })
    expect(await mark()).toEqual({ marked: 0 })
    const said = async () => {
      const { items } = await engine.events.list({ companyId, limit: 100 })
      return items.flatMap((event) => (event.type === 'task.overdue' ? [event.entity.id] : []))
    }
    expect(await said()).toEqual([late.id])
    expect((await engine.tasks.list({ companyId, isOverdue: true })).items.map((task) => task.id)).toEqual([late.id])
    expect((await engine.tasks.list({ companyId, isOverdue: false })).items).toHaveLength(2)
    const again = new Date(clock.now() - 2 * day).toISOString()
    expect(await engine.tasks.update({ taskId: late.id, dueDate: again })).toMatchObject({ overdueAt: null })
    expect(await mark()).toEqual({ marked: 1 })
    expect(await said()).toEqual([late.id, late.id])
  })

  it('an engine that runs says by itself what is overdue, in every company', async () => {
    const world = await open()
    const { engine, companyId } = world
    const { id: other } = await engine.companies.create({ name: 'Other' })
    const overdue = new Set<string>()
    engine.on('task.overdue', (event) => void overdue.add(event.companyId))
    for (const company of [companyId, other]) await engine.tasks.create({ companyId: company, title: 'Late', dueDate: '2020-01-01' })
    await engine.start()
    await until(
      async () => overdue.size,
      (size) => size === 2,
    )
  })

  it('what is overdue in an archived company stays as it is, and does not stand before what is in others', async () => {
    const failed: string[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void failed.push(message) }
    const world = await open({ logger })
    const { engine, companyId } = world
    // As many as one look takes.
    const due = Array.from({ length: 500 }, (_, index) => ({ companyId, title: `Late ${index}`, dueDate: '2020-01-01' }))
    const [kept] = await Promise.all(due.map((task) => engine.tasks.create(task)))
    await engine.companies.archive({ companyId })
    const { id: other } = await engine.companies.create({ name: 'Other' })
    const late = await engine.tasks.create({ companyId: other, title: 'Late', dueDate: '2020-01-02' })
    await engine.start()
    await until(
      () => engine.tasks.get({ taskId: late.id }),
      ({ overdueAt }) => overdueAt !== null,
    )
    expect(await engine.tasks.get({ taskId: kept?.id ?? '' })).toMatchObject({ overdueAt: null })
    expect(failed).toEqual([])
  })
})
