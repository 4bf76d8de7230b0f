import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { UserActor } from '@engine/core'

import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('goals on %s', (storage) => {
  let world: World

  beforeEach(async () => {
    world = await createWorld({ storage: await newStorage(storage) })
  })

  afterEach(async () => {
    await world.engine.stop()
  })

  type Wish = Omit<Parameters<World['engine']['goals']['create']>[0], 'companyId'>
  const set = (wish: Wish | string) =>
    world.engine.goals.create({ companyId: world.companyId, ...(typeof wish === 'string' ? { title: wish } : wish) })
  const newTask = (more: object = {}) =>
    world.engine.tasks.create({ companyId: world.companyId, title: 'Write', status: 'backlog', ...more })

  it('begin with one of the whole company', async () => {
    expect(await errorOf(set({ title: 'Ship', level: 'team' }))).toMatchObject({ code: 'rule_violated', details: { level: 'team' } })
    expect(await set('Grow')).toMatchObject({ level: 'company', parentId: null, status: 'active' })
    expect(await set({ title: 'Ship', level: 'team' })).toMatchObject({ level: 'team', parentId: null })
  })

  it('never leave a company without one that it works for', async () => {
    const { goals } = world.engine
    const grow = await set('Grow')
    const ship = await set({ title: 'Ship', level: 'team' })
    for (const change of [{ status: 'cancelled' }, { status: 'achieved' }, { level: 'team' }, { parentId: ship.id }] as const) {
      const refused = await errorOf(goals.update({ goalId: grow.id, ...change }))
      expect(refused).toMatchObject({ code: 'rule_violated', details: { goalId: grow.id } })
      expect(refused.message).toContain('Set the next one first')
    }
    const planned = await set({ title: 'Next', status: 'planned' })
    expect(await errorOf(goals.update({ goalId: grow.id, status: 'achieved' }))).toMatchObject({ code: 'rule_violated' })
    await goals.update({ goalId: planned.id, status: 'active' })
    expect((await goals.update({ goalId: grow.id, status: 'achieved' })).status).toBe('achieved')
    expect(await errorOf(goals.update({ goalId: grow.id, status: 'active' }))).toMatchObject({ code: 'illegal_transition' })
    expect((await goals.update({ goalId: planned.id, title: 'Thrive' })).title).toBe('Thrive')
  })

  it('are a tree of one company with owners of that company', async () => {
    const { engine, companyId, agentId } = world
    const { goals } = engine
    const grow = await set({ title: 'Grow', ownerAgentId: agentId })
    const ship = await set({ title: 'Ship', parentId: grow.id })
    const test = await set({ title: 'Test', parentId: ship.id, level: 'agent' })
    const sell = await set({ title: 'Sell', parentId: grow.id })
    expect(ship.level).toBe('team')
    const { goals: nodes } = await goals.tree({ companyId })
    expect(nodes).toMatchObject([
      {
        title: 'Grow',
        ownerAgentId: agentId,
        goals: [
          { title: 'Ship', goals: [{ title: 'Test', goals: [] }] },
          { title: 'Sell', goals: [] },
        ],
      },
    ])
    expect((await goals.list({ companyId, parentId: grow.id })).items.map(({ id }) => id)).toEqual([ship.id, sell.id])
    expect((await goals.list({ companyId, level: 'agent' })).items.map(({ id }) => id)).toEqual([test.id])
    expect((await goals.list({ companyId, ownerAgentId: agentId })).items.map(({ id }) => id)).toEqual([grow.id])
    const below = async (goalId: string, parentId: string) => (await errorOf(goals.update({ goalId, parentId }))).message
    expect(await below(ship.id, test.id)).toContain('below itself')
    expect(await below(ship.id, ship.id)).toContain('below itself')
    const other = await engine.companies.create({ name: 'Beta' })
    const theirs = await goals.create({ companyId: other.id, title: 'Win' })
    const sly = await engine.agents.create({ companyId: other.id, name: 'Sly', role: 'spy', adapterType: 'scripted' })
    expect(await below(ship.id, theirs.id)).toContain('in this company')
    expect(await errorOf(set({ title: 'Steal', ownerAgentId: sly.id }))).toMatchObject({ code: 'rule_violated' })
    await goals.update({ goalId: sell.id, status: 'cancelled' })
    expect(await errorOf(set({ title: 'Sell more', parentId: sell.id }))).toMatchObject({ code: 'rule_violated' })
    await engine.agents.terminate({ agentId })
    expect(await errorOf(set({ title: 'Rest', ownerAgentId: agentId }))).toMatchObject({ code: 'rule_violated' })
    expect((await goals.update({ goalId: grow.id, title: 'Grow on', ownerAgentId: agentId })).title).toBe('Grow on')
  })

  it('are at most as deep as can be shown', async () => {
    let last = await set('Level 1')
    for (let level = 2; level <= 100; level += 1) last = await set({ title: `Level ${level}`, parentId: last.id })
    expect(await errorOf(set({ title: 'Level 101', parentId: last.id }))).toMatchObject({ code: 'rule_violated' })
    const pair = await set('Pair')
    await set({ title: 'Of it', parentId: pair.id })
    expect(await errorOf(world.engine.goals.update({ goalId: pair.id, parentId: last.id }))).toMatchObject({ code: 'rule_violated' })
    expect((await world.engine.goals.tree({ companyId: world.companyId })).goals).toHaveLength(2)
  })

  it('show how far their tasks are, with those of the goals below and of their projects', async () => {
    const { engine, companyId } = world
    const grow = await set('Grow')
    const ship = await set({ title: 'Ship', parentId: grow.id })
    const sell = await set({ title: 'Sell', parentId: grow.id })
    const project = await engine.projects.create({ companyId, name: 'Shop', goalId: sell.id })
    const cancelled = await newTask({ goalId: ship.id })
    await engine.tasks.cancel({ taskId: cancelled.id })
    await newTask({ goalId: ship.id })
    const done = await newTask({ goalId: grow.id })
    await engine.tasks.checkout({ taskId: done.id, agentId: world.agentId })
    await engine.tasks.complete({ taskId: done.id })
    await newTask({ projectId: project.id })
    await newTask({ projectId: project.id, goalId: ship.id })
    await newTask()
    const progress = (goalId: string) => engine.goals.progress({ goalId })
    expect(await progress(grow.id)).toEqual({ total: 5, done: 1, cancelled: 1, percent: 25 })
    expect(await progress(ship.id)).toEqual({ total: 3, done: 0, cancelled: 1, percent: 0 })
    expect(await progress(sell.id)).toEqual({ total: 1, done: 0, cancelled: 0, percent: 0 })
  })

  it('are told to a run: the goal of its task, of the task above, of the project, or of the company', async () => {
    const { engine, companyId, agentId, adapter } = world
    const grow = await set({ title: 'Grow', status: 'planned' })
    await set('Thrive')
    const ship = await set({ title: 'Ship', parentId: grow.id })
    const sell = await set({ title: 'Sell', parentId: grow.id })
    const project = await engine.projects.create({ companyId, name: 'Shop', goalId: sell.id })
    const parent = await newTask({ projectId: project.id })
    await engine.start()
    const toldOf = async (taskId: string) => {
      const find = async () => adapter.turns.find(({ context }) => context.task.id === taskId)
      return (await until(find, (turn) => turn !== undefined))?.context.goals.map(({ title }) => title)
    }
    const told = async (more: object) => toldOf((await newTask({ status: 'todo', assigneeAgentId: agentId, ...more })).id)
    expect(await told({ goalId: ship.id, projectId: project.id })).toEqual(['Ship', 'Grow'])
    expect(await told({ projectId: project.id })).toEqual(['Sell', 'Grow'])
    expect(await told({ parentId: parent.id })).toEqual(['Sell', 'Grow'])
    expect(await told({})).toEqual(['Thrive'])
    // A goal that the parent was given after its child was made.
    const child = await newTask({ parentId: parent.id })
    await engine.tasks.update({ taskId: parent.id, goalId: ship.id })
    await engine.tasks.update({ taskId: child.id, status: 'todo' })
    await engine.tasks.assign({ taskId: child.id, agentId })
    expect(await toldOf(child.id)).toEqual(['Ship', 'Grow'])
  })

  it('are set by operators, seen by viewers and agents, and absent for other companies', async () => {
    const { engine, companyId, agentId } = world
    const grow = await set('Grow')
    const viewer = engine.as({ kind: 'user', id: 'vic', roles: { [companyId]: 'viewer' } } satisfies UserActor)
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    const other = await engine.companies.create({ name: 'Beta' })
    const stranger = engine.as({ kind: 'user', id: 'eve', roles: { [other.id]: 'owner' } } satisfies UserActor)
    expect((await viewer.goals.tree({ companyId })).goals).toHaveLength(1)
    expect((await agent.goals.progress({ goalId: grow.id })).total).toBe(0)
    for (const reader of [viewer, agent]) {
      expect(await errorOf(reader.goals.update({ goalId: grow.id, title: 'Shrink' }))).toMatchObject({ code: 'forbidden' })
    }
    expect(await errorOf(stranger.goals.tree({ companyId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(stranger.goals.progress({ goalId: grow.id }))).toMatchObject({ code: 'not_found' })
  })
})
