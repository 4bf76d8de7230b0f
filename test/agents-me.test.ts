import { describe, expect, it, onTestFinished } from 'vitest'

import { localOperator } from '@engine/http'
import { callHandler } from './http-fixtures.ts'
import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('who asks who it is, on %s', (storage) => {
  async function open() {
    const world = await createWorld({ agentMode: 'manual', storage: await newStorage(storage) })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, agentId } = world
    const { key } = await engine.keys.create({ agentId, name: 'Laptop' })
    const actor = await engine.authenticate(key)
    if (!actor) throw new Error('the engine does not know the key that it gave')
    return { ...world, key, mine: engine.as(actor), boss: await hire('Boss'), create }

    async function hire(name: string): Promise<string> {
      const wish = { companyId, name, role: 'head', title: 'Chief', adapterType: 'scripted', executionMode: 'manual' as const }
      return (await engine.agents.create(wish)).id
    }
    async function create(): Promise<string> {
      return (await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })).id
    }
  }

  it('is told its profile, its company, its place and how much there is to do', async () => {
    const { engine, companyId, agentId, mine, boss, create } = await open()
    await engine.agents.update({ agentId, reportsTo: boss })
    const below = { companyId, role: 'hand', adapterType: 'scripted', reportsTo: agentId }
    await engine.agents.create({ ...below, name: 'Hand' })
    await engine.agents.terminate({ agentId: (await engine.agents.create({ ...below, name: 'Former' })).id })
    const [, live, blocked, done, gone] = [await create(), await create(), await create(), await create(), await create()]
    await engine.tasks.checkout({ taskId: live })
    await engine.tasks.block({ taskId: blocked, reason: 'no ink' })
    await engine.tasks.checkout({ taskId: done })
    await engine.tasks.complete({ taskId: done })
    await engine.tasks.delete({ taskId: gone })
    const me = await mine.agents.me()
    const company = await engine.companies.get({ companyId })
    expect(me).toEqual({
      agent: { ...(await engine.agents.get({ agentId })), adapterConfig: null, profiles: null, fallbacks: null },
      company: { id: companyId, name: company.name, description: company.description, status: 'active' },
      manager: { id: boss, name: 'Boss', role: 'head', title: 'Chief' },
      reports: 1,
      run: null,
      runs: { running: 1, queued: 0 },
      tasks: { todo: 1, in_progress: 1, in_review: 0, blocked: 1 },
      links: expect.objectContaining({ next: { method: 'POST', path: '/api/agents/me/tasks/next' } }),
    })
    expect(me.agent.status).toBe('running')
  })

  it('by the credential of a run learns which run it is, too', async () => {
    const { engine, agentId, create } = await open()
    const taskId = await create()
    const { run, credential } = await engine.tasks.checkout({ taskId })
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the engine does not know the credential that it gave')
    expect(await engine.as(actor).agents.me()).toMatchObject({ agent: { id: agentId }, run: { id: run.id, taskId }, manager: null })
    await engine.tasks.release({ taskId })
    expect(await errorOf(engine.as(actor).agents.me())).toMatchObject({ code: 'lease_lost' })
  })

  it('counts runs that wait', async () => {
    const { engine, agentId, mine, create } = await open()
    await engine.agents.update({ agentId, executionMode: 'auto' })
    await create()
    await create()
    expect((await mine.agents.me()).runs).toEqual({ running: 0, queued: 2 })
  })

  it('is an agent: people and limited keys are refused, and over HTTP it is asked by the key', async () => {
    const { engine, companyId, agentId, key } = await open()
    const owner = engine.as({ kind: 'user', id: 'u', roles: { [companyId]: 'owner' } })
    expect(await errorOf(owner.agents.me())).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(engine.agents.me())).toMatchObject({ code: 'forbidden' })
    const limited = await engine.keys.create({ agentId, name: 'Reader', scopes: ['tasks:read'] })
    const actor = await engine.authenticate(limited.key)
    if (actor) expect(await errorOf(engine.as(actor).agents.me())).toMatchObject({ code: 'forbidden', details: { scope: 'agents:self' } })
    const call = callHandler({ engine, localActor: localOperator })
    const answer = await call('GET', '/api/agents/me', { headers: { authorization: `Bearer ${key}` } })
    expect(answer).toMatchObject({ status: 200, body: { agent: { id: agentId }, run: null } })
  })
})
