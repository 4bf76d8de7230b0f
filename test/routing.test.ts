import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { z } from 'zod'

import type { EventType, UserActor } from '@engine/core'
import type { RoutingConditions } from '@engine/core/contract'
import { chooseSeed, createRandom, type Random } from '@engine/testing'

import { localOperator } from '@engine/http'
import { callHandler } from './http-fixtures.ts'
import { createWorld, errorOf, until, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

let world: World

/** Hires somebody who does nothing by itself; `auto` starts what it is given, once the engine is started. */
async function hire(name: string, capabilities: string[] = [], more: object = {}): Promise<string> {
  const { engine, companyId } = world
  const given = { companyId, name, role: 'r', adapterType: 'scripted', executionMode: 'manual' as const, capabilities, ...more }
  return (await engine.agents.create(given)).id
}

const newTask = (more: object = {}) => world.engine.tasks.create({ companyId: world.companyId, title: 'Write', ...more })
const newRule = (more: object = {}) => world.engine.routing.create({ companyId: world.companyId, name: 'Rule', ...more })
const newProject = async (more: object = {}) =>
  (await world.engine.projects.create({ companyId: world.companyId, name: 'Project', ...more })).id
const dryRun = (task: object) => world.engine.routing.dryRun({ companyId: world.companyId, task })

/** What the events of one type say about a task. */
async function told(taskId: string, type: EventType): Promise<unknown[]> {
  const { items } = await world.engine.events.task({ taskId })
  return items.filter((event) => event.type === type).map((event) => event.data)
}

describe.each(['sqlite', 'postgres'])('routing on %s', (name) => {
  beforeEach(async () => {
    world = await createWorld({ agentMode: 'manual', storage: await newStorage(name) })
  })

  afterEach(async () => {
    await world.engine.stop()
  })

  it('gives a new task to whom the first fitting rule names, and says by which rule', async () => {
    const [kim, lee] = [await hire('Kim'), await hire('Lee')]
    const bugs = await newRule({ name: 'Bugs', conditions: { tagsAny: ['bug'] }, targetAgentId: kim })
    const urgent = await newRule({ name: 'Urgent', conditions: { priority: ['critical', 'high'] }, targetAgentId: lee })
    expect([bugs.position, urgent.position]).toEqual([0, 1])
    const bug = await newTask({ tags: ['bug'], priority: 'critical' })
    expect(bug.assigneeAgentId).toBe(kim)
    expect(await told(bug.id, 'task.assigned')).toEqual([
      { agentId: kim, reason: 'the rule "Bugs" fits: Kim is its agent', step: 'rule', ruleId: bugs.id },
    ])
    expect((await newTask({ priority: 'high', status: 'backlog' })).assigneeAgentId).toBe(lee)
  })

  it('leaves a task that no rule fits to nobody and says so; without rules nothing is said', async () => {
    const silent = await newTask()
    expect(await told(silent.id, 'task.routing_failed')).toEqual([])
    await newRule({ conditions: { tagsAll: ['a', 'b'] }, targetAgentId: world.agentId })
    const task = await newTask({ tags: ['a'] })
    expect(task.assigneeAgentId).toBeNull()
    expect(await told(task.id, 'task.routing_failed')).toEqual([{ reason: 'none of 1 rules fits' }])
  })

  it('routes every task of a bulk create, as single creates', async () => {
    const { engine, companyId } = world
    const kim = await hire('Kim')
    await newRule({ conditions: { tagsAny: ['bug'] }, targetAgentId: kim })
    const { items } = await engine.tasks.createMany({ companyId, tasks: [{ title: 'A', tags: ['bug'] }, { title: 'B' }] })
    expect(items.map((item) => (item.status === 'created' ? item.task.assigneeAgentId : item.error))).toEqual([kim, null])
  })

  it('leaves who is named at creation alone', async () => {
    const kim = await hire('Kim')
    await newRule({ targetAgentId: kim })
    expect((await newTask({ assigneeAgentId: world.agentId })).assigneeAgentId).toBe(world.agentId)
  })

  it('asks no rule that is switched off, deleted, or of another project', async () => {
    const { engine } = world
    const kim = await hire('Kim')
    const rule = await newRule({ targetAgentId: kim })
    await newRule({ targetAgentId: kim, projectId: await newProject() })
    expect((await newTask()).assigneeAgentId).toBe(kim)
    await engine.routing.update({ routingRuleId: rule.id, isEnabled: false })
    expect((await newTask()).assigneeAgentId).toBeNull()
    await engine.routing.update({ routingRuleId: rule.id, isEnabled: true })
    expect((await newTask()).assigneeAgentId).toBe(kim)
    expect(await engine.routing.delete({ routingRuleId: rule.id })).toMatchObject({ id: rule.id })
    expect((await newTask()).assigneeAgentId).toBeNull()
    expect(await errorOf(engine.routing.get({ routingRuleId: rule.id }))).toMatchObject({ code: 'not_found' })
  })

  it("asks a project's rules before the company's, then the default agents of both", async () => {
    const { engine, companyId } = world
    const [kim, lee, max, ann] = [await hire('Kim'), await hire('Lee'), await hire('Max'), await hire('Ann')]
    const projectId = await newProject({ defaultAgentId: max })
    await engine.companies.update({ companyId, defaultAgentId: ann })
    const plain = await newTask()
    expect(plain.assigneeAgentId).toBe(ann)
    expect(await told(plain.id, 'task.assigned')).toMatchObject([{ step: 'company_default' }])
    expect((await newTask({ projectId })).assigneeAgentId).toBe(max)
    await newRule({ name: 'Company', targetAgentId: lee, position: 0 })
    expect((await newTask({ projectId })).assigneeAgentId).toBe(lee)
    await newRule({ name: 'Project', targetAgentId: kim, projectId, position: 9 })
    expect((await newTask({ projectId })).assigneeAgentId).toBe(kim)
    expect((await newTask()).assigneeAgentId).toBe(lee)
  })

  it('gives the tasks of a project to its default agent, also when nothing else is set up', async () => {
    const kim = await hire('Kim')
    const [projectId, other] = [await newProject({ defaultAgentId: kim }), await newProject({ name: 'Other' })]
    expect((await newTask({ projectId })).assigneeAgentId).toBe(kim)
    expect((await newTask({ projectId: other })).assigneeAgentId).toBeNull()
    expect((await newTask()).assigneeAgentId).toBeNull()
  })

  it('takes the labels of a task into account, by whatever name they were given', async () => {
    const { engine, companyId } = world
    const kim = await hire('Kim')
    const { id: incident } = await engine.labels.create({ companyId, name: 'Incident' })
    const rule = await newRule({ conditions: { labels: ['incident'] }, targetAgentId: kim })
    expect(rule.conditions).toEqual({ labels: [incident] })
    expect((await newTask({ labels: [incident] })).assigneeAgentId).toBe(kim)
    expect((await newTask()).assigneeAgentId).toBeNull()
    expect((await dryRun({ labels: ['Incident'] })).agentId).toBe(kim)
    expect(await errorOf(newRule({ conditions: { labels: ['nothing'] }, targetAgentId: kim }))).toMatchObject({ code: 'rule_violated' })
  })

  it('passes over a terminated agent of a rule and a default that is gone, each with its reason', async () => {
    const { engine, companyId } = world
    const [kim, lee] = [await hire('Kim'), await hire('Lee')]
    await newRule({ name: 'Design', targetAgentId: kim })
    await engine.companies.update({ companyId, defaultAgentId: lee })
    await engine.agents.terminate({ agentId: kim })
    const task = await newTask()
    expect(task.assigneeAgentId).toBe(lee)
    expect(await told(task.id, 'task.assigned')).toMatchObject([
      { reason: `the rule "Design" fits, but ${kim} is terminated; Lee is the default agent of the company` },
    ])
    await engine.agents.pause({ agentId: lee })
    const nobody = await newTask()
    expect(await told(nobody.id, 'task.routing_failed')).toEqual([
      { reason: `the rule "Design" fits, but ${kim} is terminated; the company's default agent Lee is paused` },
    ])
  })

  describe('by strategy', () => {
    it('gives work in turns, which neither a dry run nor a look at the rule uses up', async () => {
      const { engine } = world
      const agents = [await hire('Kim', ['draw']), await hire('Lee', ['draw']), await hire('Max', ['draw'])].toSorted()
      const rule = await newRule({ targetCapability: 'draw', strategy: 'round_robin' })
      const given: (string | null)[] = []
      for (let count = 0; count < 4; count += 1) {
        for (let ask = 0; ask < 2; ask += 1) expect((await dryRun({})).agentId).toBe(agents[count % 3])
        given.push((await newTask()).assigneeAgentId)
      }
      expect(given).toEqual([...agents, agents[0]])
      expect(await engine.routing.get({ routingRuleId: rule.id })).toMatchObject({ lastAgentId: agents[0], version: 1 })
      await engine.agents.pause({ agentId: agents[1] ?? '' })
      expect((await newTask()).assigneeAgentId).toBe(agents[2])
    })

    it('gives work in turns to many that ask at the same moment', async () => {
      const agents = [await hire('Kim', ['draw']), await hire('Lee', ['draw']), await hire('Max', ['draw'])]
      await newRule({ targetCapability: 'draw', strategy: 'round_robin' })
      const tasks = await Promise.all(Array.from({ length: 12 }, () => newTask()))
      for (const agent of agents) expect(tasks.filter((task) => task.assigneeAgentId === agent)).toHaveLength(4)
    })

    it('first_available skips who has no free slot', async () => {
      const { engine } = world
      const [first, second] = [await hire('Kim', ['draw'], { maxConcurrentRuns: 1 }), await hire('Lee', ['draw'])]
      await newRule({ targetCapability: 'draw', strategy: 'first_available' })
      const task = await newTask()
      expect(task.assigneeAgentId).toBe(first)
      await engine.tasks.checkout({ taskId: task.id })
      expect((await newTask()).assigneeAgentId).toBe(second)
      await engine.tasks.release({ taskId: task.id })
      expect((await newTask()).assigneeAgentId).toBe(first)
    })

    it('least_busy counts open tasks only', async () => {
      const { engine } = world
      const [kim, lee] = [await hire('Kim', ['draw']), await hire('Lee', ['draw'])]
      await newRule({ targetCapability: 'draw' })
      for (let count = 0; count < 3; count += 1) {
        const done = await newTask({ assigneeAgentId: kim })
        await engine.tasks.cancel({ taskId: done.id })
      }
      await newTask({ assigneeAgentId: lee })
      expect((await newTask()).assigneeAgentId).toBe(kim)
    })

    it('cheapest takes who cost the least of late', async () => {
      const { engine } = world
      const [kim, lee] = [await hire('Kim', ['draw']), await hire('Lee', ['draw'])]
      for (const [agentId, costMicros] of [
        [kim, 9_000],
        [lee, 400],
      ] as const) {
        const { id: taskId } = await newTask({ assigneeAgentId: agentId })
        const { run } = await engine.tasks.checkout({ taskId })
        await engine.runs.report({ runId: run.id, outcome: { kind: 'done' }, usage: { costMicros } })
      }
      await newRule({ targetCapability: 'draw', strategy: 'cheapest' })
      expect((await newTask()).assigneeAgentId).toBe(lee)
      const max = await hire('Max', ['draw'])
      expect((await newTask()).assigneeAgentId).toBe(max)
    })
  })

  it('wakes the agent that a rule chose', async () => {
    const { engine, companyId } = world
    const kim = await hire('Kim', [], { executionMode: 'auto' })
    await newRule({ targetAgentId: kim })
    const task = await newTask()
    await engine.start()
    await until(
      () => engine.tasks.get({ taskId: task.id }),
      ({ status }) => status === 'done',
    )
    expect((await engine.runs.list({ companyId, agentId: kim })).items).toMatchObject([{ taskId: task.id, status: 'succeeded' }])
  })

  it('is asked again for a task that exists', async () => {
    const { engine, companyId } = world
    const task = await newTask({ tags: ['late'] })
    const kim = await hire('Kim')
    const rule = await newRule({ name: 'Late', conditions: { tagsAny: ['late'] }, targetAgentId: kim })
    expect(await engine.routing.dryRun({ companyId, taskId: task.identifier })).toEqual({
      agentId: kim,
      step: 'rule',
      ruleId: rule.id,
      reason: 'the rule "Late" fits: Kim is its agent',
      considered: [{ step: 'rule', ruleId: rule.id, note: 'the rule "Late" fits: Kim is its agent' }],
    })
    expect((await engine.tasks.get({ taskId: task.id })).assigneeAgentId).toBeNull()
    expect((await engine.tasks.route({ taskId: task.id })).assigneeAgentId).toBe(kim)
  })

  it('ranks the agents for a task, with what speaks for and against each', async () => {
    const { engine } = world
    const [kim, lee, max] = [
      await hire('Kim', ['draw']),
      await hire('Lee', ['draw'], { tags: ['logo'] }),
      await hire('Max', ['draw', 'cut']),
    ]
    await newTask({ assigneeAgentId: kim })
    await engine.agents.pause({ agentId: max })
    const task = await newTask({ status: 'backlog', requiredCapabilities: ['draw'], tags: ['logo'], assigneeAgentId: world.agentId })
    const { items } = await engine.routing.match({ taskId: task.id })
    expect(items.map(({ agentId, isAble, reasons }) => ({ agentId, isAble, reasons }))).toEqual([
      { agentId: lee, isAble: true, reasons: ['has draw', 'knows logo', 'has 0 open tasks'] },
      { agentId: kim, isAble: true, reasons: ['has draw', 'has 1 open task'] },
      { agentId: world.agentId, isAble: false, reasons: ['lacks draw', 'has 0 open tasks'] },
      { agentId: max, isAble: false, reasons: ['is paused', 'has 0 open tasks'] },
    ])
    expect((await engine.routing.match({ taskId: task.id, limit: 1 })).items).toHaveLength(1)
  })

  it('decides in a dry run as it does in truth, over random companies', async () => {
    const seed = chooseSeed()
    const random = createRandom(seed)
    for (let round = 0; round < 4; round += 1) {
      const company = await randomCompany(random)
      for (let count = 0; count < 6; count += 1) {
        const task = randomTask(random, company)
        const supposed = await world.engine.routing.dryRun({ companyId: company.companyId, task })
        const created = await world.engine.tasks.create({ companyId: company.companyId, title: 'T', ...task })
        expect(created.assigneeAgentId, `ENGINE_SEED=${seed}`).toBe(supposed.agentId)
        const again = await world.engine.routing.dryRun({ companyId: company.companyId, taskId: created.id })
        const routed = await world.engine.tasks.route({ taskId: created.id })
        expect(again.reason).not.toBe('')
        // Routing that finds nobody leaves a task with whom it has.
        expect(routed.assigneeAgentId, `ENGINE_SEED=${seed}`).toBe(again.agentId ?? created.assigneeAgentId)
      }
    }
  })
})

interface RandomCompany {
  readonly companyId: string
  readonly agents: readonly string[]
  readonly projects: readonly string[]
}

const words = ['a', 'b', 'c']
const priorities = ['critical', 'high', 'medium', 'low'] as const
const strategies = ['least_busy', 'round_robin', 'first_available', 'cheapest'] as const
const some = (random: Random) => words.filter(() => random.int(3) === 0)
const perhaps = (random: Random, list: readonly string[]) => (random.int(2) === 0 ? random.pick(list) : undefined)

async function randomCompany(random: Random): Promise<RandomCompany> {
  const { engine } = world
  const { id: companyId } = await engine.companies.create({ name: `Company ${random.int(1_000_000)}` })
  const agents: string[] = []
  for (const name of ['Kim', 'Lee', 'Max', 'Ann']) {
    const more = { companyId, maxConcurrentRuns: 1 + random.int(2) }
    agents.push(await hire(name, some(random), more))
  }
  await engine.companies.update({ companyId, defaultAgentId: perhaps(random, agents) ?? null })
  const projects: string[] = []
  for (const name of ['One', 'Two']) {
    const defaultAgentId = perhaps(random, agents)
    projects.push((await engine.projects.create({ companyId, name, ...(defaultAgentId && { defaultAgentId }) })).id)
  }
  for (let count = random.int(6); count > 0; count -= 1) {
    const target =
      random.int(2) === 0
        ? { targetAgentId: random.pick(agents) }
        : { targetCapability: random.pick(words), strategy: random.pick(strategies) }
    const [fallbackAgentId, projectId] = [perhaps(random, agents), perhaps(random, projects)]
    await engine.routing.create({
      companyId,
      name: `Rule ${count}`,
      position: random.int(3),
      conditions: randomConditions(random),
      ...target,
      ...(fallbackAgentId && { fallbackAgentId }),
      ...(projectId && { projectId }),
    })
  }
  for (const agentId of agents) if (random.int(5) === 0) await engine.agents.pause({ agentId })
  if (random.int(2) === 0) await engine.agents.terminate({ agentId: random.pick(agents) })
  return { companyId, agents, projects }
}

function randomConditions(random: Random): z.infer<typeof RoutingConditions> {
  const kind = random.int(6)
  if (kind === 0) return { tagsAny: [random.pick(words)] }
  if (kind === 1) return { tagsAll: [random.pick(words)], priority: random.pick(priorities) }
  if (kind === 2) return { priority: [random.pick(priorities), random.pick(priorities)] }
  if (kind === 3) return { capabilities: [random.pick(words)] }
  return kind === 4 ? { context: { customer: random.pick(words) } } : {}
}

function randomTask(random: Random, company: RandomCompany) {
  const [projectId, preferredAgentId] = [perhaps(random, company.projects), random.int(4) === 0 ? random.pick(company.agents) : undefined]
  return {
    tags: some(random),
    priority: random.pick(priorities),
    context: { customer: random.pick(words) },
    requiredCapabilities: random.int(3) === 0 ? [random.pick(words)] : [],
    ...(projectId && { projectId }),
    ...(preferredAgentId && { preferredAgentId }),
  }
}

describe('a routing rule', () => {
  beforeEach(async () => {
    world = await createWorld({ agentMode: 'manual' })
  })

  afterEach(async () => {
    await world.engine.stop()
  })

  it('with a condition that nobody knows is refused, naming the known ones, and what was there stays', async () => {
    const { engine, agentId } = world
    const known = ['tagsAny', 'tagsAll', 'priority', 'labels', 'capabilities', 'context']
    expect(await errorOf(newRule({ conditions: { tags: ['x'] }, targetAgentId: agentId }))).toMatchObject({
      code: 'rule_violated',
      kind: 'rule',
      details: { unknown: ['tags'], known },
    })
    const rule = await newRule({ conditions: { tagsAny: ['x'] }, targetAgentId: agentId })
    expect(await errorOf(engine.routing.update({ routingRuleId: rule.id, conditions: { tagsNone: ['x'] } }))).toMatchObject({
      code: 'rule_violated',
    })
    expect((await engine.routing.get({ routingRuleId: rule.id })).conditions).toEqual({ tagsAny: ['x'] })
  })

  it.each([
    [{ tagsAny: [] }],
    [{ tagsAny: 'x' }],
    [{ priority: 'urgent' }],
    [{ priority: [] }],
    [{ labels: [''] }],
    [{ context: [] }],
    [{ context: {} }],
    [[]],
    [null],
  ])('with the malformed conditions %j is invalid input', async (conditions) => {
    expect(await errorOf(newRule({ conditions, targetAgentId: world.agentId }))).toMatchObject({ code: 'invalid_input' })
  })

  it('changes only what a patch names', async () => {
    const { engine, agentId } = world
    const rule = await newRule({ conditions: { priority: 'high', context: { 'a b': [1, null] } }, targetAgentId: agentId })
    const named = await engine.routing.update({ routingRuleId: rule.id, name: 'New', version: 1 })
    expect(named).toEqual({ ...rule, name: 'New', version: 2, updatedAt: named.updatedAt })
    expect(await errorOf(engine.routing.update({ routingRuleId: rule.id, name: 'Newer', version: 1 }))).toMatchObject({
      code: 'version_conflict',
    })
    expect(await errorOf(engine.routing.update({ routingRuleId: rule.id }))).toMatchObject({ code: 'invalid_input' })
    expect((await engine.routing.update({ routingRuleId: rule.id, conditions: {} })).conditions).toEqual({})
  })

  it('has exactly one target', async () => {
    const { engine, agentId } = world
    const both = { targetAgentId: agentId, targetCapability: 'draw' }
    for (const target of [{}, both, { targetAgentId: agentId, strategy: 'cheapest' }, { strategy: 'cheapest' }])
      expect(await errorOf(newRule(target))).toMatchObject({ code: 'rule_violated' })
    const rule = await newRule({ targetCapability: 'draw' })
    expect(rule).toMatchObject({ targetAgentId: null, targetCapability: 'draw', strategy: 'least_busy' })
    const { id: routingRuleId } = rule
    expect(await errorOf(engine.routing.update({ routingRuleId, targetAgentId: agentId }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(engine.routing.update({ routingRuleId, targetCapability: null }))).toMatchObject({ code: 'rule_violated' })
    expect(await engine.routing.update({ routingRuleId, targetAgentId: agentId, targetCapability: null })).toMatchObject({
      targetAgentId: agentId,
      targetCapability: null,
      strategy: null,
    })
    expect(
      await engine.routing.update({ routingRuleId, targetAgentId: null, targetCapability: 'cut', strategy: 'round_robin' }),
    ).toMatchObject({ targetAgentId: null, targetCapability: 'cut', strategy: 'round_robin' })
  })

  it('forgets whose turn it was when it is for other agents', async () => {
    const { engine } = world
    const kim = await hire('Kim', ['draw', 'cut'])
    const { id: routingRuleId } = await newRule({ targetCapability: 'draw', strategy: 'round_robin' })
    await newTask()
    expect((await engine.routing.update({ routingRuleId, name: 'Same' })).lastAgentId).toBe(kim)
    expect((await engine.routing.update({ routingRuleId, targetCapability: 'cut' })).lastAgentId).toBeNull()
  })

  it('names only agents, projects and labels of its own company, and none that is terminated', async () => {
    const { engine, companyId } = world
    const { id: otherCompany } = await engine.companies.create({ name: 'Other' })
    const stranger = await hire('Stranger', [], { companyId: otherCompany })
    const { id: foreignProject } = await engine.projects.create({ companyId: otherCompany, name: 'Foreign' })
    const { id: foreignLabel } = await engine.labels.create({ companyId: otherCompany, name: 'Foreign' })
    const gone = await hire('Gone')
    await engine.agents.terminate({ agentId: gone })
    const { agentId: targetAgentId } = world
    for (const wrong of [
      { targetAgentId: stranger },
      { targetAgentId: gone },
      { targetAgentId, fallbackAgentId: stranger },
      { targetAgentId, fallbackAgentId: gone },
      { targetAgentId, projectId: foreignProject },
      { targetAgentId, conditions: { labels: [foreignLabel] } },
    ])
      expect(await errorOf(newRule(wrong)), JSON.stringify(wrong)).toMatchObject({ code: 'rule_violated' })
    for (const wrong of [{ preferredAgentId: stranger }, { projectId: foreignProject }, { labels: [foreignLabel] }])
      expect(await errorOf(dryRun(wrong)), JSON.stringify(wrong)).toMatchObject({ code: 'rule_violated' })
    const foreignTask = await engine.tasks.create({ companyId: otherCompany, title: 'Foreign' })
    expect(await errorOf(engine.routing.dryRun({ companyId, taskId: foreignTask.id }))).toMatchObject({ code: 'rule_violated' })
  })

  it('is written in the log', async () => {
    const { engine, companyId, agentId } = world
    const { id: routingRuleId } = await newRule({ name: 'One', targetAgentId: agentId })
    await engine.routing.update({ routingRuleId, isEnabled: false, conditions: { tagsAny: ['x'] } })
    await engine.routing.delete({ routingRuleId })
    const log = await engine.events.list({ companyId, limit: 100 })
    expect(log.items.filter(({ entity }) => entity.id === routingRuleId).map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'routing_rule.created', data: { name: 'One', projectId: null } },
      { type: 'routing_rule.updated', data: { projectId: null, changed: ['isEnabled', 'conditions'] } },
      { type: 'routing_rule.deleted', data: { name: 'One', projectId: null } },
    ])
  })

  it('is put into an order, of which every rule of the scope is part', async () => {
    const { engine, companyId, agentId: targetAgentId } = world
    const projectId = await newProject()
    const [one, two, three] = [
      await newRule({ name: 'One', targetAgentId }),
      await newRule({ name: 'Two', targetAgentId }),
      await newRule({ name: 'Three', targetAgentId, projectId }),
    ]
    const { items } = await engine.routing.reorder({ companyId, routingRuleIds: [two.id, one.id] })
    expect(items.map(({ name, position }) => [name, position])).toEqual([
      ['Two', 0],
      ['One', 1],
    ])
    const again = await engine.routing.reorder({ companyId, routingRuleIds: [two.id, one.id] })
    expect(again).toEqual({ items })
    for (const routingRuleIds of [[two.id], [two.id, two.id], [one.id, two.id, three.id]])
      expect(await errorOf(engine.routing.reorder({ companyId, routingRuleIds }))).toMatchObject({
        code: 'rule_violated',
        details: { routingRuleIds: [two.id, one.id] },
      })
    expect(await engine.routing.reorder({ companyId, projectId, routingRuleIds: [three.id] })).toMatchObject({ items: [{ name: 'Three' }] })
  })

  it('is listed by position over all pages, of the company or of one project', async () => {
    const { engine, companyId, agentId: targetAgentId } = world
    const projectId = await newProject()
    for (const position of [5, 1, 1, 3]) await newRule({ targetAgentId, position })
    await newRule({ targetAgentId, projectId, position: 2 })
    const positions: number[] = []
    let cursor: string | undefined
    do {
      const page = await engine.routing.list({ companyId, limit: 2, ...(cursor && { cursor }) })
      positions.push(...page.items.map((rule) => rule.position))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(positions).toEqual([1, 1, 2, 3, 5])
    expect((await engine.routing.list({ companyId, projectId })).items).toMatchObject([{ projectId }])
    expect((await engine.routing.list({ companyId, scope: 'company' })).items).toHaveLength(4)
    expect((await engine.routing.list({ companyId, scope: 'project' })).items).toHaveLength(1)
    expect(await errorOf(engine.routing.list({ companyId, cursor: 'x' }))).toMatchObject({ code: 'invalid_input' })
  })

  it('is one of at most a hundred for the same tasks', async () => {
    const { agentId: targetAgentId } = world
    for (let count = 0; count < 100; count += 1) await newRule({ targetAgentId })
    expect(await errorOf(newRule({ targetAgentId }))).toMatchObject({ code: 'rule_violated' })
    await newRule({ targetAgentId, projectId: await newProject() })
  })

  it('is changed by admins only, seen by everyone of the company, and by nobody else', async () => {
    const { engine, companyId, agentId: targetAgentId } = world
    const rule = await newRule({ targetAgentId })
    const as = (role: 'admin' | 'operator' | 'viewer', of = companyId) =>
      engine.as({ kind: 'user', id: role, roles: { [of]: role } } satisfies UserActor)
    const { id: otherCompany } = await engine.companies.create({ name: 'Other' })
    const routingRuleId = rule.id
    await as('admin').routing.update({ routingRuleId, name: 'Mine' })
    for (const api of [as('operator'), engine.as({ kind: 'agent', id: targetAgentId, companyId })]) {
      expect(await errorOf(api.routing.update({ routingRuleId, name: 'X' }))).toMatchObject({ code: 'forbidden' })
      expect(await errorOf(api.routing.delete({ routingRuleId }))).toMatchObject({ code: 'forbidden' })
      expect(await errorOf(api.routing.create({ companyId, name: 'X', targetAgentId }))).toMatchObject({ code: 'forbidden' })
      expect(await api.routing.get({ routingRuleId })).toMatchObject({ name: 'Mine' })
    }
    expect(await as('viewer').routing.dryRun({ companyId, task: {} })).toMatchObject({ agentId: targetAgentId })
    const stranger = as('admin', otherCompany)
    const task = await newTask()
    for (const call of [
      stranger.routing.get({ routingRuleId }),
      stranger.routing.update({ routingRuleId, name: 'X' }),
      stranger.routing.delete({ routingRuleId }),
      stranger.routing.list({ companyId }),
      stranger.routing.dryRun({ companyId, task: {} }),
      stranger.routing.match({ taskId: task.id }),
    ])
      expect(await errorOf(call)).toMatchObject({ code: 'not_found' })
  })

  it('has its place on the wire, where an unknown condition is 422', async () => {
    const { engine, companyId, agentId: targetAgentId } = world
    const call = callHandler({ engine, localActor: localOperator })
    const rules = `/api/companies/${companyId}/routing-rules`
    const unknown = await call('POST', rules, { body: { name: 'A', targetAgentId, conditions: { labelsAny: [] } } })
    expect([unknown.status, unknown.at('code'), unknown.at('unknown.0')]).toEqual([422, 'rule_violated', 'labelsAny'])
    expect((await call('POST', rules, { body: { name: 'A', targetAgentId, rules: [] } })).status).toBe(400)
    const created = await call('POST', rules, { body: { name: 'A', targetAgentId } })
    expect(created.status).toBe(201)
    const item = `/api/routing-rules/${created.at('id')}`
    expect((await call('PATCH', item, { body: { name: 'B' } })).at('name')).toBe('B')
    const asked = await call('POST', `${rules}/dry-run`, { body: { task: {} } })
    expect([asked.status, asked.at('agentId'), asked.at('step')]).toEqual([200, targetAgentId, 'rule'])
    const task = await newTask()
    expect((await call('GET', `/api/tasks/${task.identifier}/match?limit=1`)).at('items.0.agentId')).toBe(targetAgentId)
    expect((await call('GET', `${rules}?scope=company`)).at('items.length')).toBe('1')
    expect((await call('DELETE', item)).status).toBe(200)
    expect((await call('GET', item)).status).toBe(404)
  })

  it('is asked about a task that exists or one that does not, not about both or neither', async () => {
    const { engine, companyId } = world
    const task = await newTask()
    expect(await errorOf(engine.routing.dryRun({ companyId }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(engine.routing.dryRun({ companyId, taskId: task.id, task: {} }))).toMatchObject({ code: 'invalid_input' })
  })
})
