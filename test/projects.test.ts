import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { projectMachine, sprintMachine } from '@engine/core/contract'
import type { AnyEvent, EventType, Role } from '@engine/core'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const absent = '01890000-0000-7000-8000-000000000001'

describe.each(['sqlite', 'postgres'])('on %s', (storage) => {
  let world: World

  beforeEach(async () => {
    world = await createWorld({ storage: await newStorage(storage), agentMode: 'manual' })
  })

  afterEach(async () => {
    await world.engine.stop()
  })

  const as = (role: Role, companyId = world.companyId) => world.engine.as({ kind: 'user', id: role, roles: { [companyId]: role } })
  const begin = (more: object = {}) => world.engine.projects.create({ companyId: world.companyId, name: 'Shop', ...more })
  const newTask = (more: object = {}) => world.engine.tasks.create({ companyId: world.companyId, title: 'Write', ...more })

  async function finish(taskId: string) {
    await world.engine.tasks.checkout({ taskId, agentId: world.agentId })
    await world.engine.tasks.complete({ taskId })
  }

  function heard(...types: readonly EventType[]): AnyEvent['data'][] {
    const data: AnyEvent['data'][] = []
    for (const type of types) world.engine.on(type, (event) => void data.push(event.data))
    return data
  }

  describe('a project', () => {
    it('has a goal, people in charge, a date and a status', async () => {
      const { engine, companyId, agentId } = world
      const goal = await engine.goals.create({ companyId, title: 'Grow' })
      const events = heard('project.created', 'project.updated', 'project.status_changed')
      const wish = { goalId: goal.id, leadAgentId: agentId, defaultAgentId: agentId, targetDate: '2026-12-31', description: 'A shop.' }
      const project = await begin(wish)
      expect(project).toMatchObject({ ...wish, name: 'Shop', status: 'backlog', env: {}, version: 1 })
      expect(await engine.projects.get({ projectId: project.id })).toEqual(project)
      const next = await engine.projects.update({ projectId: project.id, status: 'in_progress', targetDate: null, leadAgentId: null })
      expect(next).toMatchObject({ status: 'in_progress', targetDate: null, leadAgentId: null, defaultAgentId: agentId, version: 2 })
      expect(events).toEqual([
        { name: 'Shop', status: 'backlog' },
        { changed: ['status', 'leadAgentId', 'targetDate'] },
        { from: 'backlog', to: 'in_progress' },
      ])
    })

    it('makes the moves of its machine and no other', async () => {
      const { projects } = world.engine
      const ways = {
        backlog: [],
        planned: ['planned'],
        in_progress: ['in_progress'],
        completed: ['in_progress', 'completed'],
        cancelled: ['cancelled'],
      } as const
      for (const from of projectMachine.statuses) {
        for (const to of projectMachine.statuses) {
          const { id: projectId } = await begin()
          for (const status of ways[from]) await projects.update({ projectId, status })
          const attempt = projects.update({ projectId, status: to })
          if (from === to || projectMachine.isLegal(from, to, 'update')) expect((await attempt).status).toBe(to)
          else expect(await errorOf(attempt)).toMatchObject({ code: 'illegal_transition', details: { from, to } })
        }
      }
    })

    it('refers only to what is there, in its own company', async () => {
      const { engine, agentId } = world
      const other = await engine.companies.create({ name: 'Beta' })
      const goal = await engine.goals.create({ companyId: other.id, title: 'Win' })
      const sly = await engine.agents.create({ companyId: other.id, name: 'Sly', role: 'spy', adapterType: 'scripted' })
      for (const wish of [{ goalId: goal.id }, { goalId: absent }, { leadAgentId: sly.id }, { defaultAgentId: sly.id }])
        expect(await errorOf(begin(wish))).toMatchObject({ code: 'rule_violated' })
      for (const wish of [{ targetDate: '2026-02-30' }, { targetDate: 'soon' }, { name: ' ' }, { status: 'completed' }])
        expect(await errorOf(begin(wish))).toMatchObject({ code: 'invalid_input' })
      const project = await begin({ leadAgentId: agentId })
      await engine.agents.terminate({ agentId })
      expect(await errorOf(engine.projects.update({ projectId: project.id, defaultAgentId: agentId }))).toMatchObject({
        code: 'rule_violated',
      })
      expect(await engine.projects.update({ projectId: project.id, leadAgentId: agentId, name: 'Mall' })).toMatchObject({ name: 'Mall' })
    })

    it('keeps its environment to those who configure agents', async () => {
      const { engine, companyId } = world
      const env = { SHOP_URL: 'https://shop.example', TOKEN: 'hush-hush' }
      const project = await as('admin').projects.create({ companyId, name: 'Shop', env })
      expect(project.env).toEqual(env)
      const { id: projectId } = project
      expect((await as('operator').projects.get({ projectId })).env).toBeNull()
      expect((await as('viewer').projects.list({ companyId })).items[0]?.env).toBeNull()
      const agent = engine.as({ kind: 'agent', id: world.agentId, companyId })
      expect((await agent.projects.get({ projectId })).env).toBeNull()
      expect(await errorOf(as('operator').projects.update({ projectId, env: {} }))).toMatchObject({ code: 'forbidden' })
      expect(await errorOf(as('operator').projects.create({ companyId, name: 'Two', env: {} }))).toMatchObject({ code: 'forbidden' })
      expect((await as('operator').projects.update({ projectId, name: 'Mall' })).env).toBeNull()
      expect((await as('admin').projects.update({ projectId, env: { TOKEN: 'new' } })).env).toEqual({ TOKEN: 'new' })
      expect(JSON.stringify(await engine.events.list({ companyId, limit: 100 }))).not.toContain('hush')
      for (const bad of [{ token: 'x' }, { '1X': 'x' }, { 'A-B': 'x' }, { A: 1 }, { A: 'x'.repeat(70_000) }])
        expect(await errorOf(engine.projects.update({ projectId, env: bad as object as Record<string, string> }))).toMatchObject({
          code: 'invalid_input',
        })
    })

    it('shows how far its tasks are', async () => {
      const { engine } = world
      const project = await begin()
      const progress = () => engine.projects.progress({ projectId: project.id })
      expect(await progress()).toEqual({ total: 0, done: 0, cancelled: 0, percent: 0 })
      const [first, second, third] = [await newTask({ projectId: project.id }), await newTask({ projectId: project.id }), await newTask()]
      await finish(first.id)
      await finish(third.id)
      const gone = await newTask({ projectId: project.id })
      await engine.tasks.cancel({ taskId: gone.id })
      expect(await progress()).toEqual({ total: 3, done: 1, cancelled: 1, percent: 50 })
      await engine.tasks.delete({ taskId: second.id })
      expect(await progress()).toEqual({ total: 2, done: 1, cancelled: 1, percent: 100 })
    })

    it('that has ended takes no new tasks, and keeps those that it has', async () => {
      const { engine, companyId } = world
      const project = await begin({ status: 'in_progress' })
      const sprint = await engine.sprints.create({ companyId, name: 'Week', projectId: project.id })
      const parent = await newTask({ projectId: project.id })
      const outside = await newTask()
      await engine.projects.update({ projectId: project.id, status: 'completed' })
      const refused = {
        code: 'rule_violated',
        message:
          'The project Shop is completed and takes no new tasks. Take it up again by projects.update with the status in_progress, or name another projectId, or null for none.',
        details: { projectId: project.id, status: 'completed' },
      }
      expect(await errorOf(newTask({ projectId: project.id }))).toMatchObject(refused)
      expect(await errorOf(newTask({ parentId: parent.id }))).toMatchObject(refused)
      expect(await errorOf(newTask({ sprintId: sprint.id }))).toMatchObject(refused)
      expect(await errorOf(engine.tasks.update({ taskId: outside.id, projectId: project.id }))).toMatchObject(refused)
      expect(await errorOf(engine.tasks.update({ taskId: outside.id, sprintId: sprint.id }))).toMatchObject(refused)
      const created = await engine.tasks.createMany({ companyId, tasks: [{ title: 'In', projectId: project.id }, { title: 'Out' }] })
      expect(created.items.map((item) => (item.status === 'refused' ? item.error.message : item.task.title))).toEqual([
        refused.message,
        'Out',
      ])
      const moved = await engine.tasks.updateMany({ companyId, tasks: [{ taskId: outside.id, projectId: project.id }] })
      expect(moved.items).toMatchObject([{ status: 'refused', error: { code: 'rule_violated' } }])
      // What is in it stays, can be changed and moved within, and can leave.
      expect(await engine.tasks.update({ taskId: parent.id, title: 'Still', projectId: project.id })).toMatchObject({
        projectId: project.id,
      })
      expect(await engine.tasks.update({ taskId: parent.id, sprintId: sprint.id })).toMatchObject({ sprintId: sprint.id })
      expect(await newTask({ parentId: parent.id, projectId: null })).toMatchObject({ projectId: null, parentId: parent.id })
      expect(await engine.tasks.update({ taskId: parent.id, projectId: null, sprintId: null })).toMatchObject({ projectId: null })
      await engine.projects.update({ projectId: project.id, status: 'in_progress' })
      expect(await newTask({ projectId: project.id })).toMatchObject({ projectId: project.id })
      await engine.projects.update({ projectId: project.id, status: 'cancelled' })
      expect((await errorOf(newTask({ projectId: project.id }))).message).toBe(
        'The project Shop is cancelled and takes no new tasks. Name another projectId, or null for none.',
      )
    })

    it('is changed by operators from the version that they read, and is absent for others', async () => {
      const { engine, companyId } = world
      const { id: projectId } = await begin()
      expect(await errorOf(as('reviewer').projects.update({ projectId, name: 'Mall' }))).toMatchObject({ code: 'forbidden' })
      await as('operator').projects.update({ projectId, version: 1, name: 'Mall' })
      expect(await errorOf(as('operator').projects.update({ projectId, version: 1, name: 'Kiosk' }))).toMatchObject({
        code: 'version_conflict',
      })
      expect(await errorOf(as('operator').projects.update({ projectId }))).toMatchObject({ code: 'invalid_input' })
      const other = await engine.companies.create({ name: 'Beta' })
      const stranger = as('owner', other.id)
      expect(await errorOf(stranger.projects.get({ projectId }))).toMatchObject({ code: 'not_found' })
      expect(await errorOf(stranger.projects.progress({ projectId }))).toMatchObject({ code: 'not_found' })
      expect(await errorOf(stranger.projects.update({ projectId, name: 'Mine' }))).toMatchObject({ code: 'not_found' })
      expect(await errorOf(stranger.projects.create({ companyId, name: 'Mine' }))).toMatchObject({ code: 'not_found' })
    })

    it('is listed by status and goal, page by page', async () => {
      const { engine, companyId } = world
      const goal = await engine.goals.create({ companyId, title: 'Grow' })
      for (const name of ['a', 'b', 'c']) await begin({ name, goalId: goal.id, status: name === 'b' ? 'planned' : 'backlog' })
      await begin({ name: 'd' })
      const names = async (filter: object) => (await engine.projects.list({ companyId, ...filter })).items.map(({ name }) => name)
      expect(await names({ goalId: goal.id })).toEqual(['a', 'b', 'c'])
      expect(await names({ status: 'backlog' })).toEqual(['a', 'c', 'd'])
      const first = await engine.projects.list({ companyId, status: 'backlog', goalId: goal.id, limit: 1 })
      expect(await names({ status: 'backlog', goalId: goal.id, limit: 1, cursor: first.nextCursor })).toEqual(['c'])
    })
  })

  describe('a sprint', () => {
    const plan = (more: object = {}) => world.engine.sprints.create({ companyId: world.companyId, name: 'Week 1', ...more })

    it('has a project, a purpose and days in their order', async () => {
      const { engine } = world
      const project = await begin()
      const wish = { projectId: project.id, goal: 'Open the shop', startsOn: '2026-01-05', endsOn: '2026-01-16' }
      const sprint = await plan(wish)
      expect(sprint).toMatchObject({ ...wish, name: 'Week 1', status: 'planning' })
      expect(await plan({ startsOn: '2026-01-05', endsOn: '2026-01-05' })).toMatchObject({ status: 'planning' })
      expect(await errorOf(plan({ startsOn: '2026-01-05', endsOn: '2026-01-04' }))).toMatchObject({ code: 'rule_violated' })
      expect(await errorOf(engine.sprints.update({ sprintId: sprint.id, endsOn: '2026-01-04' }))).toMatchObject({ code: 'rule_violated' })
      expect(await errorOf(engine.sprints.update({ sprintId: sprint.id, startsOn: '2026-02-01' }))).toMatchObject({ code: 'rule_violated' })
      expect(await engine.sprints.update({ sprintId: sprint.id, endsOn: null, startsOn: '2026-02-01' })).toMatchObject({ endsOn: null })
      expect(await errorOf(plan({ projectId: absent }))).toMatchObject({ code: 'rule_violated' })
      expect((await engine.sprints.list({ companyId: world.companyId, projectId: project.id })).items.map(({ id }) => id)).toEqual([
        sprint.id,
      ])
      expect((await engine.sprints.list({ companyId: world.companyId, status: 'active' })).items).toEqual([])
    })

    it('makes the moves of its machine and no other', async () => {
      const { sprints } = world.engine
      const ways = { planning: [], active: ['active'], completed: ['active', 'completed'], cancelled: ['cancelled'] } as const
      for (const from of sprintMachine.statuses) {
        for (const to of sprintMachine.statuses) {
          const { id: sprintId } = await plan()
          for (const status of ways[from]) await sprints.update({ sprintId, status })
          const attempt = sprints.update({ sprintId, status: to })
          if (from === to || sprintMachine.isLegal(from, to, 'update')) expect((await attempt).status).toBe(to)
          else expect(await errorOf(attempt)).toMatchObject({ code: 'illegal_transition', details: { from, to } })
        }
      }
    })

    it('shows its tasks by status, and says how many are left when it ends', async () => {
      const { engine } = world
      const events = heard('sprint.status_changed')
      const { id: sprintId } = await plan()
      await engine.sprints.update({ sprintId, status: 'active' })
      const done = await newTask({ sprintId })
      await finish(done.id)
      await newTask({ sprintId })
      const busy = await newTask({ sprintId })
      await engine.tasks.checkout({ taskId: busy.id, agentId: world.agentId })
      await newTask()
      const progress = await engine.sprints.progress({ sprintId })
      expect(progress).toMatchObject({ total: 3, done: 1, cancelled: 0, percent: 33 })
      expect(progress.byStatus).toEqual({ backlog: 0, todo: 1, in_progress: 1, in_review: 0, blocked: 0, done: 1, cancelled: 0 })
      await engine.sprints.update({ sprintId, status: 'completed' })
      expect(events).toEqual([
        { projectId: null, from: 'planning', to: 'active', openTasks: 0 },
        { projectId: null, from: 'active', to: 'completed', openTasks: 2 },
      ])
      expect((await engine.tasks.list({ companyId: world.companyId, sprintId })).items).toHaveLength(3)
    })

    it('that has ended takes no new tasks, and keeps those that it has', async () => {
      const { engine, companyId } = world
      for (const status of ['completed', 'cancelled'] as const) {
        const { id: sprintId } = await engine.sprints.create({ companyId, name: 'Week' })
        const inside = await newTask({ sprintId })
        const outside = await newTask()
        await engine.sprints.update({ sprintId, status: 'active' })
        await engine.sprints.update({ sprintId, status })
        const message = `The sprint Week is ${status} and takes no new tasks. Name another sprintId, or null for none.`
        const refused = { code: 'rule_violated', message, details: { sprintId, status } }
        expect(await errorOf(newTask({ sprintId }))).toMatchObject(refused)
        expect(await errorOf(engine.tasks.update({ taskId: outside.id, sprintId }))).toMatchObject(refused)
        expect(await engine.tasks.update({ taskId: inside.id, title: 'Still', sprintId })).toMatchObject({ sprintId })
        expect(await newTask({ parentId: inside.id })).toMatchObject({ sprintId: null })
      }
    })

    it('is changed by operators, from the version that they read, and is absent for others', async () => {
      const { id: sprintId } = await plan()
      expect(await errorOf(as('reviewer').sprints.update({ sprintId, name: 'Mine' }))).toMatchObject({ code: 'forbidden' })
      await as('operator').sprints.update({ sprintId, version: 1, name: 'Week 2' })
      expect(await errorOf(as('operator').sprints.update({ sprintId, version: 1, name: 'x' }))).toMatchObject({ code: 'version_conflict' })
      const other = await world.engine.companies.create({ name: 'Beta' })
      const stranger = as('owner', other.id)
      expect(await errorOf(stranger.sprints.get({ sprintId }))).toMatchObject({ code: 'not_found' })
      expect(await errorOf(stranger.sprints.progress({ sprintId }))).toMatchObject({ code: 'not_found' })
    })
  })

  describe('a label', () => {
    const make = (name: string, color?: string) => world.engine.labels.create({ companyId: world.companyId, name, ...(color && { color }) })

    it('has a name that no other label of the company has, whatever its case', async () => {
      const { engine, companyId } = world
      const label = await make('Straße', '#A1B2C3')
      expect(label).toMatchObject({ name: 'Straße', color: '#a1b2c3' })
      for (const name of ['straße', 'STRAßE']) expect(await errorOf(make(name))).toMatchObject({ code: 'already_exists' })
      const umlaut = await make('Ärger')
      expect((await errorOf(make('ärger'))).message).toBe('There already is a label with this name in the company.')
      expect(await errorOf(engine.labels.update({ labelId: umlaut.id, name: 'STRAßE' }))).toMatchObject({ code: 'already_exists' })
      expect(await engine.labels.update({ labelId: umlaut.id, name: 'ÄRGER', color: null })).toMatchObject({ name: 'ÄRGER', color: null })
      const other = await engine.companies.create({ name: 'Beta' })
      expect(await engine.labels.create({ companyId: other.id, name: 'straße' })).toMatchObject({ companyId: other.id })
      for (const color of ['red', '#fff', '#12345g']) expect(await errorOf(make('Red', color))).toMatchObject({ code: 'invalid_input' })
      expect((await engine.labels.list({ companyId })).items.map(({ name }) => name)).toEqual(['Straße', 'ÄRGER'])
      expect(await engine.labels.get({ labelId: label.id })).toEqual(label)
    })

    it('is taken off all tasks when it is deleted, with one event', async () => {
      const { engine } = world
      const events = heard('label.deleted')
      const [urgent, later] = [await make('urgent'), await make('later')]
      for (const labels of [[urgent.id], [urgent.id, later.id], [later.id]]) await newTask({ labels })
      expect(await engine.labels.delete({ labelId: urgent.id })).toEqual({ labelId: urgent.id, tasks: 2 })
      expect(events).toEqual([{ name: 'urgent', tasks: 2 }])
      expect(await errorOf(engine.labels.get({ labelId: urgent.id }))).toMatchObject({ code: 'not_found' })
      expect(await errorOf(engine.labels.delete({ labelId: urgent.id }))).toMatchObject({ code: 'not_found' })
      expect(await engine.labels.delete({ labelId: (await make('urgent')).id })).toMatchObject({ tasks: 0 })
    })

    it('is changed by operators and is absent for others', async () => {
      const { id: labelId } = await make('urgent')
      expect(await errorOf(as('reviewer').labels.delete({ labelId }))).toMatchObject({ code: 'forbidden' })
      expect(await errorOf(as('operator').labels.update({ labelId, version: 7, name: 'x' }))).toMatchObject({ code: 'version_conflict' })
      const other = await world.engine.companies.create({ name: 'Beta' })
      const { labels } = as('owner', other.id)
      for (const attempt of [() => labels.delete({ labelId }), () => labels.update({ labelId, name: 'x' })])
        expect(await errorOf(attempt())).toMatchObject({ code: 'not_found' })
    })
  })
})
