import { describe, expect, onTestFinished, test } from 'vitest'

import type { Actor, UserActor } from '@engine/core'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('documents on %s', (storage) => {
  async function open(): Promise<World & { taskId: string }> {
    const world = await createWorld({ storage: await newStorage(storage), agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    const task = await world.engine.tasks.create({ companyId: world.companyId, title: 'Build', assigneeAgentId: world.agentId })
    return { ...world, taskId: task.id }
  }

  test('a document is written, revised from what was read, and shown at each revision', async () => {
    const { engine, taskId, companyId } = await open()
    const first = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'one' })
    expect(first).toMatchObject({ key: 'plan', revision: 1, currentRevision: 1, body: 'one', note: null, author: { kind: 'system' } })
    const second = await engine.documents.put({ taskId, key: 'plan', title: 'The plan', body: 'two', note: 'more', baseRevision: 1 })
    expect(second).toMatchObject({ id: first.id, revision: 2, currentRevision: 2, title: 'The plan', note: 'more' })
    expect(await engine.documents.get({ taskId, key: 'plan' })).toEqual(second)
    expect(await engine.documents.get({ taskId, key: 'plan', revision: 1 })).toMatchObject({ revision: 1, title: 'Plan', body: 'one' })
    const { items } = await engine.documents.revisions({ taskId, key: 'plan' })
    expect(items.map(({ revision, title }) => [revision, title])).toEqual([
      [2, 'The plan'],
      [1, 'Plan'],
    ])
    const log = await engine.events.entity({ companyId, entityType: 'document', entityId: first.id })
    expect(log.items.map((event) => [event.type, event.data['revision'], event.entity.version])).toEqual([
      ['document.revised', 2, 2],
      ['document.revised', 1, 1],
    ])
  })

  test('a change made from an old revision is refused with the current one, and overwrites nothing', async () => {
    const { engine, taskId } = await open()
    const editor: UserActor = { kind: 'user', id: 'ed', roles: { '*': 'operator' } }
    const first = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'one' })
    await engine.as(editor).documents.put({ taskId, key: 'plan', title: 'Plan', body: 'two', baseRevision: 1 })
    for (const baseRevision of [undefined, 0, 1, 3]) {
      const error = await errorOf(
        engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'mine', ...(baseRevision !== undefined && { baseRevision }) }),
      )
      expect(error).toMatchObject({
        code: 'version_conflict',
        details: { key: 'plan', currentRevision: 2, title: 'Plan', author: { kind: 'user', id: 'ed' }, revisedAt: expect.any(String) },
      })
      expect(error.message).toContain('send baseRevision 2')
    }
    expect(await engine.documents.get({ taskId, key: 'plan' })).toMatchObject({ id: first.id, revision: 2, body: 'two' })
    const early = await errorOf(engine.documents.put({ taskId, key: 'design', title: 'Design', body: 'x', baseRevision: 1 }))
    expect(early).toMatchObject({ code: 'version_conflict', details: { currentRevision: 0 } })
  })

  test('of several who revise at once exactly one succeeds', async () => {
    const { engine, taskId } = await open()
    await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'base' })
    const bodies = Array.from({ length: 6 }, (_, index) => `by ${index}`)
    const results = await Promise.allSettled(
      bodies.map((body) => engine.documents.put({ taskId, key: 'plan', title: 'Plan', body, baseRevision: 1 })),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    expect((await engine.documents.get({ taskId, key: 'plan' })).revision).toBe(2)
    const founders = await Promise.allSettled(bodies.map((body) => engine.documents.put({ taskId, key: 'design', title: 'Design', body })))
    expect(founders.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  })

  test('the same title and body again make no revision; an old body is restored by writing it anew', async () => {
    const { engine, taskId, companyId } = await open()
    const first = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'one' })
    expect(await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'one', baseRevision: 1 })).toEqual(first)
    await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'two', baseRevision: 1 })
    const restored = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'one', baseRevision: 2 })
    expect(restored.revision).toBe(3)
    expect((await engine.events.entity({ companyId, entityType: 'document', entityId: first.id })).items).toHaveLength(3)
  })

  test('a run writes the documents of its own task only, and none once its lease is lost', async () => {
    const { engine, taskId, companyId, agentId } = await open()
    const other = await engine.tasks.create({ companyId, title: 'Another', assigneeAgentId: agentId })
    const { credential } = await engine.tasks.checkout({ taskId })
    const run = await engine.authenticate(credential ?? '')
    if (run?.kind !== 'run') throw new Error('the credential is of no run')
    const put = (id: string, baseRevision = 0) =>
      engine.as(run).documents.put({ taskId: id, key: 'plan', title: 'Plan', body: `x${baseRevision}`, baseRevision })
    expect(await put(taskId)).toMatchObject({ author: { kind: 'agent', id: agentId }, runId: run.id })
    expect((await errorOf(put(other.id))).code).toBe('forbidden')
    await engine.tasks.release({ taskId })
    expect((await errorOf(put(taskId, 1))).code).toBe('lease_lost')
  })

  test('the list shows heads in the order of their making, page by page', async () => {
    const { engine, taskId } = await open()
    for (const key of ['plan', 'design', 'api']) await engine.documents.put({ taskId, key, title: key, body: 'x' })
    const first = await engine.documents.list({ taskId, limit: 2 })
    expect(first.items.map((head) => head.key)).toEqual(['plan', 'design'])
    expect(first.items[0]).not.toHaveProperty('body')
    const second = await engine.documents.list({ taskId, limit: 2, cursor: first.nextCursor ?? '' })
    expect(second.items.map((head) => head.key)).toEqual(['api'])
    const revisions = await engine.documents.revisions({ taskId, key: 'api', limit: 1 })
    expect(revisions).toMatchObject({ items: [{ revision: 1 }], nextCursor: null })
  })

  test('wrong keys, bodies that are too long, strangers and viewers are refused', async () => {
    const { engine, taskId, companyId } = await open()
    const other = await engine.companies.create({ name: 'Other' })
    const put = (actor: Actor, changes: object) =>
      engine.as(actor).documents.put({ taskId, key: 'plan', title: 'Plan', body: 'x', ...changes })
    const owner: UserActor = { kind: 'user', id: 'o', roles: { '*': 'owner' } }
    for (const key of ['', 'Plan', '1st', 'a b', '../etc', 'a'.repeat(65)])
      expect((await errorOf(put(owner, { key }))).code).toBe('invalid_input')
    expect((await errorOf(put(owner, { body: 'x'.repeat(524_289) }))).code).toBe('invalid_input')
    expect((await errorOf(put({ kind: 'user', id: 's', roles: { [other.id]: 'owner' } }, {}))).code).toBe('not_found')
    expect((await errorOf(put({ kind: 'user', id: 'v', roles: { [companyId]: 'reviewer' } }, {}))).code).toBe('forbidden')
    expect((await errorOf(engine.documents.get({ taskId, key: 'plan' }))).code).toBe('not_found')
    await put(owner, { body: 'ä'.repeat(524_288) })
    expect((await errorOf(engine.documents.get({ taskId, key: 'plan', revision: 2 }))).code).toBe('not_found')
  })

  test('a document is found by its newest words', async () => {
    const { engine, taskId, companyId } = await open()
    await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'elephants' })
    await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'giraffes', baseRevision: 1 })
    const found = async (text: string) => (await engine.search.find({ companyId, query: text })).items.length
    expect([await found('giraffes'), await found('elephants')]).toEqual([1, 0])
  })

  test('a deleted document is listed, read and found no more, and what it was stays in the log', async () => {
    const { engine, taskId, companyId } = await open()
    const { id: documentId } = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'elephants' })
    await engine.documents.put({ taskId, key: 'plan', title: 'The plan', body: 'elephants, all', baseRevision: 1 })
    const kept = await engine.documents.put({ taskId, key: 'design', title: 'Design', body: 'giraffes' })
    expect(await engine.documents.delete({ documentId })).toMatchObject({ id: documentId, taskId, key: 'plan' })
    expect((await engine.documents.list({ taskId })).items.map((head) => head.id)).toEqual([kept.id])
    expect((await engine.tasks.context({ taskId })).documents.map((head) => head.id)).toEqual([kept.id])
    expect((await engine.search.find({ companyId, query: 'elephants' })).items).toEqual([])
    const calls = [
      () => engine.documents.get({ taskId, key: 'plan' }),
      () => engine.documents.get({ taskId, key: 'plan', revision: 1 }),
      () => engine.documents.revisions({ taskId, key: 'plan' }),
      () => engine.documents.delete({ documentId }),
    ]
    for (const call of calls) expect((await errorOf(call())).code).toBe('not_found')
    const [deleted] = (await engine.events.entity({ companyId, entityType: 'document', entityId: documentId })).items
    expect(deleted).toMatchObject({ type: 'document.deleted', data: { taskId, key: 'plan', title: 'The plan', revision: 2 } })
    expect((await engine.verify()).isSound).toBe(true)
  })

  test('a document that was deleted goes on with its revisions when it is written again', async () => {
    const { engine, taskId, companyId } = await open()
    const first = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'one' })
    await engine.documents.delete({ documentId: first.id })
    const stale = await errorOf(engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'two', baseRevision: 1 }))
    expect(stale).toMatchObject({ code: 'version_conflict', details: { currentRevision: 0 } })
    const again = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'one' })
    expect(again).toMatchObject({ id: first.id, revision: 2, currentRevision: 2, body: 'one' })
    expect((await engine.documents.revisions({ taskId, key: 'plan' })).items.map(({ revision }) => revision)).toEqual([2, 1])
    expect((await engine.search.find({ companyId, query: 'one' })).items.map((item) => item.id)).toEqual([first.id])
    await engine.documents.delete({ documentId: first.id })
    expect((await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'three' })).revision).toBe(3)
  })

  test('who may write a document may delete it, and nobody else', async () => {
    const { engine, taskId, companyId, agentId } = await open()
    const put = async (id: string, key: string) => (await engine.documents.put({ taskId: id, key, title: 'x', body: 'x' })).id
    const other = await engine.tasks.create({ companyId, title: 'Another' })
    const [mine, theirs] = [await put(taskId, 'mine'), await put(other.id, 'theirs')]
    const { credential } = await engine.tasks.checkout({ taskId })
    const run = await engine.authenticate(credential ?? '')
    if (!run) throw new Error('the credential is unknown')
    const remove = async (actor: Actor, documentId: string) => (await errorOf(engine.as(actor).documents.delete({ documentId }))).code
    expect(await remove(run, theirs)).toBe('forbidden')
    const agent = { kind: 'agent', id: agentId, companyId } as const
    expect(await remove(agent, theirs)).toBe('forbidden')
    expect(await remove({ kind: 'user', id: 'r', roles: { [companyId]: 'reviewer' } }, mine)).toBe('forbidden')
    const stranger: UserActor = { kind: 'user', id: 's', roles: { [(await engine.companies.create({ name: 'Other' })).id]: 'owner' } }
    expect(await remove(stranger, mine)).toBe('not_found')
    expect(await engine.as(run).documents.delete({ documentId: mine })).toMatchObject({ id: mine })
    expect(await engine.as(agent).documents.delete({ documentId: await put(taskId, 'second') })).toMatchObject({ key: 'second' })
    const operator: UserActor = { kind: 'user', id: 'o', roles: { [companyId]: 'operator' } }
    expect(await engine.as(operator).documents.delete({ documentId: theirs })).toMatchObject({ id: theirs })
  })
})
