import { describe, expect, onTestFinished, test } from 'vitest'

import type { UserActor } from '@engine/core'
import { scriptedDestination } from '@engine/testing'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('timelines on %s', (storage) => {
  async function open(): Promise<World> {
    const world = await createWorld({ storage: await newStorage(storage), agentMode: 'manual', destinations: [scriptedDestination()] })
    onTestFinished(() => world.engine.stop())
    return world
  }

  /** A task with one of everything that belongs to tasks. */
  async function busyTask({ engine, companyId, agentId }: World) {
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const comment = await engine.comments.create({ taskId: task.id, body: 'begin' })
    const { run } = await engine.tasks.checkout({ taskId: task.id })
    await engine.documents.put({ taskId: task.id, key: 'plan', title: 'Plan', body: 'one' })
    await engine.documents.put({ taskId: task.id, key: 'plan', title: 'Plan', body: 'two', baseRevision: 1 })
    const deliverable = await engine.deliverables.submit({ taskId: task.id, title: 'Text', content: 'Words' })
    await engine.comments.createOnDeliverable({ deliverableId: deliverable.id, body: 'nice' })
    await engine.deliverables.review({ deliverableId: deliverable.id, decision: 'approved' })
    return { taskId: task.id, commentId: comment.id, runId: run.id, deliverableId: deliverable.id }
  }

  async function allPages<Item>(read: (cursor?: string) => Promise<{ items: Item[]; nextCursor: string | null }>): Promise<Item[]> {
    const items: Item[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await read(cursor)
      items.push(...page.items)
      cursor = page.nextCursor
    }
    return items
  }

  test('what is told of a task, and what was sent of it, is found by its identifier too', async () => {
    const { engine, companyId } = await open()
    await engine.routes.create({ companyId, name: 'All', destinationType: 'scripted', events: ['task.created'] })
    const task = await engine.tasks.create({ companyId, title: 'Write' })
    await engine.tasks.create({ companyId, title: 'Another' })
    const { items: told } = await engine.events.entity({ companyId, entityType: 'task', entityId: task.identifier })
    expect(told.map(({ type, entity }) => [type, entity.id])).toEqual([['task.created', task.id]])
    expect((await engine.events.entity({ companyId, entityType: 'agent', entityId: task.identifier })).items).toEqual([])
    const { items: sent } = await engine.deliveries.list({ companyId, entityId: task.identifier })
    expect(sent).toMatchObject([{ eventId: told[0]?.id }])
    expect((await engine.deliveries.list({ companyId, entityId: 'NONE-1' })).items).toEqual([])
  })

  test('a task’s timeline holds what happened to it and to all that belongs to it, newest first, and nothing else', async () => {
    const world = await open()
    const { engine, companyId } = world
    const { taskId } = await busyTask(world)
    const other = await busyTask(world)
    const timeline = await engine.events.task({ taskId, limit: 100 })
    const types = new Set(timeline.items.map((event) => event.type))
    for (const type of ['task.created', 'comment.created', 'run.started', 'document.revised', 'deliverable.approved', 'task.completed'])
      expect(types).toContain(type)
    const seqs = timeline.items.map((event) => event.seq)
    expect(seqs).toEqual(seqs.toSorted((left, right) => right - left))
    const log = await allPages((cursor) => engine.events.list({ companyId, ...(cursor !== undefined && { cursor }) }))
    const strange = new Set(Object.values(other))
    const expected = log.filter((event) => event.entity.id === taskId || event.data['taskId'] === taskId)
    expect(timeline.items.toReversed()).toEqual(expected)
    expect(timeline.items.some((event) => strange.has(event.entity.id))).toBe(false)
  })

  test('pages of a timeline join without gap or repeat', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const { taskId, deliverableId } = await busyTask(world)
    const reads = {
      task: (page: object) => engine.events.task({ taskId, ...page }),
      deliverable: (page: object) => engine.events.deliverable({ deliverableId, ...page }),
      agent: (page: object) => engine.events.agent({ agentId, ...page }),
      company: (page: object) => engine.events.company({ companyId, ...page }),
      entity: (page: object) => engine.events.entity({ companyId, entityType: 'task', entityId: taskId, ...page }),
    }
    for (const read of Object.values(reads)) {
      const whole = await read({ limit: 100 })
      expect(whole.items.length).toBeGreaterThan(2)
      expect(whole.nextCursor).toBeNull()
      const cut = await allPages((cursor) => read({ limit: 2, ...(cursor !== undefined && { cursor }) }))
      expect(cut).toEqual(whole.items)
    }
  })

  test('the company’s timeline is its log backwards', async () => {
    const world = await open()
    const { engine, companyId } = world
    await engine.companies.create({ name: 'Other' })
    await busyTask(world)
    const log = await engine.events.list({ companyId, limit: 100 })
    expect((await engine.events.company({ companyId, limit: 100 })).items).toEqual(log.items.toReversed())
  })

  test('a deliverable’s timeline has its comments, an agent’s its runs', async () => {
    const world = await open()
    const { engine, agentId } = world
    const { deliverableId, runId } = await busyTask(world)
    const deliverable = await engine.events.deliverable({ deliverableId, limit: 100 })
    expect(deliverable.items.map((event) => event.type)).toEqual(
      expect.arrayContaining(['deliverable.submitted', 'comment.created', 'deliverable.approved', 'review.completed']),
    )
    const agent = await engine.events.agent({ agentId, limit: 100 })
    expect(agent.items.some((event) => event.entity.id === runId)).toBe(true)
    expect(agent.items.at(-1)?.type).toBe('agent.registered')
  })

  test('of a thing by another type, of nothing, or of another company there are no events', async () => {
    const world = await open()
    const { engine, companyId, agentId } = world
    const other = await engine.companies.create({ name: 'Other' })
    const ask = (changes: object) => engine.events.entity({ companyId, entityType: 'agent', entityId: agentId, ...changes })
    expect((await ask({})).items).toHaveLength(1)
    const nothing = { items: [], nextCursor: null }
    expect(await ask({ entityType: 'task' })).toEqual(nothing)
    expect(await ask({ companyId: other.id })).toEqual(nothing)
    expect(await ask({ entityId: '01900000-0000-7000-8000-000000000000' })).toEqual(nothing)
    const stranger: UserActor = { kind: 'user', id: 's', roles: { [other.id]: 'owner' } }
    expect((await errorOf(engine.as(stranger).events.agent({ agentId }))).code).toBe('not_found')
    expect((await errorOf(engine.as(stranger).events.entity({ companyId, entityType: 'agent', entityId: agentId }))).code).toBe('not_found')
    expect((await errorOf(engine.events.company({ companyId, cursor: 'nonsense' }))).code).toBe('invalid_input')
  })

  test('of many parts the newest 200 are followed', async () => {
    const world = await open()
    const { engine, companyId } = world
    const task = await engine.tasks.create({ companyId, title: 'Talk' })
    await engine.documents.put({ taskId: task.id, key: 'old', title: 'Old', body: 'older than the talk' })
    for (let count = 0; count < 205; count += 1) await engine.comments.create({ taskId: task.id, body: `${count}` })
    const all = await allPages((cursor) => engine.events.task({ taskId: task.id, limit: 100, ...(cursor !== undefined && { cursor }) }))
    expect(all.filter((event) => event.type === 'comment.created')).toHaveLength(200)
    expect(all.filter((event) => event.type === 'document.revised')).toEqual([])
    expect(all.at(-1)?.type).toBe('task.created')
  })
})
