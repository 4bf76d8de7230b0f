import { hash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'

import { describe, expect, onTestFinished, test } from 'vitest'

import { localBlobs } from '@engine/blobs/local'
import { createEngine, type BlobStore, type UserActor } from '@engine/core'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

interface FileWorld extends World {
  readonly taskId: string
  /** How many files the store has. */
  kept(): number
}

async function open(storage: string, wrap: (blobs: BlobStore) => BlobStore = (blobs) => blobs): Promise<FileWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-attachments-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const world = await createWorld({ storage: await newStorage(storage), agentMode: 'manual', blobs: wrap(localBlobs(folder)) })
  onTestFinished(() => world.engine.stop())
  const task = await world.engine.tasks.create({ companyId: world.companyId, title: 'Write', assigneeAgentId: world.agentId })
  const kept = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile()).length
  return { ...world, taskId: task.id, kept }
}

const png = { name: 'chart.png', contentType: 'image/png' }

describe.each(['sqlite', 'postgres'])('attachments on %s', (storage) => {
  test('a file comes back as it was, with what is known of it', async () => {
    const { engine, taskId, companyId } = await open(storage)
    const content = randomBytes(100_000)
    const attachment = await engine.attachments.upload({ taskId, ...png, content })
    const sha256 = hash('sha256', content)
    expect(attachment).toMatchObject({ ...png, taskId, byteSize: 100_000, sha256, commentId: null, author: { kind: 'system' } })
    expect(await engine.attachments.get({ attachmentId: attachment.id })).toEqual(attachment)
    expect((await engine.attachments.list({ taskId })).items).toEqual([attachment])
    const download = await engine.attachments.content({ attachmentId: attachment.id })
    expect(download).toMatchObject({ ...png, byteSize: 100_000, sha256 })
    expect((await buffer(download.content)).equals(content)).toBe(true)
    const { items } = await engine.events.entity({ companyId, entityType: 'attachment', entityId: attachment.id })
    expect(items).toMatchObject([{ type: 'attachment.created', data: { taskId, name: 'chart.png', byteSize: 100_000, sha256 } }])
  })

  test('the same bytes twice are two attachments and one file; each company has its own record of them', async () => {
    const { engine, taskId, kept } = await open(storage)
    const content = Buffer.from('the same')
    const first = await engine.attachments.upload({ taskId, name: 'a.txt', content })
    const second = await engine.attachments.upload({ taskId, name: 'b.txt', content })
    const other = await engine.companies.create({ name: 'Other' })
    const theirs = await engine.tasks.create({ companyId: other.id, title: 'Theirs' })
    await engine.attachments.upload({ taskId: theirs.id, name: 'c.txt', content })
    expect(kept()).toBe(1)
    expect((await engine.attachments.list({ taskId })).items.map(({ id }) => id)).toEqual([first.id, second.id])
    await engine.attachments.delete({ attachmentId: first.id })
    const { content: rest } = await engine.attachments.content({ attachmentId: second.id })
    expect((await buffer(rest)).equals(content)).toBe(true)
  })

  test('many upload the same bytes at once', async () => {
    const { engine, taskId, kept } = await open(storage)
    const content = randomBytes(50_000)
    await Promise.all(Array.from({ length: 8 }, (_, index) => engine.attachments.upload({ taskId, name: `${index}`, content })))
    expect((await engine.attachments.list({ taskId })).items).toHaveLength(8)
    expect(kept()).toBe(1)
  })

  test('a deleted attachment is gone for everybody, and its deletion is in the log', async () => {
    const { engine, taskId, companyId } = await open(storage)
    const { id } = await engine.attachments.upload({ taskId, ...png, content: Buffer.from('x') })
    await engine.attachments.delete({ attachmentId: id })
    for (const read of [engine.attachments.get, engine.attachments.content, engine.attachments.delete])
      expect((await errorOf(read({ attachmentId: id }))).code).toBe('not_found')
    // Also for those who could not have deleted it: nobody is told that it was there.
    const viewer: UserActor = { kind: 'user', id: 'v', roles: { [companyId]: 'viewer' } }
    expect((await errorOf(engine.as(viewer).attachments.delete({ attachmentId: id }))).code).toBe('not_found')
    expect((await engine.attachments.list({ taskId })).items).toEqual([])
    const timeline = await engine.events.task({ taskId })
    expect(timeline.items.map((event) => event.type)).toEqual(expect.arrayContaining(['attachment.created', 'attachment.deleted']))
  })

  test('a run attaches to its own task only; an agent deletes only what it uploaded', async () => {
    const { engine, taskId, companyId, agentId, kept } = await open(storage)
    const other = await engine.tasks.create({ companyId, title: 'Another' })
    const boards = await engine.attachments.upload({ taskId, name: 'board', content: Buffer.from('board') })
    const { credential } = await engine.tasks.checkout({ taskId })
    const run = await engine.authenticate(credential ?? '')
    if (run?.kind !== 'run') throw new Error('the credential is of no run')
    const before = kept()
    const denied = await errorOf(engine.as(run).attachments.upload({ taskId: other.id, ...png, content: Buffer.from('y') }))
    expect(denied.code).toBe('forbidden')
    expect(kept()).toBe(before)
    const own = await engine.as(run).attachments.upload({ taskId, ...png, content: Buffer.from('z') })
    expect(own).toMatchObject({ author: { kind: 'agent', id: agentId }, runId: run.id })
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    expect((await errorOf(agent.attachments.delete({ attachmentId: boards.id }))).code).toBe('forbidden')
    await agent.attachments.delete({ attachmentId: own.id })
    await engine.tasks.release({ taskId })
    const lost = await errorOf(engine.as(run).attachments.upload({ taskId, ...png, content: Buffer.from('late') }))
    expect(lost.code).toBe('lease_lost')
    expect(kept()).toBe(before + 1)
  })

  test('a keyed upload happens once, and the key is good for no other file', async () => {
    const { engine, taskId } = await open(storage)
    const options = { idempotencyKey: 'upload-1' }
    const first = await engine.attachments.upload({ taskId, ...png, content: Buffer.from('one') }, options)
    expect(await engine.attachments.upload({ taskId, ...png, content: Buffer.from('one') }, options)).toEqual(first)
    const error = await errorOf(engine.attachments.upload({ taskId, ...png, content: Buffer.from('two') }, options))
    expect(error.code).toBe('idempotency_mismatch')
    expect((await engine.attachments.list({ taskId })).items).toHaveLength(1)
  })

  test('a file belongs to a comment of its task or to none', async () => {
    const { engine, taskId, companyId } = await open(storage)
    const other = await engine.tasks.create({ companyId, title: 'Another' })
    const [here, there] = await Promise.all([taskId, other.id].map((id) => engine.comments.create({ taskId: id, body: 'see the file' })))
    const upload = (commentId = '') => engine.attachments.upload({ taskId, ...png, commentId, content: Buffer.from('x') })
    expect(await upload(here?.id)).toMatchObject({ commentId: here?.id })
    expect((await errorOf(upload(there?.id))).code).toBe('rule_violated')
  })
})

