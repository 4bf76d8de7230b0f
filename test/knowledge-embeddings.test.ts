import { join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, type EngineOptions, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { testEmbedder } from './support/embedder.ts'
import { createWorld, errorOf, until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase, newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s, with an embedder, knowledge', (family) => {
  async function open(more: Partial<EngineOptions> & { storage?: Storage } = {}) {
    const embedder = testEmbedder()
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual', embedder, ...more })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, watch } = world
    const write = (title: string, body: string, more: { projectId?: string; tags?: string[] } = {}) =>
      engine.knowledge.create({ companyId, title, body, ...more })
    const search = (query: string, projectId?: string) => engine.knowledge.search({ companyId, query, ...(projectId && { projectId }) })
    const titles = async (query: string, projectId?: string) => (await search(query, projectId)).items.map(({ title }) => title)
    const vectors = async () =>
      Number(Object.values((await watch.query(`select count(*) as count from ${watch.table('knowledge_vectors')}`, []))[0] ?? {})[0])
    const embedded = (count: number) => until(vectors, (present) => present === count)
    return { ...world, embedder, write, search, titles, embedded, vectors }
  }

  it('is found by its meaning as well as by its words', async () => {
    const { engine, embedder, write, search, titles, embedded } = await open()
    await engine.start()
    await write('Fleet', 'Every automobile is washed on Mondays.')
    await write('The word car', 'It is short.')
    await write('Zoo', 'An otter swims.', { tags: ['animal'] })
    await embedded(3)
    expect(embedder.calls.flat()).toContain('Zoo\nanimal\nAn otter swims.')
    expect(await search('where is my car')).toMatchObject({ usedEmbeddings: true })
    expect(await titles('where is my car')).toEqual(['The word car', 'Fleet'])
    expect(await titles('dog')).toEqual(['Zoo'])
    expect(await titles('nothing of this sort')).toEqual([])
    const task = await engine.tasks.create({ companyId: (await engine.companies.list({})).items[0]?.id ?? '', title: 'Sell the vehicle' })
    const { knowledge } = await engine.tasks.context({ taskId: task.id })
    expect(knowledge.usedEmbeddings).toBe(true)
    expect(knowledge.entries.map(({ title }) => title)).toEqual(expect.arrayContaining(['Fleet', 'The word car']))
  })

  it('of another project or company is not near, whatever it means', async () => {
    const { engine, companyId, write, titles, embedded } = await open()
    const [shop, yard] = [
      await engine.projects.create({ companyId, name: 'Shop' }),
      await engine.projects.create({ companyId, name: 'Yard' }),
    ]
    const other = await engine.companies.create({ name: 'Beta' })
    await engine.start()
    await write('Ours', 'automobile')
    await write('Of the shop', 'automobile', { projectId: shop.id })
    await write('Of the yard', 'automobile', { projectId: yard.id })
    await engine.knowledge.create({ companyId: other.id, title: 'Theirs', body: 'automobile' })
    await embedded(4)
    expect(await titles('car', shop.id)).toEqual(['Of the shop', 'Ours'])
    expect(await titles('car')).toHaveLength(3)
    const task = await engine.tasks.create({ companyId, title: 'A car', projectId: yard.id })
    expect((await engine.knowledge.context({ taskId: task.id })).entries.map(({ title }) => title)).toEqual(['Of the yard', 'Ours'])
  })

  it('that changed is found by what it means now, and deleted no more', async () => {
    const { engine, embedder, write, search, titles, embedded, vectors } = await open()
    await engine.start()
    const entry = await write('A thing', 'automobile')
    await embedded(1)
    expect(await titles('car')).toEqual(['A thing'])
    const answer = Promise.withResolvers<number[][]>()
    embedder.failing = (texts) => (texts.some((text) => text.includes('otter')) ? answer.promise : null)
    await engine.knowledge.update({ knowledgeEntryId: entry.id, body: 'an otter' })
    expect(await search('car')).toMatchObject({ usedEmbeddings: true, items: [] })
    answer.resolve([[0, 0, 1]])
    await until(
      () => titles('dog'),
      (found) => found.length === 1,
    )
    expect(await titles('car')).toEqual([])
    await engine.knowledge.delete({ knowledgeEntryId: entry.id })
    expect([await titles('dog'), await vectors()]).toEqual([[], 0])
  })

  it('goes by its words while the embedder fails, and says so', async () => {
    const { engine, embedder, write, search, embedded } = await open({ settings: { retryBaseMs: 20, sweepMs: 20 } })
    embedder.failing = async () => Promise.reject(new Error('no credit'))
    await engine.start()
    await write('A car', 'for sale')
    await write('An automobile', 'for rent')
    const found = await search('car')
    expect([found.usedEmbeddings, found.items.map(({ title }) => title)]).toEqual([false, ['A car']])
    await until(
      async () => embedder.calls.length,
      (calls) => calls > 1,
    )
    embedder.failing = null
    await embedded(2)
    const again = await until(
      () => search('car'),
      ({ usedEmbeddings }) => usedEmbeddings,
    )
    expect(again.items.map(({ title }) => title)).toEqual(['A car', 'An automobile'])
  })

  it.each([
    ['too few vectors', async () => []],
    ['vectors of another length', async (texts: readonly string[]) => texts.map(() => [1, 2])],
    ['what are no numbers', async (texts: readonly string[]) => texts.map(() => [Number.NaN, 1, 2])],
    ['nothing', async () => undefined as never],
  ])('is not mixed up by an embedder that gives %s', async (_, failing) => {
    const { embedder, write, search, engine, vectors } = await open()
    await write('A car', 'for sale')
    embedder.failing = failing
    expect(await search('car')).toMatchObject({ usedEmbeddings: false, items: [{ title: 'A car' }] })
    await engine.start()
    await until(
      async () => embedder.calls.length,
      (calls) => calls > 1,
    )
    expect(await vectors()).toBe(0)
  })

  it('that the embedder refuses waits by itself, and all others are found', async () => {
    const { engine, embedder, write, titles, embedded } = await open()
    embedder.failing = (texts) => (texts.some((text) => text.includes('poison')) ? Promise.reject(new Error('bad text')) : null)
    await write('One', 'automobile')
    await write('Two', 'poison')
    for (let index = 0; index < 40; index += 1) await write(`Car ${index}`, 'vehicle')
    await write('Last', 'automobile')
    await engine.start()
    await embedded(42)
    expect(await titles('money')).toEqual([])
    embedder.failing = null
    await embedded(43)
  })

  it('of a company whose vectors could not be kept is tried again, and holds up no other', async () => {
    let refusals = 3
    const probe = (step: string) => {
      if (step === 'knowledge.storeVectors.handled' && (refusals -= 1) >= 0) throw new Error('not now')
    }
    const { engine, write, embedded } = await open({ probe })
    const other = await engine.companies.create({ name: 'Beta' })
    await write('Ours', 'automobile')
    await engine.knowledge.create({ companyId: other.id, title: 'Theirs', body: 'automobile' })
    await engine.start()
    await embedded(2)
    expect(refusals).toBeLessThan(0)
  })

  it('asks nothing of the embedder where there is nothing to find', async () => {
    const { engine, companyId, embedder, search } = await open()
    expect(await search('car')).toMatchObject({ items: [], usedEmbeddings: false })
    const task = await engine.tasks.create({ companyId, title: 'A car' })
    await engine.tasks.context({ taskId: task.id })
    expect(embedder.calls).toEqual([])
  })

  it('has vectors of each embedder by itself, made also of what was written before', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const url = family === 'postgres' ? await newDatabase() : ''
    const storage = () => (family === 'postgres' ? postgres(url) : sqlite(file))
    const plain = await createEngine({ storage: storage() })
    const { id: companyId } = await plain.companies.create({ name: 'Acme' })
    await plain.knowledge.create({ companyId, title: 'Fleet', body: 'automobile' })
    await plain.stop()
    for (const id of ['first', 'second']) {
      const embedder = testEmbedder(id)
      const engine = await createEngine({ storage: storage(), embedder, settings: { sweepMs: 20 } })
      expect((await engine.knowledge.search({ companyId, query: 'car' })).items).toEqual([])
      await engine.start()
      await until(
        () => engine.knowledge.search({ companyId, query: 'car' }),
        ({ items }) => items.length === 1,
      )
      expect(embedder.calls.filter(([text]) => text?.startsWith('Fleet'))).toHaveLength(1)
      await engine.stop()
    }
  })
})

it('an embedder that does not say what it is is refused before anything is opened', async () => {
  for (const odd of [{ id: '' }, { dimensions: 0 }, { dimensions: 1.5 }, { spec: 'engine.embedder.v2' as never }]) {
    const storage = sqlite(':memory:')
    const opening = createEngine({
      storage: { ...storage, open: () => Promise.reject(new Error('opened')) as never },
      embedder: { ...testEmbedder(), ...odd },
    })
    expect(await errorOf(opening)).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('engine.embedder.v1') })
  }
})

it('a provider is never asked while a transaction of the host is open', async () => {
  const file = join(temporaryFolder(), 'engine.db')
  const embedder = testEmbedder()
  const engine = await createEngine({ storage: sqlite(file), embedder })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  await engine.knowledge.create({ companyId, title: 'A car', body: '' })
  const db = new Database(file)
  db.exec('begin immediate')
  const found = await engine.join(db).knowledge.search({ companyId, query: 'car' })
  db.exec('commit')
  db.close()
  expect([found.usedEmbeddings, found.items.length, embedder.calls.length]).toEqual([false, 1, 0])
})
