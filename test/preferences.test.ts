import { describe, expect, it, onTestFinished } from 'vitest'

import type { Role, UserActor } from '@engine/core'

import { createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s, preferences', (family) => {
  async function open() {
    const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId } = world
    const person = (id: string, role: Role = 'viewer'): UserActor => ({ kind: 'user', id, roles: { [companyId]: role } })
    const set = (scope: 'company' | 'project' | 'agent' | 'task' | 'user', value: string, scopeId?: string) =>
      engine.preferences.set({ companyId, scope, key: 'report.language', value, ...(scopeId && { scopeId }) })
    return { ...world, person, set }
  }

  it('are set, changed by who has read them, and taken back', async () => {
    const { engine, companyId } = await open()
    const first = await engine.preferences.set({ companyId, scope: 'company', key: 'report.language', value: 'en' })
    expect(first).toMatchObject({ companyId, scope: 'company', scopeId: companyId, key: 'report.language', value: 'en', version: 1 })
    const same = await engine.preferences.set({ companyId, scope: 'company', key: 'report.language', value: 'en' })
    expect(same).toEqual(first)
    const next = await engine.preferences.set({ companyId, scope: 'company', key: 'report.language', value: { a: [1, null] }, version: 1 })
    expect(next).toMatchObject({ id: first.id, value: { a: [1, null] }, version: 2 })
    for (const version of [0, 1])
      expect(
        await errorOf(engine.preferences.set({ companyId, scope: 'company', key: 'report.language', value: 1, version })),
      ).toMatchObject({
        code: 'version_conflict',
        details: { currentVersion: 2 },
      })
    expect(await errorOf(engine.preferences.set({ companyId, scope: 'company', key: 'other', value: 1, version: 1 }))).toMatchObject({
      code: 'version_conflict',
    })
    expect(await engine.preferences.get({ preferenceId: first.id })).toEqual(next)
    expect(await errorOf(engine.preferences.unset({ preferenceId: first.id, version: 1 }))).toMatchObject({ code: 'version_conflict' })
    expect(await engine.preferences.unset({ preferenceId: first.id })).toEqual({ preferenceId: first.id })
    expect(await errorOf(engine.preferences.get({ preferenceId: first.id }))).toMatchObject({ code: 'not_found' })
    const again = await engine.preferences.set({ companyId, scope: 'company', key: 'report.language', value: null, version: 0 })
    expect(again).toMatchObject({ value: null, version: 1 })
    const told = (await engine.events.list({ companyId, limit: 100 })).items.filter(({ entity }) => entity.type === 'preference')
    expect(told.map(({ type, entity: { id, version }, data }) => [type, id, version, data])).toEqual([
      ['preference.set', first.id, 1, { scope: 'company', scopeId: companyId, key: 'report.language' }],
      ['preference.set', first.id, 2, { scope: 'company', scopeId: companyId, key: 'report.language' }],
      ['preference.unset', first.id, 3, { scope: 'company', scopeId: companyId, key: 'report.language' }],
      ['preference.set', again.id, 1, { scope: 'company', scopeId: companyId, key: 'report.language' }],
    ])
    expect(await engine.verify()).toMatchObject({ isSound: true })
  })

  it('count from the nearest that says something: task, tasks above, project, agent, person, company', async () => {
    const { engine, companyId, agentId, person, set } = await open()
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    const mia = engine.as(person('mia', 'operator'))
    const above = await mia.tasks.create({ companyId, title: 'Above', projectId: project.id })
    const middle = await mia.tasks.create({ companyId, title: 'Middle', parentId: above.id })
    const task = await mia.tasks.create({ companyId, title: 'Below', parentId: middle.id, assigneeAgentId: agentId })
    const resolved = async () => (await engine.preferences.resolve({ companyId, taskId: task.identifier })).preferences
    expect(await resolved()).toEqual([])
    const setAll = [
      () => set('company', 'of the company'),
      () => mia.preferences.set({ companyId, scope: 'user', key: 'report.language', value: 'of mia' }),
      () => set('agent', 'of the agent', agentId),
      () => set('project', 'of the project', project.id),
      () => set('task', 'of the top', above.id),
      () => set('task', 'of the middle', middle.id),
      () => set('task', 'of the task', task.identifier),
    ]
    for (const setOne of setAll) {
      const { value, scope, scopeId: id } = await setOne()
      expect(await resolved()).toEqual([{ key: 'report.language', value, from: { scope, id } }])
    }
    expect((await engine.preferences.list({ companyId })).items).toHaveLength(7)
    const own = async (scope: 'user' | 'task', scopeId?: string) =>
      (await mia.preferences.list({ companyId, scope, ...(scopeId && { scopeId }) })).items.map(({ value }) => value)
    expect([await own('user'), await own('user', 'noa'), await own('task', task.id)]).toEqual([['of mia'], [], ['of the task']])
    const effective = async (input: object) => (await engine.preferences.resolve({ companyId, ...input })).preferences[0]?.value
    expect(await effective({})).toBe('of the company')
    expect(await effective({ userId: 'mia' })).toBe('of mia')
    expect(await effective({ userId: 'mia', agentId })).toBe('of the agent')
    expect(await effective({ userId: 'mia', agentId, projectId: project.id })).toBe('of the project')
  })

  it('are part of what whoever works on a task is given, with those of its agent and of whom it is for', async () => {
    const { engine, companyId, agentId, adapter, person } = await open()
    const mia = engine.as(person('mia', 'operator'))
    const say = (key: string, value: string | null | object, more: { scope: 'company' | 'agent'; scopeId?: string }) =>
      engine.preferences.set({ companyId, key, value: value as never, ...more })
    await say('a.one', 'company', { scope: 'company' })
    await say('a.two', { deep: ['company'] }, { scope: 'company' })
    await say('a.three', 'company', { scope: 'company' })
    await say('a.two', null, { scope: 'agent', scopeId: agentId })
    await mia.preferences.set({ companyId, scope: 'user', key: 'a.three', value: 'mia' })
    const expected = { 'a.one': 'company', 'a.three': 'mia', 'a.two': null }
    const task = await mia.tasks.create({ companyId, title: 'Work', assigneeAgentId: agentId })
    expect((await engine.tasks.context({ taskId: task.id })).preferences).toEqual(expected)
    await engine.agents.update({ agentId, executionMode: 'auto' })
    const second = await mia.tasks.create({ companyId, title: 'Run', assigneeAgentId: agentId })
    await engine.start()
    const turn = await until(
      async () => adapter.turns.find(({ context }) => context.task.id === second.id),
      (found) => found !== undefined,
    )
    expect(turn?.context.preferences).toEqual(expected)
  })

  it('of a person are theirs to say, of a task the operators’, of all else the admins’; agents say nothing', async () => {
    const { engine, companyId, agentId, person } = await open()
    const task = await engine.tasks.create({ companyId, title: 'Work', assigneeAgentId: agentId })
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    const { credential } = await engine.tasks.checkout({ taskId: task.id })
    const run = await engine.authenticate(credential ?? '')
    if (!run) throw new Error('the credential is unknown')
    const wishes = [
      { scope: 'user' },
      { scope: 'user', scopeId: 'somebody' },
      { scope: 'task', scopeId: task.id },
      { scope: 'company' },
      { scope: 'project', scopeId: project.id },
      { scope: 'agent', scopeId: agentId },
    ] as const
    const allowed = { viewer: [0], reviewer: [0], operator: [0, 2], admin: [0, 2, 3, 4, 5], owner: [0, 2, 3, 4, 5] }
    for (const [role, may] of Object.entries(allowed)) {
      // The names of the roles.
      const api = engine.as(person(`a ${role}`, role as Role))
      for (const [index, wish] of wishes.entries()) {
        const call = api.preferences.set({ companyId, key: 'k', value: role, ...wish })
        const outcome = await call.then(
          () => 'set',
          (error: unknown) => String(Object(error).code),
        )
        expect([role, index, outcome]).toEqual([role, index, may.includes(index) ? 'set' : 'forbidden'])
      }
    }
    for (const actor of [{ kind: 'agent', id: agentId, companyId } as const, run]) {
      for (const wish of wishes.slice(1))
        expect(await errorOf(engine.as(actor).preferences.set({ companyId, key: 'k', value: 1, ...wish }))).toMatchObject({
          code: 'forbidden',
        })
      expect((await engine.as(actor).preferences.list({ companyId })).items.length).toBeGreaterThan(3)
    }
    const ofCompany = (await engine.preferences.list({ companyId, scope: 'company' })).items[0]?.id ?? ''
    expect(await errorOf(engine.as(person('o', 'operator')).preferences.unset({ preferenceId: ofCompany }))).toMatchObject({
      code: 'forbidden',
    })
    const ofViewer = (await engine.preferences.list({ companyId, scope: 'user', scopeId: 'a viewer' })).items[0]?.id ?? ''
    expect(await errorOf(engine.as(person('a owner', 'owner')).preferences.unset({ preferenceId: ofViewer }))).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('a viewer'),
    })
    await engine.as(person('a viewer')).preferences.unset({ preferenceId: ofViewer })
  })

  it('have names and limits', async () => {
    const { engine, companyId } = await open()
    const set = (key: string, value: unknown = 1) => engine.preferences.set({ companyId, scope: 'company', key, value: value as never })
    for (const key of ['', 'A', 'a.', '.a', 'a..b', 'a b', '__proto__', 'a.__proto__', 'constructor', '1a', 'x'.repeat(129)])
      expect([key, (await errorOf(set(key))).code]).toEqual([key, 'invalid_input'])
    for (const key of ['a', 'a.b-c_d.e1', 'tostring', 'x'.repeat(128)]) expect((await set(key)).key).toBe(key)
    expect(await errorOf(set('large', 'x'.repeat(16_383)))).toMatchObject({ code: 'invalid_input' })
    for (const key of ['l1', 'l2', 'l3']) await set(key, 'x'.repeat(16_382))
    expect(await errorOf(set('l4', 'x'.repeat(16_382)))).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('65536') })
    await set('l4', 'x'.repeat(16_000))
    await set('l1', 'short')
    for (let index = 8; index < 100; index += 1) await set(`k${index}`)
    expect(await errorOf(set('one-more'))).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('100') })
    expect((await set('k8', 2)).version).toBe(2)
    expect((await engine.preferences.resolve({ companyId })).preferences).toHaveLength(100)
  })

  it('are of what is there, in one company', async () => {
    const { engine, companyId, agentId, person, set } = await open()
    const other = await engine.companies.create({ name: 'Beta' })
    const theirs = await engine.projects.create({ companyId: other.id, name: 'Theirs' })
    const theirTask = await engine.tasks.create({ companyId: other.id, title: 'Theirs' })
    const { id: preferenceId } = await set('company', 'ours')
    const refused = { code: 'rule_violated' }
    expect(await errorOf(set('project', 'x', theirs.id))).toMatchObject(refused)
    expect(await errorOf(set('task', 'x', theirTask.id))).toMatchObject(refused)
    expect(await errorOf(set('task', 'x', theirTask.identifier))).toMatchObject(refused)
    expect(await errorOf(set('agent', 'x', 'no id'))).toMatchObject(refused)
    expect(await errorOf(set('company', 'x', other.id))).toMatchObject(refused)
    for (const scope of ['project', 'agent', 'task', 'user'] as const)
      expect(await errorOf(set(scope, 'x'))).toMatchObject({ code: 'invalid_input' })
    const resolve = (more: object) => engine.preferences.resolve({ companyId, ...more })
    expect(await errorOf(resolve({ taskId: theirTask.id }))).toMatchObject(refused)
    expect(await errorOf(resolve({ projectId: theirs.id }))).toMatchObject(refused)
    const task = await engine.tasks.create({ companyId, title: 'Ours', assigneeAgentId: agentId })
    expect(await errorOf(resolve({ taskId: task.id, projectId: theirs.id }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(engine.preferences.list({ companyId, scopeId: task.id }))).toMatchObject({ code: 'invalid_input' })
    const stranger = engine.as({ kind: 'user', id: 'u', roles: { [other.id]: 'owner' } })
    expect(await errorOf(stranger.preferences.unset({ preferenceId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.preferences.list({ companyId }))).toMatchObject({ code: 'not_found' })
    expect((await stranger.preferences.resolve({ companyId: other.id })).preferences).toEqual([])
    await engine.companies.archive({ companyId })
    expect(await errorOf(set('company', 'late'))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(engine.as(person('u')).preferences.set({ companyId, scope: 'user', key: 'k', value: 1 }))).toMatchObject({
      code: 'rule_violated',
    })
    expect((await resolve({})).preferences).toHaveLength(1)
  })
})