test('bytes may come as base64, for callers that speak JSON only', async () => {
  const { engine, taskId } = await open('sqlite')
  const upload = (content: string) => engine.attachments.upload({ taskId, ...png, content })
  const attachment = await upload(Buffer.from('hello').toString('base64'))
  const { content } = await engine.attachments.content({ attachmentId: attachment.id })
  expect((await buffer(content)).toString()).toBe('hello')
  for (const wrong of ['not base64!', 'aGVsbG8', '', 'aGVs\nbG8=']) expect((await errorOf(upload(wrong))).code).toBe('invalid_input')
})

test('what is empty, too large, or no bytes is refused, and nothing of it is kept', async () => {
  const { engine, taskId, kept } = await open('sqlite')
  const upload = (content: Uint8Array | string) => errorOf(engine.attachments.upload({ taskId, ...png, content }))
  expect((await upload(new Uint8Array())).code).toBe('invalid_input')
  const limit = 10 * 1024 * 1024
  expect(await upload(new Uint8Array(limit + 1))).toMatchObject({ code: 'payload_too_large', details: { limit } })
  expect((await upload('A'.repeat(limit * 2))).code).toBe('payload_too_large')
  for (const wrong of [null, 7, {}, [1, 2]]) {
    const error = await errorOf(engine.execute('attachments.upload', { input: { taskId, name: 'x', content: wrong }, actor: system }))
    expect(error.code).toBe('invalid_input')
  }
  expect(kept()).toBe(0)
  await engine.attachments.upload({ taskId, ...png, content: new Uint8Array(limit) })
})

