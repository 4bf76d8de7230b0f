import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { AnyEvent, EventType } from '@engine/core'

import { createWorld, errorOf, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s', (storage) => {
  let world: World

  beforeEach(async () => {
    world = await createWorld({ agentMode: 'manual', storage: await newStorage(storage) })
  })

  afterEach(async () => {
    await world.engine.stop()
  })

  async function hire(name: string, more: object = {}): Promise<string> {
    const { engine, companyId } = world
    const agent = { companyId, name, role: 'r', adapterType: 'scripted', executionMode: 'manual' as const, ...more }
    return (await engine.agents.create(agent)).id
  }

  const newTask = async (more: object = {}) =>
    (await world.engine.tasks.create({ companyId: world.companyId, title: 'Draw', requiredCapabilities: ['draw'], ...more })).id
  const assigneeOf = async (taskId: string) => (await world.engine.tasks.get({ taskId })).assigneeAgentId
  const newRule = (more: object = {}) => world.engine.routing.create({ companyId: world.companyId, name: 'Rule', ...more })

  async function told(entityType: string, entityId: string, type: EventType): Promise<unknown[]> {
    const { items } = await world.engine.events.entity({ companyId: world.companyId, entityType, entityId })
    return items.filter((event) => event.type === type).map((event) => event.data)
  }

  describe('a task that routing found nobody for', () => {
    it('goes to whoever is hired and can do it; of others nothing is said anew', async () => {
      const [draw, fly] = [await newTask(), await newTask({ requiredCapabilities: ['fly'] })]
      const kim = await hire('Kim', { capabilities: ['draw'] })
      expect([await assigneeOf(draw), await assigneeOf(fly)]).toEqual([kim, null])
      expect(await told('task', draw, 'task.assigned')).toMatchObject([{ agentId: kim, step: 'capabilities' }])
      expect(await told('task', fly, 'task.routing_failed')).toHaveLength(1)
      expect((await world.engine.verify()).isSound).toBe(true)
    })

    it('goes to an agent that is resumed, learns what is needed, or is configured so again', async () => {
      const { engine } = world
      const kim = await hire('Kim', { capabilities: ['draw'] })
      await engine.agents.pause({ agentId: kim })
      const first = await newTask()
      await engine.agents.resume({ agentId: kim })
      expect(await assigneeOf(first)).toBe(kim)
      const second = await newTask({ requiredCapabilities: ['sing'] })
      await engine.agents.update({ agentId: kim, capabilities: ['sing'] })
      expect(await assigneeOf(second)).toBe(kim)
      const third = await newTask()
      expect(await assigneeOf(third)).toBeNull()
      await engine.agents.rollback({ agentId: kim, revision: 1 })
      expect(await assigneeOf(third)).toBe(kim)
    })

    it('goes to an agent whose hire is approved, and not before', async () => {
      const { engine, companyId } = world
      await engine.companies.update({ companyId, requiresHireApproval: true })
      const task = await newTask()
      await hire('Kim', { capabilities: ['draw'] })
      expect(await assigneeOf(task)).toBeNull()
      const [request] = (await engine.approvals.list({ companyId, status: 'pending' })).items
      await engine.approvals.approve({ approvalId: request?.id ?? '', payloadHash: request?.payloadHash ?? '' })
      expect(await assigneeOf(task)).toBe(request?.agentId)
    })

    it('goes where a new rule, a changed one, or a new default agent leads', async () => {
      const { engine, companyId } = world
      const kim = await hire('Kim', { capabilities: ['draw'] })
      // The rule leads away from everybody else who could, but only for its tags.
      await engine.agents.pause({ agentId: kim })
      const lee = await hire('Lee')
      const rule = await newRule({ conditions: { tagsAny: ['a'] }, targetAgentId: lee })
      const byChange = await newTask({ tags: ['b'], requiredCapabilities: [] })
      const byRule = await newTask({ tags: ['c'], requiredCapabilities: [] })
      const byProject = await newTask({ requiredCapabilities: [], projectId: (await engine.projects.create({ companyId, name: 'P' })).id })
      const byCompany = await newTask({ requiredCapabilities: [] })
      const tasks = [byChange, byRule, byProject, byCompany]
      const assignees = async () => Promise.all(tasks.map(assigneeOf))
      expect(await assignees()).toEqual([null, null, null, null])
      await engine.routing.update({ routingRuleId: rule.id, conditions: { tagsAny: ['b'] } })
      expect(await assignees()).toEqual([lee, null, null, null])
      await newRule({ conditions: { tagsAny: ['c'] }, targetAgentId: lee })
      expect(await assignees()).toEqual([lee, lee, null, null])
      const { projectId } = await engine.tasks.get({ taskId: byProject })
      await engine.projects.update({ projectId: projectId ?? '', defaultAgentId: lee })
      expect(await assignees()).toEqual([lee, lee, lee, null])
      await engine.companies.update({ companyId, defaultAgentId: lee })
      expect(await assignees()).toEqual([lee, lee, lee, lee])
    })

    it('is not one that was never routed, that a person left to nobody, or that waits in the backlog', async () => {
      const { engine, companyId } = world
      const never = await newTask({ requiredCapabilities: [] })
      const left = await newTask()
      await engine.tasks.assign({ taskId: left, agentId: world.agentId })
      await engine.tasks.assign({ taskId: left, agentId: null })
      const backlog = await newTask({ status: 'backlog' })
      const gone = await newTask()
      await engine.tasks.delete({ taskId: gone })
      const person = await engine.members.add({ companyId, name: 'Ann', role: 'operator' })
      const hers = await newTask()
      await engine.tasks.assign({ taskId: hers, userId: person.userId })
      const kim = await hire('Kim', { capabilities: ['draw'] })
      await engine.companies.update({ companyId, defaultAgentId: kim })
      for (const id of [never, left, backlog, hers]) expect(await assigneeOf(id)).toBeNull()
      expect(await told('task', gone, 'task.assigned')).toEqual([])
    })

    it('takes its turn with others: the most urgent first, a hundred at once', async () => {
      const { engine, companyId } = world
      const wish = { title: 'Draw', requiredCapabilities: ['draw'] }
      const last = await newTask({ priority: 'low' })
      await engine.tasks.createMany({ companyId, tasks: Array.from({ length: 100 }, () => wish) })
      const kim = await hire('Kim', { capabilities: ['draw'] })
      expect((await engine.tasks.list({ companyId, assigneeAgentId: kim, limit: 100 })).items).toHaveLength(100)
      expect(await assigneeOf(last)).toBeNull()
      const lee = await hire('Lee', { capabilities: ['draw'] })
      expect(await assigneeOf(last)).toBe(lee)
    })

    it('is shared out as new tasks would be, and wakes who gets it', async () => {
      const { engine, companyId } = world
      const auto = { executionMode: 'auto', capabilities: ['paint'] }
      const [kim, lee] = [await hire('Kim', auto), await hire('Lee', auto)]
      const rule = await newRule({ targetCapability: 'sing', strategy: 'round_robin' })
      const tasks: string[] = []
      for (let index = 0; index < 4; index += 1) tasks.push(await newTask({ requiredCapabilities: [] }))
      expect(await Promise.all(tasks.map(assigneeOf))).toEqual([null, null, null, null])
      await engine.routing.update({ routingRuleId: rule.id, targetCapability: 'paint' })
      expect(await Promise.all(tasks.map(assigneeOf))).toEqual([kim, lee, kim, lee])
      const queued = (await engine.runs.list({ companyId, status: 'queued' })).items
      expect(queued.map((run) => run.taskId).toSorted()).toEqual(tasks)
    })

    it('is found nobody for in another company', async () => {
      const { engine } = world
      const task = await newTask()
      const other = await engine.companies.create({ name: 'Beta' })
      await engine.agents.create({ companyId: other.id, name: 'Kim', role: 'r', adapterType: 'scripted', capabilities: ['draw'] })
      expect(await assigneeOf(task)).toBeNull()
    })
  })

  describe('an agent that is terminated', () => {
    it('is nobody’s default agent any more, which the log says of the company and of each project', async () => {
      const { engine, companyId } = world
      const kim = await hire('Kim')
      const project = await engine.projects.create({ companyId, name: 'Shop', defaultAgentId: kim })
      const other = await engine.projects.create({ companyId, name: 'Mall', defaultAgentId: world.agentId })
      await engine.companies.update({ companyId, defaultAgentId: kim })
      await engine.agents.terminate({ agentId: kim })
      expect((await engine.companies.get({ companyId })).defaultAgentId).toBeNull()
      expect((await engine.projects.get({ projectId: project.id })).defaultAgentId).toBeNull()
      expect((await engine.projects.get({ projectId: other.id })).defaultAgentId).toBe(world.agentId)
      const cleared = { changed: ['defaultAgentId'], reason: 'agent_terminated' }
      expect(await told('project', project.id, 'project.updated')).toEqual([cleared])
      expect((await told('company', companyId, 'company.updated'))[0]).toEqual(cleared)
      expect((await engine.verify()).isSound).toBe(true)
    })

    it('is nobody’s default agent also when it stood for a person who was removed, or was never hired', async () => {
      const { engine, companyId } = world
      const ann = await engine.members.add({ companyId, name: 'Ann', role: 'operator' })
      await engine.companies.update({ companyId, defaultAgentId: ann.agentId, requiresHireApproval: true })
      await engine.members.remove({ memberId: ann.id })
      expect((await engine.companies.get({ companyId })).defaultAgentId).toBeNull()
      const draft = await hire('Draft')
      await engine.companies.update({ companyId, defaultAgentId: draft })
      const [request] = (await engine.approvals.list({ companyId, status: 'pending' })).items
      await engine.approvals.reject({ approvalId: request?.id ?? '', note: 'No' })
      expect((await engine.companies.get({ companyId })).defaultAgentId).toBeNull()
    })

    it('is shown by the rules that name it, wherever a rule is shown, until they name others', async () => {
      const { engine, companyId } = world
      const [kim, lee] = [await hire('Kim'), await hire('Lee')]
      const rule = await newRule({ targetAgentId: kim, fallbackAgentId: lee })
      expect(rule.terminatedAgentIds).toEqual([])
      await engine.agents.terminate({ agentId: kim })
      const { id: routingRuleId } = rule
      expect((await engine.routing.get({ routingRuleId })).terminatedAgentIds).toEqual([kim])
      expect((await engine.routing.list({ companyId })).items.map((item) => item.terminatedAgentIds)).toEqual([[kim]])
      expect((await engine.routing.update({ routingRuleId, name: 'Old' })).terminatedAgentIds).toEqual([kim])
      expect((await engine.routing.update({ routingRuleId, targetAgentId: lee })).terminatedAgentIds).toEqual([])
      await engine.agents.terminate({ agentId: lee })
      expect((await engine.routing.delete({ routingRuleId })).terminatedAgentIds).toEqual([lee])
      expect(await errorOf(newRule({ targetAgentId: lee }))).toMatchObject({ code: 'rule_violated' })
    })
  })

  it('what a command gives out by routing is in the log after what caused it', async () => {
    const { engine, companyId } = world
    await newTask()
    const seen: AnyEvent['type'][] = []
    for (const type of ['agent.registered', 'task.assigned'] as const) engine.on(type, (event) => void seen.push(event.type))
    await engine.agents.create({ companyId, name: 'Kim', role: 'r', adapterType: 'scripted', capabilities: ['draw'] })
    expect(seen).toEqual(['agent.registered', 'task.assigned'])
  })
})
