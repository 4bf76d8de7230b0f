import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'

import { describe, expect, it, onTestFinished } from 'vitest'

import { scriptedDestination } from '@engine/testing'

import { createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('a version of a deliverable on %s', (database) => {
  async function open() {
    const destination = scriptedDestination()
    const world = await createWorld({ storage: await newStorage(database), destinations: [destination], agentMode: 'manual' })
    const { engine, companyId, agentId } = world
    onTestFinished(() => engine.stop())
    const task = await engine.tasks.create({ companyId, title: 'Report', assigneeAgentId: agentId })
    await engine.tasks.checkout({ taskId: task.id })
    const submit = (more: object = {}) => engine.deliverables.submit({ taskId: task.id, title: 'Report', content: 'text', ...more })
    return { ...world, destination, taskId: task.id, submit }
  }

  it('says what it took, and what was done', async () => {
    const { engine, submit } = await open()
    const parts = {
      usage: { inputTokens: 1_200, outputTokens: 300, costMicros: 4_500 },
      provider: 'anthropic',
      model: 'a model',
      actions: [{ kind: 'publish', to: { site: 'blog', drafts: [1, 2] } }],
    }
    const { id: deliverableId } = await submit(parts)
    expect(await engine.deliverables.get({ deliverableId })).toMatchObject({ ...parts, files: [] })
    const plain = await submit()
    expect(plain).toMatchObject({ usage: null, provider: null, model: null, actions: [], files: [] })
    expect(await errorOf(submit({ usage: { inputTokens: -1 } }))).toMatchObject({ code: 'invalid_input' })
  })

  it('keeps its files, whatever becomes of the attachment, and sends them', async () => {
    const { engine, companyId, taskId, submit, destination } = await open()
    const attachment = await engine.attachments.upload({
      taskId,
      name: 'figures.csv',
      contentType: 'text/csv',
      content: Buffer.from('a,b\n1,2\n'),
    })
    await engine.routes.create({ companyId, name: 'Archive', destinationType: 'scripted', events: ['deliverable.*'] })
    const { id: deliverableId, files } = await submit({ fileIds: [attachment.id] })
    expect(files).toEqual([
      { attachmentId: attachment.id, name: 'figures.csv', contentType: 'text/csv', byteSize: 8, sha256: attachment.sha256 },
    ])
    await engine.attachments.delete({ attachmentId: attachment.id })
    const download = await engine.deliverables.file({ deliverableId, attachmentId: attachment.id })
    expect(String(await buffer(Readable.from(download.content)))).toBe('a,b\n1,2\n')
    expect(await errorOf(submit({ fileIds: [attachment.id] }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('Upload it'),
    })
    expect(await errorOf(engine.deliverables.file({ deliverableId, attachmentId: deliverableId }))).toMatchObject({ code: 'not_found' })
    const sent: string[] = []
    destination.script = async ({ files: given }) => {
      for (const file of given) sent.push(`${file.name} ${file.size} ${String(await buffer(Readable.from(file.open())))}`)
      return { kind: 'delivered' }
    }
    await engine.start()
    await until(
      () => sent,
      (all) => all.length === 1,
    )
    expect(sent).toEqual(['figures.csv 8 a,b\n1,2\n'])
    expect(destination.sent[0]?.event.data).toMatchObject({
      deliverable: { id: deliverableId, content: 'text', files: [{ name: 'figures.csv' }] },
    })
  })

  it('is compared with another by its files too', async () => {
    const { engine, taskId, submit } = await open()
    const upload = async (name: string, text: string) =>
      (await engine.attachments.upload({ taskId, name, contentType: 'text/plain', content: Buffer.from(text) })).id
    const [kept, old, gone, fresh, next] = [
      await upload('kept.txt', 'same'),
      await upload('figures.csv', '1'),
      await upload('gone.txt', 'x'),
      await upload('new.txt', 'x'),
      await upload('figures.csv', '2'),
    ]
    await submit({ fileIds: [kept, old, gone] })
    const second = await submit({ fileIds: [kept, fresh, next] })
    expect(await engine.deliverables.diff({ deliverableId: second.id })).toMatchObject({
      added: 0,
      removed: 0,
      files: [
        { name: 'figures.csv', change: 'changed' },
        { name: 'gone.txt', change: 'removed' },
        { name: 'new.txt', change: 'added' },
      ],
    })
  })

  it('is listed with those before it and what was said to each, without what they hold', async () => {
    const { engine, companyId, taskId, agentId, submit } = await open()
    const first = await submit({ content: 'long' })
    await engine.deliverables.review({ deliverableId: first.id, decision: 'revision_requested', feedback: 'Shorter.' })
    await engine.tasks.checkout({ taskId, agentId })
    const second = await submit({ content: 'short' })
    const { items } = await engine.deliverables.list({ companyId, taskId })
    const { content: _first, ...shown } = await engine.deliverables.get({ deliverableId: first.id })
    const { content: _second, ...pending } = second
    expect(items).toEqual([shown, pending])
    expect(items[0]).toMatchObject({ status: 'revised', review: { decision: 'revision_requested', feedback: 'Shorter.' } })
  })

  it('has a content of any type, with its parameters', async () => {
    const { submit } = await open()
    for (const contentType of ['text/html; charset=utf-8', 'application/vnd.acme+json;v="1"', 'image/svg+xml'])
      expect(await submit({ contentType })).toMatchObject({ contentType })
    for (const contentType of ['text', 'text/', 'text/html; charset', 'a/b\nX: y'])
      expect(await errorOf(submit({ contentType }))).toMatchObject({ code: 'invalid_input' })
  })

  it('is compared with the one before, or with any other', async () => {
    const { engine, submit } = await open()
    const first = await submit({ content: 'one\ntwo\nthree\n' })
    const second = await submit({ content: 'one\n2\nthree\nfour\n' })
    const third = await submit({ content: 'one\n2\nthree\nfour\n' })
    expect(await engine.deliverables.diff({ deliverableId: second.id })).toEqual({
      deliverableId: second.id,
      number: 2,
      againstId: first.id,
      against: 1,
      added: 2,
      removed: 1,
      patch: expect.stringContaining(' one\n-two\n+2\n three\n+four\n'),
      files: [],
    })
    expect(await engine.deliverables.diff({ deliverableId: second.id, against: 2 })).toMatchObject({ added: 0, removed: 0 })
    expect(await engine.deliverables.diff({ deliverableId: third.id })).toMatchObject({ added: 0, removed: 0 })
    expect(await engine.deliverables.diff({ deliverableId: third.id, against: 1 })).toMatchObject({ againstId: first.id, added: 2 })
    expect(await errorOf(engine.deliverables.diff({ deliverableId: first.id }))).toMatchObject({ code: 'rule_violated' })
    const unlike = Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join('\n')
    const fourth = await submit({ content: unlike })
    const fifth = await submit({ content: unlike.replaceAll('line', 'other') })
    expect(fourth.number).toBe(4)
    expect(await engine.deliverables.diff({ deliverableId: fifth.id })).toMatchObject({ patch: null })
  })
})
