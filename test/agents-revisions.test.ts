import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { createEngine, type Engine, type EngineEvent, type UserActor } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

import { errorOf } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { newStorage } from './support/storages.ts'

/** An adapter with a configuration to get wrong. */
const model = { ...scriptedAdapter({ type: 'model' }), configSchema: z.strictObject({ model: z.string(), heat: z.number().default(1) }) }

describe.each(['sqlite', 'postgres'])('the configuration of an agent on %s', (storage) => {
  let engine: Engine
  let companyId: string
  let agentId: string
  let events: EngineEvent<'agent.updated'>[]

  beforeEach(async () => {
    engine = await createEngine({ storage: await newStorage(storage), adapters: [scriptedAdapter(), model], checksOutputs: true })
    companyId = (await engine.companies.create({ name: 'Acme' })).id
    const adapter = { adapterType: 'model', adapterConfig: { model: 'large' } }
    agentId = (await engine.agents.create({ companyId, name: 'Ada', role: 'writer', executionMode: 'manual', ...adapter })).id
    events = []
    engine.on('agent.updated', (event) => void events.push(event))
  })

  afterEach(async () => {
    await engine.stop()
  })

  const numbers = async () => (await engine.agents.revisions({ agentId })).items.map((revision) => revision.number)

  it('is kept from the first on, with who changed what', async () => {
    const admin: UserActor = { kind: 'user', id: 'anna', roles: { [companyId]: 'admin' } }
    await engine.as(admin).agents.update({ agentId, title: 'Lead', capabilities: ['write'] })
    const { items } = await engine.agents.revisions({ agentId })
    expect(items).toMatchObject([
      { number: 2, changed: ['title', 'capabilities'], rolledBackTo: null, actor: { kind: 'user', id: 'anna' } },
      { number: 1, changed: [], rolledBackTo: null, actor: { kind: 'system' } },
    ])
    expect(items[1]?.configuration).toMatchObject({
      role: 'writer',
      title: null,
      adapterConfig: { model: 'large', heat: 1 },
      maxConcurrentRuns: 20,
    })
    expect((await engine.agents.get({ agentId })).revision).toBe(2)
    expect(events.map((event) => event.data)).toEqual([{ changed: ['title', 'capabilities'], revision: 2 }])
  })

  it('makes no revision of what is not configuration, or not different', async () => {
    await engine.agents.update({ agentId, name: 'Ada II', icon: '🦊', tags: ['north'] })
    await engine.agents.update({ agentId, role: 'writer', adapterConfig: { heat: 1, model: 'large' } })
    expect(await numbers()).toEqual([1])
    expect(events.map((event) => event.data)).toEqual([
      { changed: ['name', 'icon', 'tags'] },
      { changed: ['role', 'adapterType', 'adapterConfig'] },
    ])
  })

  it('is listed newest first, page by page', async () => {
    for (const title of ['a', 'b', 'c']) await engine.agents.update({ agentId, title })
    const first = await engine.agents.revisions({ agentId, limit: 3 })
    expect(first.items.map(({ number }) => number)).toEqual([4, 3, 2])
    const rest = await engine.agents.revisions({ agentId, limit: 3, cursor: first.nextCursor ?? '' })
    expect(rest.items.map(({ number }) => number)).toEqual([1])
    expect(rest.nextCursor).toBeNull()
  })

  it('is shown in full to admins only', async () => {
    await engine.agents.update({ agentId, profiles: { cheap: { adapterConfig: { model: 'small' } } } })
    const viewer = engine.as({ kind: 'user', id: 'vic', roles: { [companyId]: 'viewer' } })
    const [shown] = (await viewer.agents.revisions({ agentId })).items
    expect(shown?.configuration).toMatchObject({
      role: 'writer',
      adapterType: 'model',
      adapterConfig: null,
      profiles: null,
      fallbacks: null,
    })
    expect(await viewer.agents.get({ agentId })).toMatchObject({ adapterConfig: null, profiles: null, fallbacks: null })
    const admin = engine.as({ kind: 'user', id: 'anna', roles: { [companyId]: 'admin' } })
    expect(await admin.agents.get({ agentId })).toMatchObject({
      profiles: { cheap: { adapterConfig: { model: 'small', heat: 1 } } },
      fallbacks: [],
    })
    expect(await errorOf(viewer.agents.rollback({ agentId, revision: 1 }))).toMatchObject({ code: 'forbidden' })
    const log = await viewer.events.list({ companyId, limit: 100 })
    expect(JSON.stringify(log)).not.toContain('small')
  })

  it('goes back to what it was, as a new revision', async () => {
    await engine.agents.update({ agentId, adapterConfig: { model: 'small' }, instructions: 'Be brief.', maxConcurrentRuns: 2, name: 'Eda' })
    const back = await engine.agents.rollback({ agentId, revision: 1 })
    expect(back).toMatchObject({ name: 'Eda', instructions: null, maxConcurrentRuns: 20, revision: 3 })
    expect((await engine.agents.get({ agentId })).adapterConfig).toEqual({ model: 'large', heat: 1 })
    const [newest] = (await engine.agents.revisions({ agentId })).items
    expect(newest).toMatchObject({ number: 3, rolledBackTo: 1 })
    expect(newest?.changed.toSorted()).toEqual(['adapterConfig', 'instructions', 'maxConcurrentRuns'])
    expect(events.at(-1)).toMatchObject({ type: 'agent.updated', data: { revision: 3 } })
    await engine.agents.rollback({ agentId, revision: 2 })
    expect(await engine.agents.get({ agentId })).toMatchObject({
      adapterConfig: { model: 'small' },
      instructions: 'Be brief.',
      revision: 4,
    })
    expect(await numbers()).toEqual([4, 3, 2, 1])
  })

  it('does not go back to what it is, to what never was, or when it is gone', async () => {
    expect(await errorOf(engine.agents.rollback({ agentId, revision: 1 }))).toMatchObject({
      code: 'rule_violated',
      details: { present: 1 },
    })
    expect(await errorOf(engine.agents.rollback({ agentId, revision: 7 }))).toMatchObject({ code: 'not_found' })
    await engine.agents.update({ agentId, title: 'Lead' })
    expect(await errorOf(engine.agents.rollback({ agentId, revision: 1, version: 1 }))).toMatchObject({ code: 'version_conflict' })
    await engine.agents.terminate({ agentId })
    expect(await errorOf(engine.agents.rollback({ agentId, revision: 1 }))).toMatchObject({ code: 'rule_violated' })
    expect(await numbers()).toEqual([2, 1])
  })

  it('is checked again by its adapter before it comes back', async () => {
    const kept = storage === 'sqlite' ? sqlite(join(temporaryFolder(), 'engine.db')) : await newStorage(storage)
    const before = await createEngine({ storage: kept, adapters: [scriptedAdapter(), model] })
    const company = await before.companies.create({ name: 'Beta' })
    const wish = { companyId: company.id, name: 'Ada', role: 'writer', adapterType: 'model', adapterConfig: { model: 'large' } }
    const agent = await before.agents.create(wish)
    await before.agents.update({ agentId: agent.id, adapterType: 'scripted' })
    await before.stop()
    const after = await createEngine({ storage: kept, adapters: [scriptedAdapter()] })
    expect(await errorOf(after.agents.rollback({ agentId: agent.id, revision: 1 }))).toMatchObject({
      code: 'rule_violated',
      details: { adapterType: 'model' },
    })
    await after.stop()
  })

  it('has profiles and fallbacks that their adapters accept', async () => {
    const { agents } = engine
    await agents.update({
      agentId,
      profiles: { cheap: { adapterConfig: { model: 'small' } }, primary: { adapterType: 'scripted', adapterConfig: {} } },
    })
    await agents.update({ agentId, fallbacks: [{ adapterType: 'model', adapterConfig: { model: 'old' } }] })
    expect(await agents.get({ agentId })).toMatchObject({
      profiles: { cheap: { adapterConfig: { model: 'small', heat: 1 } }, primary: { adapterType: 'scripted', adapterConfig: {} } },
      fallbacks: [{ adapterType: 'model', adapterConfig: { model: 'old', heat: 1 } }],
      revision: 3,
    })
    const refused = async (change: object) => errorOf(agents.update({ agentId, ...change }))
    expect(await refused({ profiles: { cheap: { adapterConfig: { size: 1 } } } })).toMatchObject({
      code: 'invalid_input',
      details: { errors: [{ path: 'profiles.cheap.adapterConfig.model' }, { path: 'profiles.cheap.adapterConfig' }] },
    })
    expect(await refused({ fallbacks: [{ adapterType: 'magic', adapterConfig: {} }] })).toMatchObject({ code: 'rule_violated' })
    expect(await refused({ fallbacks: [{ adapterType: 'human', adapterConfig: {} }] })).toMatchObject({ code: 'rule_violated' })
    expect(await refused({ profiles: { best: {} } })).toMatchObject({ code: 'invalid_input' })
    // The cheap profile has no adapter of its own, so it would have to run by the new one.
    expect(await refused({ adapterType: 'scripted' })).toMatchObject({ code: 'invalid_input' })
    expect(await agents.update({ agentId, adapterType: 'scripted', profiles: {} })).toMatchObject({ adapterType: 'scripted', revision: 4 })
  })

  it('starts and stops work with the mode that a rollback brings back', async () => {
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    await engine.agents.update({ agentId, executionMode: 'auto' })
    const queued = async () => (await engine.runs.list({ companyId, status: 'queued' })).items.map((run) => run.taskId)
    expect(await queued()).toEqual([task.id])
    await engine.agents.rollback({ agentId, revision: 1 })
    expect(await queued()).toEqual([])
  })
})