const system = { kind: 'system', id: 'system' } as const

test('names that are ways to somewhere, and types that are none, are refused; any other name is kept as given', async () => {
  const { engine, taskId } = await open('sqlite')
  const upload = (changes: object) => engine.attachments.upload({ taskId, ...png, content: Buffer.from('x'), ...changes })
  for (const name of ['', ' ', '.', '..', '../up', 'a/b', 'a\\b', 'a\nb', 'a\u0000b', 'a\u0085b', 'x'.repeat(256)])
    expect([name, (await errorOf(upload({ name }))).code]).toEqual([name, 'invalid_input'])
  for (const contentType of ['png', 'a/b/c', 'text/html\r\nx: y', `text/${'x'.repeat(200)}`])
    expect([contentType, (await errorOf(upload({ contentType }))).code]).toEqual([contentType, 'invalid_input'])
  for (const name of ['résumé “final” (2).pdf', '.env', 'con', '日本.txt', "it's; a=b.txt"])
    expect((await upload({ name })).name).toBe(name)
  expect((await upload({ contentType: 'text/plain; charset="utf-8"' })).contentType).toBe('text/plain; charset="utf-8"')
})

test('strangers, viewers and other companies get nothing, and nothing of theirs is read or kept', async () => {
  const { engine, taskId, companyId, kept } = await open('sqlite')
  const other = await engine.companies.create({ name: 'Other' })
  const { id } = await engine.attachments.upload({ taskId, ...png, content: Buffer.from('secret') })
  const stranger: UserActor = { kind: 'user', id: 's', roles: { [other.id]: 'owner' } }
  const viewer: UserActor = { kind: 'user', id: 'v', roles: { [companyId]: 'viewer' } }
  let reads = 0
  const read = async () => ((reads += 1), new Uint8Array(1))
  const upload = (actor: UserActor) => errorOf(engine.as(actor).attachments.upload({ taskId, ...png, content: read }))
  expect([(await upload(stranger)).code, (await upload(viewer)).code]).toEqual(['not_found', 'forbidden'])
  expect([reads, kept()]).toEqual([0, 1])
  const strange = engine.as(stranger).attachments
  for (const call of [strange.get, strange.content, strange.delete])
    expect((await errorOf(call({ attachmentId: id }))).code).toBe('not_found')
  expect((await errorOf(engine.as(viewer).attachments.delete({ attachmentId: id }))).code).toBe('forbidden')
  expect((await buffer((await engine.as(viewer).attachments.content({ attachmentId: id })).content)).toString()).toBe('secret')
})

test('an engine without a blob store says so; one whose store fails changes nothing and tells no secrets', async () => {
  const bare = await createEngine({ storage: await newStorage() })
  onTestFinished(() => bare.stop())
  const company = await bare.companies.create({ name: 'Acme' })
  const task = await bare.tasks.create({ companyId: company.id, title: 'Write' })
  const absent = await errorOf(bare.attachments.upload({ taskId: task.id, ...png, content: Buffer.from('x') }))
  expect(absent).toMatchObject({ code: 'blobs_unavailable', kind: 'unavailable' })
  expect(absent.message).toContain('localBlobs')

  const { engine, taskId } = await open('sqlite', (blobs) => ({
    ...blobs,
    put: async () => Promise.reject(new Error('EACCES /secret/place')),
  }))
  const failed = await errorOf(engine.attachments.upload({ taskId, ...png, content: Buffer.from('x') }))
  expect(failed.code).toBe('blobs_unavailable')
  expect(failed.message).not.toContain('secret')
  expect((await engine.attachments.list({ taskId })).items).toEqual([])
})

test('bytes that the store lost are an error of the store and not an empty file', async () => {
  const { engine, taskId } = await open('sqlite', (blobs) => ({ ...blobs, get: async () => null }))
  const { id } = await engine.attachments.upload({ taskId, ...png, content: Buffer.from('x') })
  expect((await errorOf(engine.attachments.content({ attachmentId: id }))).code).toBe('blobs_unavailable')
})
