import { describe, expect, it, onTestFinished } from 'vitest'

import type { Scope } from '@engine/core'

import { board, createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s, search', (family) => {
  async function open() {
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId } = world
    const titles = async (query: string) => (await engine.search.find({ companyId, query })).items.map((item) => item.title)
    return { ...world, titles }
  }

  it('finds the same words however they are written', async () => {
    const { engine, companyId, titles } = await open()
    await engine.tasks.create({ companyId, title: 'Überprüfe die Straßenkarte', description: 'Auch den Äther, v1.2_beta' })
    await engine.tasks.create({ companyId, title: "Don't re-use foo-bar (42)", description: 'naïve 東京 Привет' })
    const [first, second] = ['ACME-1 Überprüfe die Straßenkarte', "ACME-2 Don't re-use foo-bar (42)"]
    const identifiers = (await engine.tasks.list({ companyId })).items.map((task) => task.identifier)
    const named = (title: string | undefined, index: number) => title?.replace(/^\S+/, identifiers[index] ?? '')
    for (const query of [
      'überprüfe',
      'ÜBERPRÜFE',
      'U\u0308berpru\u0308fe',
      'karte die über',
      'straßen',
      'äther',
      'V1.2',
      'beta',
      identifiers[0],
    ]) {
      const found = await titles(query ?? '')
      expect([query, found]).toEqual([query, query === 'karte die über' ? [] : [named(first, 0)]])
    }
    for (const query of ['foo-bar', 'BAR foo', '"re-use"', "don't", '42', 'foo AND bar', 'naïve', '東京', 'привет', 'use re-']) {
      const isWord = query !== 'foo AND bar'
      expect([query, await titles(query)]).toEqual([query, isWord ? [named(second, 1)] : []])
    }
    expect(await titles('naive')).toEqual([])
    expect(await titles('uberprufe')).toEqual([])
  })

  it.each([
    '"',
    "'",
    '*',
    '"unbalanced',
    'a:b',
    'NEAR(a b)',
    '(',
    ')',
    '!&|<->',
    'a & | b',
    '\\',
    '-',
    '{title}: x',
    '^x',
    ';drop',
    ' \t\n',
    '%_',
  ])('takes %j for words, and never for a language', async (query) => {
    const { engine, companyId } = await open()
    await engine.tasks.create({ companyId, title: 'Something else' })
    expect((await engine.search.find({ companyId, query })).items).toEqual([])
  })

  it('puts a title before the beginning of one, and that before a text; the newest first', async () => {
    const { engine, companyId, titles } = await open()
    const create = (title: string, description?: string) => engine.tasks.create({ companyId, title, ...(description && { description }) })
    const [inText, longer, exact, newer] = [
      await create('Other', 'The plan'),
      await create('Planning'),
      await create('A plan'),
      await create('The plan'),
    ]
    const ids = (await engine.search.find({ companyId, query: 'plan' })).items.map((item) => item.id)
    expect(ids).toEqual([newer.id, exact.id, longer.id, inText.id])
    expect((await engine.search.find({ companyId, query: 'plan', limit: 2 })).items.map((item) => item.id)).toEqual([newer.id, exact.id])
    for (let number = 5; number < 13; number += 1) await create(`Filler ${number}`)
    expect((await titles(`${exact.identifier.split('-')[0]}-1`))[0]).toBe(`${inText.identifier} Other`)
  })

  it('follows what a task is called, and finds a deleted one no more', async () => {
    const { engine, companyId, agentId, titles } = await open()
    const ordinary = await engine.tasks.create({ companyId, title: 'Before' })
    const assigned = await engine.tasks.create({ companyId, title: 'Assigned before', assigneeAgentId: agentId })
    await engine.tasks.createMany({ companyId, tasks: [{ title: 'One of many' }] })
    expect(await titles('many')).toHaveLength(1)
    await engine.tasks.update({ taskId: ordinary.id, title: 'After', description: 'a hidden word' })
    expect(await titles('before')).toEqual([`${assigned.identifier} Assigned before`])
    const { items } = await engine.search.find({ companyId, query: 'hidden', types: 'task,comment' })
    expect(items).toEqual([
      { type: 'task', id: ordinary.id, taskId: ordinary.id, title: `${ordinary.identifier} After`, excerpt: 'a hidden word' },
    ])
    await engine.tasks.delete({ taskId: ordinary.id })
    expect(await titles('hidden')).toEqual([])
    expect(await titles(ordinary.identifier)).toEqual([])
  })

  it('shows a limited key no more than that key may read', async () => {
    const { engine, companyId, agentId } = await open()
    const { task } = await engine.tasks.checkout({ taskId: (await engine.tasks.create({ companyId, title: 'Harvest' })).id, agentId })
    await engine.comments.create({ taskId: task.id, body: 'the harvest is late' })
    await engine.documents.put({ taskId: task.id, key: 'plan', title: 'Harvest', body: 'plan' })
    await engine.deliverables.submit({ taskId: task.id, title: 'Harvest', content: 'done' })
    await engine.knowledge.create({ companyId, title: 'Harvest', body: 'known' })
    const found = async (scopes: Scope[]) => {
      const { key } = await engine.keys.create({ agentId, name: scopes.join(), scopes })
      const actor = await engine.authenticate(key)
      const { items } = await engine.as(actor ?? board).search.find({ companyId, query: 'harvest' })
      return items.map(({ type }) => type).toSorted()
    }
    expect(await found(['tasks:read'])).toEqual(['task'])
    expect(await found(['tasks:read', 'comments:read'])).toEqual(['comment', 'task'])
    expect(await found(['tasks:read', 'documents:read', 'deliverables:read', 'knowledge:read'])).toEqual([
      'deliverable',
      'document',
      'knowledge',
      'task',
    ])
  })

  it('looks into one company only, and no further than its limits', async () => {
    const { engine, companyId, titles } = await open()
    const other = await engine.companies.create({ name: 'Other' })
    await engine.tasks.create({ companyId: other.id, title: 'Common ground' })
    await engine.tasks.create({ companyId, title: 'Common knowledge', description: `${'x '.repeat(10_500)}toofarout` })
    await engine.tasks.create({ companyId, title: 'w'.repeat(300), description: '!!! ???' })
    expect(await titles('common')).toHaveLength(1)
    expect(await titles('toofarout')).toEqual([])
    expect(await titles('w'.repeat(300))).toHaveLength(1)
    expect(await errorOf(engine.search.find({ companyId, query: 'x', limit: 51 }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(engine.search.find({ companyId, query: 'x', types: ['agent'] as never }))).toMatchObject({ code: 'invalid_input' })
    const stranger = engine.as({ kind: 'user', id: 'u', roles: { [other.id]: 'owner' } })
    expect(await errorOf(stranger.search.find({ companyId, query: 'common' }))).toMatchObject({ code: 'not_found' })
  })
})
