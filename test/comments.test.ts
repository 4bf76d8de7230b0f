import { describe, expect, onTestFinished, test } from 'vitest'

import type { Actor, AnyEvent, Engine, UserActor } from '@engine/core'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const person: UserActor = { kind: 'user', id: 'board', roles: { '*': 'owner' } }

describe.each(['sqlite', 'postgres'])('comments on %s', (storage) => {
  async function open(): Promise<World> {
    const world = await createWorld({ storage: await newStorage(storage) })
    onTestFinished(() => world.engine.stop())
    return world
  }

  async function hire({ engine, companyId, adapter }: World, name: string, mode: 'auto' | 'manual' = 'auto'): Promise<string> {
    const agent = await engine.agents.create({ companyId, name, role: 'writer', adapterType: adapter.type, executionMode: mode })
    return agent.id
  }

  /** Who was woken for what since the log was at this length. */
  async function wakes({ engine, companyId }: World, after: number): Promise<string[]> {
    const { items } = await engine.events.list({ companyId, after, limit: 100 })
    return (items as AnyEvent[]).flatMap((event) =>
      event.type === 'run.queued' ? [`${event.data.agentId} ${event.data.reasons.join(' ')}`] : [],
    )
  }

  async function logLength({ engine, companyId }: World): Promise<number> {
    return (await engine.events.company({ companyId, limit: 1 })).items[0]?.seq ?? 0
  }

  test('a comment keeps who was named in its text and by id, and says so in its event', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const bob = await hire(world, 'Bob Hope', 'manual')
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    const comment = await engine.as(person).comments.create({ taskId: task.id, body: 'Hi @bob-hope, not `@ada`', mentions: [agentId] })
    expect(comment).toMatchObject({ mentions: [agentId, bob], deliverableId: null, author: { kind: 'user', id: 'board' } })
    const { items } = await engine.comments.list({ taskId: task.id })
    expect(items).toEqual([comment])
    expect((await engine.comments.mentions({ agentId: bob })).items).toEqual([comment])
    const [event] = (await engine.events.entity({ companyId, entityType: 'comment', entityId: comment.id })).items
    expect(event?.data).toEqual({
      taskId: task.id,
      deliverableId: null,
      parentId: null,
      author: { kind: 'user', id: 'board' },
      mentions: [agentId, bob],
    })
  })

  test('a mention of somebody who is not there, or of another company, is refused', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const other = await engine.companies.create({ name: 'Other' })
    const task = await engine.tasks.create({ companyId: other.id, title: 'Theirs' })
    const error = await errorOf(engine.comments.create({ taskId: task.id, body: 'hello', mentions: [agentId] }))
    expect(error).toMatchObject({ code: 'rule_violated', details: { unknownAgentIds: [agentId] } })
    // By its name it is plain text: nobody learns whom another company has.
    expect((await engine.comments.create({ taskId: task.id, body: 'hello @Ada' })).mentions).toEqual([])
    expect((await engine.comments.list({ taskId: task.id })).items).toHaveLength(1)
    expect(companyId).not.toBe(other.id)
  })

  test('a person’s comment wakes the assignee of a task that is todo, once, with its reason', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const before = await logLength(world)
    await engine.as(person).comments.create({ taskId: task.id, body: 'Please begin' })
    await engine.as(person).comments.create({ taskId: task.id, body: 'Really' })
    expect(await wakes(world, before)).toEqual([`${agentId} assignment comment`, `${agentId} assignment comment`])
    const queued = await engine.runs.list({ companyId, status: 'queued' })
    expect(queued.items).toHaveLength(1)
  })

  test.each(['blocked', 'done'] as const)('a comment on a task that is %s wakes nobody and changes nothing of it', async (status) => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    await engine.tasks.checkout({ taskId: task.id })
    if (status === 'blocked') await engine.tasks.block({ taskId: task.id, reason: 'no paper' })
    else await engine.tasks.complete({ taskId: task.id })
    const before = await logLength(world)
    await engine.as(person).comments.create({ taskId: task.id, body: '@Ada, here is paper' })
    expect(await wakes(world, before)).toEqual([])
    expect((await engine.tasks.get({ taskId: task.id })).status).toBe(status)
  })

  test('an agent at work is asked again by name only, and waits until its task is free', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    await engine.tasks.checkout({ taskId: task.id })
    const before = await logLength(world)
    await engine.as(person).comments.create({ taskId: task.id, body: 'Interesting' })
    expect(await wakes(world, before)).toEqual([])
    await engine.as(person).comments.create({ taskId: task.id, body: 'Interesting, @Ada' })
    expect(await wakes(world, before)).toHaveLength(1)
    expect((await engine.tasks.get({ taskId: task.id })).status).toBe('in_progress')
  })

  test('an agent never wakes itself, neither by its key nor from its run', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const free = await engine.tasks.create({ companyId, title: 'Nobody’s' })
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const run = await actorOf(engine, (await engine.tasks.checkout({ taskId: task.id })).credential)
    const before = await logLength(world)
    const self: Actor = { kind: 'agent', id: agentId, companyId }
    for (const actor of [self, run]) {
      for (const taskId of [free.id, task.id]) {
        const comment = await engine.as(actor).comments.create({ taskId, body: 'Note to @Ada: hurry' })
        expect(comment).toMatchObject({ author: { kind: 'agent', id: agentId }, mentions: [agentId] })
      }
    }
    expect(await wakes(world, before)).toEqual([])
  })

  test('agents wake each other by name: the assignee, or the first one named where there is none', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const bob = await hire(world, 'Bob')
    const eve = await hire(world, 'Eve')
    const assigned = await engine.tasks.create({ companyId, title: 'Bob’s', assigneeAgentId: bob })
    const free = await engine.tasks.create({ companyId, title: 'Nobody’s' })
    const ada: Actor = { kind: 'agent', id: agentId, companyId }
    const before = await logLength(world)
    await engine.as(ada).comments.create({ taskId: assigned.id, body: 'Not to anybody' })
    await engine.as(ada).comments.create({ taskId: assigned.id, body: '@Eve may know' })
    expect(await wakes(world, before)).toEqual([])
    await engine.as(ada).comments.create({ taskId: assigned.id, body: '@Eve and @Bob' })
    await engine.as(ada).comments.create({ taskId: free.id, body: 'I, @Ada, ask @Eve and @Bob' })
    expect(await wakes(world, before)).toEqual([`${bob} assignment comment`, `${eve} comment`])
    expect((await engine.comments.mentions({ agentId: eve })).items).toHaveLength(3)
  })

  test('who starts by itself, or waits for other tasks, is not woken', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const manual = await hire(world, 'Manuel', 'manual')
    const blocker = await engine.tasks.create({ companyId, title: 'First' })
    const waiting = await engine.tasks.create({ companyId, title: 'Then', assigneeAgentId: agentId, blockedBy: [blocker.id] })
    const manuels = await engine.tasks.create({ companyId, title: 'By hand', assigneeAgentId: manual })
    const before = await logLength(world)
    await engine.as(person).comments.create({ taskId: waiting.id, body: '@Ada!' })
    await engine.as(person).comments.create({ taskId: manuels.id, body: '@Manuel!' })
    expect(await wakes(world, before)).toEqual([])
  })

  test('comments about a deliverable stand with it and with its task, and answers to them too', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    await engine.tasks.checkout({ taskId: task.id })
    const deliverable = await engine.deliverables.submit({ taskId: task.id, title: 'Text', content: 'Words' })
    const plain = await engine.comments.create({ taskId: task.id, body: 'of the task' })
    const about = await engine.comments.createOnDeliverable({ deliverableId: deliverable.id, body: 'line 1' })
    const answer = await engine.comments.create({ taskId: task.id, parentId: about.id, body: 'fixed' })
    expect(about).toMatchObject({ taskId: task.id, deliverableId: deliverable.id })
    expect(answer).toMatchObject({ parentId: about.id, deliverableId: deliverable.id })
    expect((await engine.comments.listOnDeliverable({ deliverableId: deliverable.id })).items).toEqual([about, answer])
    expect((await engine.comments.list({ taskId: task.id })).items).toEqual([plain, about, answer])
    const strange = await errorOf(
      engine.comments.createOnDeliverable({ deliverableId: deliverable.id, parentId: plain.id, body: 'wrong place' }),
    )
    expect(strange.code).toBe('rule_violated')
    const other = await engine.tasks.create({ companyId, title: 'Another' })
    const foreign = await errorOf(engine.comments.create({ taskId: other.id, parentId: plain.id, body: 'of another task' }))
    expect(foreign).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('on this task') })
  })

  test('pages of mentions go from the newest to the oldest', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    for (const body of ['@Ada 1', '@Ada 2', '@Ada 3']) await engine.comments.create({ taskId: task.id, body })
    const first = await engine.comments.mentions({ agentId, limit: 2 })
    const second = await engine.comments.mentions({ agentId, limit: 2, cursor: first.nextCursor ?? '' })
    expect([...first.items, ...second.items].map((comment) => comment.body)).toEqual(['@Ada 3', '@Ada 2', '@Ada 1'])
    expect(second.nextCursor).toBeNull()
  })

  test('what is too long, empty, of a viewer or of another company is refused', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const other = await engine.companies.create({ name: 'Other' })
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    const stranger: UserActor = { kind: 'user', id: 'stranger', roles: { [other.id]: 'owner' } }
    const viewer: UserActor = { kind: 'user', id: 'viewer', roles: { [companyId]: 'viewer' } }
    const reviewer: UserActor = { kind: 'user', id: 'reviewer', roles: { [companyId]: 'reviewer' } }
    const say = (actor: Actor, body: string) => engine.as(actor).comments.create({ taskId: task.id, body })
    expect((await errorOf(say(person, 'x'.repeat(65_537)))).code).toBe('invalid_input')
    expect((await errorOf(say(person, '   '))).code).toBe('invalid_input')
    expect((await errorOf(say(stranger, 'hi'))).code).toBe('not_found')
    expect((await errorOf(say(viewer, 'hi'))).code).toBe('forbidden')
    expect((await errorOf(engine.as(stranger).comments.mentions({ agentId }))).code).toBe('not_found')
    await say(reviewer, 'x'.repeat(65_536))
  })
})

async function actorOf(engine: Engine, credential: string | null): Promise<Actor> {
  const actor = await engine.authenticate(credential ?? '')
  if (!actor) throw new Error('the credential is unknown')
  return actor
}
