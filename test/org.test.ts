import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { EngineEvent, UserActor } from '@engine/core'
import { createFakeClock, type FakeClock } from '@engine/testing'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

type Wish = Omit<Parameters<World['engine']['agents']['create']>[0], 'companyId' | 'role'> & { role?: string }

const person = (companyId: string, role: 'viewer' | 'operator' | 'admin'): UserActor => ({
  kind: 'user',
  id: role,
  roles: { [companyId]: role },
})

describe.each(['sqlite', 'postgres'])('the org on %s', (storage) => {
  let world: World
  let clock: FakeClock
  let events: EngineEvent<'agent.registered' | 'agent.updated'>[]

  beforeEach(async () => {
    clock = createFakeClock(Date.UTC(2026, 5, 1))
    world = await createWorld({ storage: await newStorage(storage), agentMode: 'manual', clock })
    events = []
    for (const type of ['agent.registered', 'agent.updated'] as const) world.engine.on(type, (event) => void events.push(event))
  })

  afterEach(async () => {
    await world.engine.stop()
  })

  const hire = (wish: Wish) =>
    world.engine.agents.create({ companyId: world.companyId, role: 'writer', adapterType: 'scripted', executionMode: 'manual', ...wish })

  const namesOf = async (page: Promise<{ items: { name: string }[] }>) => (await page).items.map(({ name }) => name)

  /** Ada above Bea, Bea above Cy and Dan, Cy above Eve; Fay by herself. */
  async function hireTeam() {
    const bea = await hire({ name: 'Bea', reportsTo: world.agentId })
    const cy = await hire({ name: 'Cy', reportsTo: bea.id })
    const dan = await hire({ name: 'Dan', reportsTo: bea.id })
    const eve = await hire({ name: 'Eve', reportsTo: cy.id })
    const fay = await hire({ name: 'Fay' })
    return { bea, cy, dan, eve, fay }
  }

  it('keeps the whole profile of an agent', async () => {
    const profile = {
      title: 'Lead',
      icon: '🦊',
      instructions: 'Write.',
      capabilities: ['write'],
      specializations: ['law'],
      tags: ['north'],
      contextMode: 'thin',
      maxConcurrentRuns: 3,
      maxConcurrentTasks: 2,
    } as const
    const agent = await hire({ name: 'Bea', ...profile, capabilities: ['write'], specializations: ['law'], tags: ['north'] })
    expect(agent).toMatchObject({ ...profile, status: 'idle', profiles: {}, fallbacks: [], revision: 1 })
    expect(await world.engine.agents.update({ agentId: agent.id, icon: null, tags: [], maxConcurrentTasks: null })).toMatchObject({
      icon: null,
      tags: [],
      maxConcurrentTasks: null,
      specializations: ['law'],
    })
    expect(await errorOf(hire({ name: 'Cy', maxConcurrentTasks: 0 }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(hire({ name: 'Bea' }))).toMatchObject({ code: 'already_exists' })
  })

  it('shows the tree with what everyone does now', async () => {
    const { bea, dan } = await hireTeam()
    await world.engine.agents.pause({ agentId: dan.id })
    const task = await world.engine.tasks.create({ companyId: world.companyId, title: 'Write', assigneeAgentId: bea.id })
    await world.engine.tasks.checkout({ taskId: task.id })
    const { agents } = await world.engine.agents.tree({ companyId: world.companyId })
    interface Node {
      name: string
      status: string
      reports: Node[]
    }
    const shape = (node: Node): unknown => [`${node.name} ${node.status}`, ...node.reports.map(shape)]
    expect(agents.map(shape)).toEqual([['Ada idle', ['Bea running', ['Cy idle', ['Eve idle']], ['Dan paused']]], ['Fay idle']])
  })

  it('lists who reports to somebody, directly or at all, page by page', async () => {
    const { bea, eve } = await hireTeam()
    const { agents } = world.engine
    expect(await namesOf(agents.reports({ agentId: bea.id }))).toEqual(['Cy', 'Dan'])
    expect(await namesOf(agents.reports({ agentId: world.agentId, isDeep: true }))).toEqual(['Bea', 'Cy', 'Dan', 'Eve'])
    expect(await namesOf(agents.reports({ agentId: eve.id, isDeep: true }))).toEqual([])
    const first = await agents.reports({ agentId: world.agentId, isDeep: true, limit: 3 })
    expect(first.items).toHaveLength(3)
    expect(await namesOf(agents.reports({ agentId: world.agentId, isDeep: true, cursor: first.nextCursor ?? '' }))).toEqual(['Eve'])
    expect(await namesOf(agents.list({ companyId: world.companyId, managerId: bea.id }))).toEqual(['Cy', 'Dan'])
    // What a query string has.
    expect(await namesOf(agents.reports({ agentId: world.agentId, isDeep: 'false' }))).toEqual(['Bea'])
  })

  it('lists agents by role, mode, tag and capability, each page full', async () => {
    const { companyId, engine } = world
    for (const index of [1, 2, 3]) await hire({ name: `Tagged ${index}`, tags: ['north', 'a"b'], capabilities: ['draw'] })
    await hire({ name: 'Lawyer', role: 'lawyer', capabilities: ['draw up'] })
    await hire({ name: 'Human', executionMode: 'human', adapterType: 'human' })
    const names = (filter: object) => namesOf(engine.agents.list({ companyId, ...filter }))
    expect(await names({ tag: 'north', limit: 2 })).toEqual(['Tagged 1', 'Tagged 2'])
    const first = await engine.agents.list({ companyId, tag: 'a"b', limit: 2 })
    expect(await names({ tag: 'a"b', limit: 2, cursor: first.nextCursor })).toEqual(['Tagged 3'])
    expect(await names({ capability: 'draw' })).toEqual(['Tagged 1', 'Tagged 2', 'Tagged 3'])
    expect(await names({ capability: 'dra' })).toEqual([])
    expect(await names({ role: 'lawyer' })).toEqual(['Lawyer'])
    expect(await names({ executionMode: 'human' })).toEqual(['Human'])
    expect(await names({ status: 'idle', tag: "'; drop table agents; --" })).toEqual([])
  })

  it('stays a tree: no loops, no strangers, nobody who is gone, and not deeper than can be shown', async () => {
    const { bea, eve, fay } = await hireTeam()
    const { agents } = world.engine
    const refused = async (agentId: string, reportsTo: string) => (await errorOf(agents.update({ agentId, reportsTo }))).message
    expect(await refused(bea.id, eve.id)).toContain('someone below it')
    expect(await refused(bea.id, bea.id)).toContain('itself')
    const other = await world.engine.companies.create({ name: 'Beta' })
    const stranger = await agents.create({ companyId: other.id, name: 'Sly', role: 'spy', adapterType: 'scripted' })
    expect(await refused(bea.id, stranger.id)).toContain('in this company')
    await agents.terminate({ agentId: fay.id })
    expect(await refused(bea.id, fay.id)).toContain('terminated')
    expect(await errorOf(hire({ name: 'Gus', reportsTo: fay.id }))).toMatchObject({ code: 'rule_violated' })
    let last = eve
    for (let level = 5; level <= 100; level += 1) last = await hire({ name: `Level ${level}`, reportsTo: last.id })
    expect(await errorOf(hire({ name: 'Level 101', reportsTo: last.id }))).toMatchObject({ code: 'rule_violated' })
    const top = await hire({ name: 'Top' })
    expect(await refused(world.agentId, top.id)).toContain('100 levels')
    expect((await agents.tree({ companyId: world.companyId })).agents).toHaveLength(2)
  })

  it('gives the reports of a terminated manager to the manager above', async () => {
    const { bea, cy, dan } = await hireTeam()
    const { agents } = world.engine
    await agents.terminate({ agentId: bea.id })
    expect(await namesOf(agents.reports({ agentId: world.agentId }))).toEqual(['Cy', 'Dan'])
    const moved = events.filter((event) => event.type === 'agent.updated')
    expect(moved.map((event) => event.data)).toEqual([{ changed: ['reportsTo'] }, { changed: ['reportsTo'] }])
    expect(new Set(moved.map((event) => event.entity.id))).toEqual(new Set([cy.id, dan.id]))
    await agents.terminate({ agentId: world.agentId })
    expect((await agents.get({ agentId: cy.id })).reportsTo).toBeNull()
    expect((await world.engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])
  })

  it('has people in it, who need no adapter', async () => {
    const { agents, tasks } = world.engine
    const { companyId } = world
    const human = await agents.create({ companyId, name: 'Hugo', role: 'editor', executionMode: 'human' })
    expect(human).toMatchObject({ executionMode: 'human', adapterType: 'human', adapterConfig: {} })
    expect(await agents.create({ companyId, name: 'Hanna', role: 'editor', adapterType: 'human' })).toMatchObject({
      executionMode: 'human',
    })
    const task = await tasks.create({ companyId, title: 'Edit', assigneeAgentId: human.id })
    expect((await tasks.checkout({ taskId: task.id })).run.agentId).toBe(human.id)
    const wrong = { companyId, name: 'Wrong', role: 'editor' }
    expect(await errorOf(agents.create(wrong))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(agents.create({ ...wrong, adapterType: 'human', executionMode: 'auto' }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(agents.create({ ...wrong, executionMode: 'human', adapterConfig: { command: 'rm' } }))).toMatchObject({
      code: 'invalid_input',
    })
    expect(await errorOf(agents.update({ agentId: human.id, executionMode: 'auto' }))).toMatchObject({ code: 'rule_violated' })
    expect(await agents.update({ agentId: human.id, executionMode: 'auto', adapterType: 'scripted' })).toMatchObject({
      adapterType: 'scripted',
    })
  })

  it('waits for the approval of a hire where a company asks for it, unless an admin goes past it and the log says so', async () => {
    const { engine, companyId } = world
    await engine.companies.update({ companyId, requiresHireApproval: true })
    const registered = () => events.filter((event) => event.type === 'agent.registered').map((event) => event.data)
    const pending = await hire({ name: 'Bea' })
    expect(pending.status).toBe('pending_approval')
    const [approval] = (await engine.approvals.list({ companyId })).items
    expect(approval).toMatchObject({ type: 'hire_agent', status: 'pending', agentId: pending.id })
    expect(await errorOf(engine.agents.update({ agentId: pending.id, title: 'Other' }))).toMatchObject({ code: 'rule_violated' })
    expect((await hire({ name: 'Cy', bypassApproval: true })).status).toBe('idle')
    expect(registered()).toMatchObject([
      { name: 'Bea', status: 'pending_approval', bypassed: false },
      { name: 'Cy', status: 'idle', bypassed: true },
    ])
    await engine.agents.terminate({ agentId: pending.id })
    expect((await engine.approvals.get({ approvalId: approval?.id ?? '' })).status).toBe('cancelled')
    await engine.companies.update({ companyId, requiresHireApproval: false })
    await hire({ name: 'Dan', bypassApproval: true })
    expect(registered().at(-1)).toMatchObject({ name: 'Dan', status: 'idle', bypassed: false })
  })

  it('is changed by those who may, and is absent for other companies', async () => {
    const { engine, companyId, agentId } = world
    const operator = engine.as(person(companyId, 'operator'))
    expect(await errorOf(operator.agents.update({ agentId, title: 'Chief' }))).toMatchObject({ code: 'forbidden' })
    expect((await operator.agents.tree({ companyId })).agents).toHaveLength(1)
    expect((await operator.agents.metrics({ agentId })).agentId).toBe(agentId)
    const other = await engine.companies.create({ name: 'Beta' })
    const stranger = engine.as(person(other.id, 'admin'))
    expect(await errorOf(stranger.agents.tree({ companyId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.agents.reports({ agentId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.agents.metrics({ agentId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.agents.revisions({ agentId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.agents.rollback({ agentId, revision: 1 }))).toMatchObject({ code: 'not_found' })
  })

  describe('the figures of an agent', () => {
    /** A task that its agent finishes after so many milliseconds. */
    async function work(ms: number, end: 'complete' | 'cancel' = 'complete') {
      const { engine, companyId, agentId } = world
      const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
      await engine.tasks.checkout({ taskId: task.id })
      await clock.advance(ms)
      await engine.tasks[end]({ taskId: task.id })
      return task
    }

    it('are of the window that is asked for', async () => {
      const { engine, agentId } = world
      await work(5_000)
      await clock.advance(40 * 86_400_000)
      for (const ms of [1_000, 2_000, 9_001]) await work(ms)
      await work(50_000, 'cancel')
      const recent = await engine.agents.metrics({ agentId })
      expect(recent).toMatchObject({
        tasks: { done: 3, cancelled: 1 },
        cycleTimeMs: { median: 2_000, mean: 4_000 },
        runs: { total: 4 },
        costMicrosPerDoneTask: 0,
        approvalRate: null,
        firstPassRate: null,
      })
      expect(Date.parse(recent.until) - Date.parse(recent.since)).toBe(30 * 86_400_000)
      const all = await engine.agents.metrics({ agentId, since: '2026-05-01T00:00:00Z' })
      expect(all).toMatchObject({ tasks: { done: 4 }, cycleTimeMs: { median: 3_500, mean: 4_250 }, runs: { total: 5 } })
      expect(Object.values(all.runs.byStatus).reduce((sum, count) => sum + count, 0)).toBe(5)
      expect(await errorOf(engine.agents.metrics({ agentId, since: '2024-01-01T00:00:00Z' }))).toMatchObject({ code: 'invalid_input' })
      expect(await errorOf(engine.agents.metrics({ agentId, since: '2030-01-01T00:00:00Z' }))).toMatchObject({ code: 'invalid_input' })
    })

    it('count reviews by what became of each version', async () => {
      const { engine, companyId, agentId } = world
      const submit = async (taskId: string) => engine.deliverables.submit({ taskId, title: 'Text', content: 'text' })
      const review = async (taskId: string, decision: 'approved' | 'revision_requested' | 'rejected') => {
        const { id } = await submit(taskId)
        await engine.deliverables.review({ deliverableId: id, decision, feedback: 'so' })
      }
      const begin = async () => {
        const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
        await engine.tasks.checkout({ taskId: task.id })
        return task.id
      }
      await review(await begin(), 'approved')
      const sentBack = await begin()
      await review(sentBack, 'revision_requested')
      await engine.tasks.checkout({ taskId: sentBack })
      await review(sentBack, 'approved')
      await review(await begin(), 'rejected')
      await submit(await begin())
      const figures = await engine.agents.metrics({ agentId })
      expect(figures).toMatchObject({
        tasks: { done: 2 },
        deliverables: { submitted: 5, pending: 1, approved: 2, revisionRequested: 1, rejected: 1, superseded: 0 },
        approvalRate: 0.5,
      })
      expect(figures.firstPassRate).toBeCloseTo(1 / 3)
    })
  })
})
