import { describe, expect, it, onTestFinished } from 'vitest'

import { definePlugin, pluginKit, z } from '@engine/core/plugin'
import { scriptedDestination } from '@engine/testing'

import { board, createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('the scope of a route on %s', (database) => {
  async function open(more: Partial<Parameters<typeof createWorld>[0]> = {}) {
    const storage = await newStorage(database)
    const world = await createWorld({ storage, destinations: [scriptedDestination()], agentMode: 'manual', ...more })
    const { engine, companyId, agentId } = world
    onTestFinished(() => engine.stop())
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    const route = (scope: object) =>
      engine.routes.create({ companyId, name: 'Tell', destinationType: 'scripted', events: ['*'], config: {}, ...scope })
    const taken = async (routeId: string) => {
      const { items } = await engine.deliveries.list({ companyId, routeId, limit: 100 })
      return items.map(({ eventType }) => eventType).toReversed()
    }
    return { ...world, companyId, agentId, projectId: project.id, route, taken }
  }

  it('is all that a project or an agent has: tasks and what is made of them, budgets, sprints, rules and routines', async () => {
    const { engine, companyId, agentId, projectId, route, taken } = await open()
    const other = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
    const task = await engine.tasks.create({ companyId, title: 'Write', projectId, assigneeAgentId: agentId })
    await engine.tasks.checkout({ taskId: task.id, agentId })
    const [ofProject, ofAgent] = [await route({ projectId }), await route({ agentId })]
    const ofOther = [
      await route({ projectId: (await engine.projects.create({ companyId, name: 'Other' })).id }),
      await route({ agentId: other.id }),
    ]
    const version = await engine.deliverables.submit({ taskId: task.id, title: 'Report', content: 'text' })
    for (const scope of [
      { scope: 'project', scopeId: projectId },
      { scope: 'agent', scopeId: agentId },
      { scope: 'task', scopeId: task.id },
    ] as const)
      await engine.budgets.set({ companyId, ...scope, limit: 1_000_000 })
    const sprint = await engine.sprints.create({ companyId, projectId, name: 'One' })
    await engine.sprints.update({ sprintId: sprint.id, status: 'active' })
    const rule = await engine.routing.create({ companyId, projectId, name: 'To Ada', targetAgentId: agentId })
    await engine.routing.update({ routingRuleId: rule.id, isEnabled: false })
    const routine = await engine.routines.create({
      companyId,
      name: 'Weekly',
      task: { title: 'Look', projectId, assigneeAgentId: agentId },
    })
    await engine.routines.addTrigger({ routineId: routine.id, kind: 'cron', expression: '0 8 * * 1' })
    await engine.routines.pause({ routineId: routine.id })
    // Who made a version made it, whoever has its task when it is decided.
    await engine.tasks.assign({ taskId: task.id, agentId: other.id })
    await engine.deliverables.review({ deliverableId: version.id, decision: 'approved' })
    const both = [
      'deliverable.submitted',
      'routine.created',
      'routine.trigger_added',
      'routine.status_changed',
      'deliverable.approved',
      'review.completed',
    ]
    const planned = [
      'sprint.created',
      'sprint.updated',
      'sprint.status_changed',
      'routing_rule.created',
      'routing_rule.updated',
      'task.completed',
    ]
    const tellsOf = async (id: string) => (await taken(id)).filter((type) => type === 'budget.set' || [...both, ...planned].includes(type))
    expect((await tellsOf(ofProject.id)).toSorted()).toEqual(['budget.set', 'budget.set', ...both, ...planned].toSorted())
    expect((await tellsOf(ofAgent.id)).toSorted()).toEqual(['budget.set', 'budget.set', ...both].toSorted())
    expect(await taken(ofOther[0]?.id ?? '')).toEqual(['route.created'])
    for (const type of await taken(ofOther[1]?.id ?? '')) expect(type).not.toMatch(/^(budget|sprint|routine|routing_rule)\./)
  })

  it('of an agent that was terminated stays when what was read is written back, and is given to no route anew', async () => {
    const { engine, agentId, route } = await open()
    const created = await route({ agentId })
    const conditional = await route({ conditions: { agentId } })
    await engine.agents.terminate({ agentId })
    for (const { id: routeId, events, conditions, config, projectId, agentId: scope } of [created, conditional])
      expect(await engine.routes.update({ routeId, events, conditions, config, projectId, agentId: scope })).toMatchObject({ version: 1 })
    for (const wish of [{ agentId }, { conditions: { agentId } }])
      expect(await errorOf(route(wish))).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('is terminated') })
  })

  it('lets events of plugins be, whatever they call a task', async () => {
    const events = { 'orders.placed': z.object({ taskId: z.string() }) }
    const { command } = pluginKit<object, typeof events>()
    const place = command({
      title: 'Place an order',
      input: z.strictObject({}),
      output: z.object({}),
      access: 'comments:create',
      http: ['POST', '/'],
      async handle({ emit, newId }) {
        emit('orders.placed', { type: 'order', id: newId(), version: 1 }, { taskId: 'the third one' })
        return {}
      },
    })
    const orders = definePlugin({ id: 'orders', version: '1.0.0', engine: '^1', events, commands: { place } })
    const { engine, companyId, projectId, route, taken } = await open({ plugins: [orders] })
    const [ofCompany, ofProject] = [await route({ events: ['orders.*'] }), await route({ events: ['orders.*'], projectId })]
    await engine.execute('orders.place', { input: { companyId }, actor: board })
    expect([await taken(ofCompany.id), await taken(ofProject.id)]).toEqual([['orders.placed'], []])
  })
})
