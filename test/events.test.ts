import { join } from 'node:path'

import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'

import type { AnyEvent } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { board, createWorld, errorOf, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

let world: World

afterEach(async () => {
  await world.engine.stop()
})

describe('an event', () => {
  it('says who did what to which version, in the transaction of the change', async () => {
    world = await createWorld()
    const { engine, companyId } = world
    const task = await engine.as(board).tasks.create({ companyId, title: 'Write' }, { requestId: 'req-1' })
    const heard: AnyEvent[] = []
    engine.on('task.updated', (event) => void heard.push(event))
    await engine.as(board).tasks.update({ taskId: task.id, title: 'New' }, { requestId: 'req-2' })
    expect(heard).toMatchObject([
      {
        type: 'task.updated',
        companyId,
        actor: { kind: 'user', id: 'board', runId: null },
        entity: { type: 'task', id: task.id, version: 2 },
        data: { changed: ['title'] },
        requestId: 'req-2',
      },
    ])
    const [stored] = (await engine.events.task({ taskId: task.id })).items
    expect(stored).toEqual(heard[0])
  })

  it('of a refused command does not exist', async () => {
    world = await createWorld()
    const { engine, companyId } = world
    const heard: AnyEvent[] = []
    engine.on('task.created', (event) => void heard.push(event))
    const before = await engine.events.list({ companyId })
    await errorOf(engine.tasks.create({ companyId, title: 'T', blockedBy: ['ACM-99'] }))
    expect(heard).toEqual([])
    expect(await engine.events.list({ companyId })).toEqual(before)
    expect((await engine.tasks.create({ companyId, title: 'T' })).identifier).toBe('ACM-1')
  })

  it('is never changed or deleted', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    world = await createWorld({ storage: sqlite(file) })
    const db = new Database(file)
    expect(() => db.exec(`update events set type = 'x'`)).toThrow(/append-only/)
    expect(() => db.exec('delete from events')).toThrow(/append-only/)
    db.close()
  })

  it('has data as its schema says, for every event that the stories of this suite emit', async () => {
    world = await createWorld({ agentMode: 'manual' })
    const { engine, companyId, agentId } = world
    const failures: string[] = []
    const schemas = engine.registry.events
    const task = await engine.tasks.create({ companyId, title: 'T', assigneeAgentId: agentId })
    await engine.tasks.checkout({ taskId: task.id })
    await engine.tasks.progress({ taskId: task.id, percent: 5, details: { a: 1 } })
    const { id: deliverableId } = await engine.deliverables.submit({ taskId: task.id, title: 'D', content: 'c' })
    await engine.deliverables.review({ deliverableId, decision: 'rejected' })
    await engine.agents.pause({ agentId })
    await engine.companies.pause({ companyId })
    for (const event of (await engine.events.list({ companyId, limit: 100 })).items) {
      if (!schemas[event.type]?.safeParse(event.data).success) failures.push(event.type)
    }
    expect(failures).toEqual([])
  })
})

describe('a listener that fails', () => {
  it('harms neither the command nor the other listeners', async () => {
    world = await createWorld()
    const heard: string[] = []
    world.engine.on('task.created', () => {
      throw new Error('mine')
    })
    world.engine.on('task.created', async () => {
      throw new Error('mine too')
    })
    const forget = world.engine.on('task.created', (event) => void heard.push(event.data.title))
    await world.engine.tasks.create({ companyId: world.companyId, title: 'One' })
    forget()
    await world.engine.tasks.create({ companyId: world.companyId, title: 'Two' })
    expect(heard).toEqual(['One'])
  })
})

describe('the stream of events', () => {
  it('goes from the past into the present without a gap, a repeat or a change of order', async () => {
    world = await createWorld()
    const { engine, companyId } = world
    const stop = new AbortController()
    const create = (title: string) => engine.tasks.create({ companyId, title })
    for (let count = 0; count < 120; count += 1) await create(`old ${count}`)
    const seen: number[] = []
    const titles: string[] = []
    for await (const batch of engine.stream({ companyId, actor: board, signal: stop.signal })) {
      for (const event of batch) {
        seen.push(event.seq)
        if (event.type === 'task.created') titles.push(event.data.title)
      }
      if (titles.length === 120) await Promise.all(Array.from({ length: 30 }, (_, count) => create(`new ${count}`)))
      if (titles.length === 150) stop.abort()
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(new Set(titles).size).toBe(150)
    // The order of the log, in which each task is created before anything else happens to it.
    const listed: number[] = []
    for (let cursor: string | null | undefined = undefined; cursor !== null;) {
      const page: Awaited<ReturnType<typeof engine.events.list>> = await engine.events.list({ companyId, ...(cursor && { cursor }) })
      listed.push(...page.items.map((event) => event.seq))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(listed.slice(0, seen.length))
  })

  it('can begin at the present, and is refused to strangers', async () => {
    world = await createWorld()
    const { engine, companyId } = world
    const stop = new AbortController()
    const stream = engine.stream({ companyId, actor: board, after: 'latest', signal: stop.signal })[Symbol.asyncIterator]()
    const first = stream.next()
    await new Promise((resolve) => setTimeout(resolve, 30))
    await engine.tasks.create({ companyId, title: 'Now' })
    expect((await first).value).toMatchObject([{ type: 'task.created', data: { title: 'Now' } }])
    stop.abort()
    await stream.next()
    const stranger = engine.stream({ companyId, actor: { kind: 'user', id: 'x', roles: {} }, signal: stop.signal })
    expect(await errorOf(stranger[Symbol.asyncIterator]().next())).toMatchObject({ code: 'not_found' })
  })
})
