import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createWorld, errorOf, type World } from './support/engine.ts'

let world: World

beforeEach(async () => {
  world = await createWorld({ agentMode: 'manual' })
})

afterEach(async () => {
  await world.engine.stop()
})

const newTask = (more: object = {}) => world.engine.tasks.create({ companyId: world.companyId, title: 'Write', ...more })

describe('a task', () => {
  it('takes the goal of its parent', async () => {
    const goal = await world.engine.goals.create({ companyId: world.companyId, title: 'Grow' })
    const parent = await newTask({ goalId: goal.id })
    expect(await newTask({ parentId: parent.identifier })).toMatchObject({ parentId: parent.id, goalId: goal.id })
  })

  it('is routed to the least busy agent that can do it, and says why when nobody can', async () => {
    const { engine, companyId } = world
    const hire = (name: string, capabilities: string[]) =>
      engine.agents.create({ companyId, name, role: 'r', adapterType: 'scripted', executionMode: 'manual', capabilities })
    const [first, second] = [await hire('Kim', ['draw']), await hire('Lee', ['draw', 'cut'])]
    const assignees = []
    for (let count = 0; count < 4; count += 1) assignees.push((await newTask({ requiredCapabilities: ['draw'] })).assigneeAgentId)
    for (const agent of [first, second]) expect(assignees.filter((id) => id === agent.id)).toHaveLength(2)
    const nobody = await newTask({ requiredCapabilities: ['fly'] })
    expect(nobody.assigneeAgentId).toBeNull()
    const failed = (await engine.events.task({ taskId: nobody.id })).items.find((event) => event.type === 'task.routing_failed')
    expect(failed?.data).toEqual({ reason: 'no agent at work has fly' })
    await engine.agents.update({ agentId: second.id, capabilities: ['fly'] })
    expect((await engine.tasks.route({ taskId: nobody.id })).assigneeAgentId).toBe(second.id)
  })

  it('is changed only from the version that was read, when one is named', async () => {
    const task = await newTask()
    await world.engine.tasks.update({ taskId: task.id, version: 1, title: 'New' })
    expect(await errorOf(world.engine.tasks.update({ taskId: task.id, version: 1, title: 'Newer' }))).toMatchObject({
      code: 'version_conflict',
      details: { currentVersion: 2, yourVersion: 1 },
    })
    expect((await world.engine.tasks.get({ taskId: task.id })).title).toBe('New')
  })

  it('makes only legal moves, and an illegal one is told what would be legal', async () => {
    const task = await newTask({ status: 'backlog' })
    const refused = await errorOf(world.engine.tasks.complete({ taskId: task.id }))
    expect(refused).toMatchObject({ code: 'illegal_transition', details: { from: 'backlog', to: 'done' } })
    expect(refused.details['legal']).toEqual([
      { to: 'todo', by: ['update'] },
      { to: 'in_progress', by: ['checkout'] },
      { to: 'cancelled', by: ['cancel'] },
    ])
    expect(await errorOf(world.engine.tasks.update({ taskId: task.id, status: 'in_progress' }))).toMatchObject({
      code: 'illegal_transition',
    })
    expect(await errorOf(world.engine.tasks.update({ taskId: task.id, status: 'done' }))).toMatchObject({ code: 'illegal_transition' })
  })

  it('clears a field that is set to null, and refuses a change that names nothing', async () => {
    const task = await newTask({ description: 'x' })
    expect((await world.engine.tasks.update({ taskId: task.id, description: null })).description).toBeNull()
    expect(await errorOf(world.engine.tasks.update({ taskId: task.id }))).toMatchObject({ code: 'invalid_input' })
  })
})

describe('a company', () => {
  it('gets a free prefix from its name, and refuses a taken one that it asked for', async () => {
    expect((await world.engine.companies.create({ name: 'Acme Two' })).taskPrefix).toBe('ACM2')
    expect((await world.engine.companies.create({ name: '42' })).taskPrefix).toBe('C42')
    expect(await errorOf(world.engine.companies.create({ name: 'Other', taskPrefix: 'ACM' }))).toMatchObject({
      code: 'already_exists',
      kind: 'conflict',
      message: 'There already is a company with this task prefix.',
    })
  })

  it('takes no new work once it is archived, and stays archived', async () => {
    await world.engine.companies.archive({ companyId: world.companyId })
    expect(await errorOf(newTask())).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(world.engine.companies.resume({ companyId: world.companyId }))).toMatchObject({
      code: 'illegal_transition',
      details: { legal: [] },
    })
  })
})

describe('the org', () => {
  it('is a tree: nobody reports to themselves or to somebody below', async () => {
    const { engine, companyId, agentId } = world
    const hire = (name: string, reportsTo: string) =>
      engine.agents.create({ companyId, name, role: 'r', adapterType: 'scripted', reportsTo })
    const middle = await hire('Middle', agentId)
    const bottom = await hire('Bottom', middle.id)
    expect(await errorOf(engine.agents.update({ agentId, reportsTo: bottom.id }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(engine.agents.update({ agentId, reportsTo: agentId }))).toMatchObject({ code: 'rule_violated' })
  })

  it('refuses an adapter that is not there, and a configuration that it does not know', async () => {
    const hire = (more: object) =>
      world.engine.agents.create({ companyId: world.companyId, name: 'New', role: 'r', adapterType: 'scripted', ...more })
    expect(await errorOf(hire({ adapterType: 'magic' }))).toMatchObject({ code: 'rule_violated', details: { known: ['scripted'] } })
    expect(await errorOf(hire({ adapterConfig: { command: 'rm' } }))).toMatchObject({
      code: 'invalid_input',
      details: { errors: [{ path: 'adapterConfig', message: 'Unrecognized key: "command"' }] },
    })
  })

  it('keeps terminated agents out of work for good', async () => {
    const task = await newTask({ assigneeAgentId: world.agentId })
    await world.engine.agents.terminate({ agentId: world.agentId })
    expect(await errorOf(world.engine.tasks.checkout({ taskId: task.id }))).toMatchObject({ code: 'agent_unavailable' })
    expect(await errorOf(world.engine.tasks.assign({ taskId: (await newTask()).id, agentId: world.agentId }))).toMatchObject({
      code: 'rule_violated',
    })
    expect(await errorOf(world.engine.agents.resume({ agentId: world.agentId }))).toMatchObject({ code: 'illegal_transition' })
  })
})

describe('a goal', () => {
  it('follows its machine and cannot be below itself', async () => {
    const { engine, companyId } = world
    const top = await engine.goals.create({ companyId, title: 'Top', status: 'planned' })
    const below = await engine.goals.create({ companyId, title: 'Below', parentId: top.id })
    expect(await errorOf(engine.goals.update({ goalId: top.id, status: 'achieved' }))).toMatchObject({ code: 'illegal_transition' })
    expect(await errorOf(engine.goals.update({ goalId: top.id, parentId: below.id }))).toMatchObject({ code: 'rule_violated' })
    expect(await engine.goals.update({ goalId: top.id, status: 'active' })).toMatchObject({ status: 'active', version: 2 })
  })
})

describe('a list', () => {
  it('shows every item once over its pages', async () => {
    const made = []
    for (let count = 0; count < 7; count += 1) made.push((await newTask({ title: `Task ${count}` })).id)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } = await world.engine.tasks.list({
        companyId: world.companyId,
        limit: 3,
        ...(cursor !== null && { cursor }),
      })
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items.map((item) => item.id))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(made)
  })
})
