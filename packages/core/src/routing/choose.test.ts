import { describe, expect, it } from 'vitest'

import type { Candidate } from './candidates.ts'
import { chooseAgent, type AskedRule, type RoutingFacts } from './choose.ts'
import type { RoutingTask } from './conditions.ts'

const agent = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  id: name,
  name,
  status: 'idle',
  capabilities: ['write'],
  topics: [],
  openTasks: 0,
  liveRuns: 0,
  hasFreeSlot: true,
  meanCostMicros: 0,
  ...more,
})

const task = (more: Partial<RoutingTask> = {}): RoutingTask => ({
  priority: 'medium',
  tags: [],
  labelIds: [],
  context: {},
  preferredAgentId: null,
  requiredCapabilities: [],
  ...more,
})

const rule = (name: string, more: Partial<AskedRule> = {}): AskedRule => ({
  id: name,
  name,
  conditions: {},
  targetAgentId: null,
  targetCapability: null,
  strategy: null,
  fallbackAgentId: null,
  lastAgentId: null,
  ...more,
})

const facts = (candidates: readonly Candidate[], more: Partial<RoutingFacts> = {}): RoutingFacts => ({
  candidates,
  rules: [],
  projectDefaultAgentId: null,
  companyDefaultAgentId: null,
  ...more,
})

describe('routing without rules', () => {
  it('takes the preferred agent, whatever else fits', () => {
    const choice = chooseAgent(
      task({ preferredAgentId: 'busy', requiredCapabilities: ['write'] }),
      facts([agent('free'), agent('busy', { openTasks: 9, hasFreeSlot: false })], { companyDefaultAgentId: 'free' }),
    )
    expect(choice).toMatchObject({ agentId: 'busy', step: 'preferred', ruleId: null, reason: 'busy is the preferred agent' })
  })

  it('passes over a preferred agent who cannot work, and says so', () => {
    const choice = chooseAgent(
      task({ preferredAgentId: 'a', requiredCapabilities: ['write'] }),
      facts([agent('a', { status: 'paused' }), agent('b')]),
    )
    expect(choice).toMatchObject({
      agentId: 'b',
      step: 'capabilities',
      reason: 'the preferred agent a is paused; b has write and is the least busy of 1',
    })
  })

  it('passes over a preferred agent who lacks what the task requires', () => {
    const choice = chooseAgent(task({ preferredAgentId: 'a', requiredCapabilities: ['draw', 'cut'] }), facts([agent('a')]))
    expect(choice).toMatchObject({
      agentId: null,
      step: 'unassigned',
      reason: 'the preferred agent a lacks draw, cut; no agent at work has draw, cut',
    })
  })

  it.each(['paused', 'error', 'pending_approval', 'terminated'] as const)('chooses no agent that is %s', (status) => {
    const candidates = [agent('a', { status })]
    expect(chooseAgent(task({ requiredCapabilities: ['write'] }), facts(candidates)).agentId).toBeNull()
    expect(chooseAgent(task({ preferredAgentId: 'a' }), facts(candidates)).agentId).toBeNull()
    expect(chooseAgent(task(), facts(candidates, { companyDefaultAgentId: 'a', projectDefaultAgentId: 'a' })).agentId).toBeNull()
  })

  it('needs every required capability', () => {
    const choice = chooseAgent(
      task({ requiredCapabilities: ['write', 'draw'] }),
      facts([agent('a'), agent('b', { capabilities: ['draw', 'write'] })]),
    )
    expect(choice.agentId).toBe('b')
  })

  it('takes the least busy, and of equals always the same', () => {
    const agents = [agent('c', { openTasks: 1 }), agent('b'), agent('a')]
    expect(chooseAgent(task({ requiredCapabilities: ['write'] }), facts(agents)).agentId).toBe('a')
    expect(chooseAgent(task({ requiredCapabilities: ['write'] }), facts(agents.toReversed())).agentId).toBe('a')
  })

  it('takes one without a free slot only when nobody has one', () => {
    const full = agent('a', { hasFreeSlot: false })
    const busy = agent('b', { openTasks: 5 })
    const asked = task({ requiredCapabilities: ['write'] })
    expect(chooseAgent(asked, facts([full, busy])).agentId).toBe('b')
    expect(chooseAgent(asked, facts([full]))).toMatchObject({
      agentId: 'a',
      reason: 'a has write and is the least busy of 1, none of which has a free slot',
    })
  })

  it('leaves the task unassigned with a reason when nobody fits', () => {
    expect(chooseAgent(task({ requiredCapabilities: ['dance'] }), facts([agent('a')]))).toMatchObject({
      agentId: null,
      step: 'unassigned',
      reason: 'no agent at work has dance',
    })
    expect(chooseAgent(task(), facts([agent('a')])).reason).toContain('no preferred agent')
  })

  it('asks the default agent of the project before that of the company, and both before it looks for capabilities', () => {
    const agents = [agent('a'), agent('b', { openTasks: 3 }), agent('c', { openTasks: 2 })]
    const defaults = { projectDefaultAgentId: 'b', companyDefaultAgentId: 'c' }
    const asked = task({ requiredCapabilities: ['write'] })
    expect(chooseAgent(asked, facts(agents, defaults))).toMatchObject({
      agentId: 'b',
      step: 'project_default',
      reason: 'b is the default agent of the project',
    })
    expect(chooseAgent(asked, facts(agents.with(1, agent('b', { status: 'error' })), defaults))).toMatchObject({
      agentId: 'c',
      step: 'company_default',
      reason: "the project's default agent b is error; c is the default agent of the company",
    })
    expect(chooseAgent(asked, facts([agent('a')], defaults))).toMatchObject({
      agentId: 'a',
      step: 'capabilities',
      reason:
        "the project's default agent b is terminated; the company's default agent c is terminated; a has write and is the least busy of 1",
    })
  })
})

describe('a routing rule', () => {
  it('gives a task that it fits to its agent, and the first that fits decides', () => {
    const rules = [
      rule('Bugs', { conditions: { tagsAny: ['bug'] }, targetAgentId: 'a' }),
      rule('All', { targetAgentId: 'b' }),
      rule('Never asked', { targetAgentId: 'c' }),
    ]
    const agents = facts([agent('a'), agent('b'), agent('c')], { rules, companyDefaultAgentId: 'c' })
    expect(chooseAgent(task({ tags: ['bug'] }), agents)).toMatchObject({
      agentId: 'a',
      step: 'rule',
      ruleId: 'Bugs',
      reason: 'the rule "Bugs" fits: a is its agent',
    })
    expect(chooseAgent(task(), agents)).toMatchObject({
      agentId: 'b',
      ruleId: 'All',
      reason: 'the rule "All" fits: b is its agent',
      considered: [
        { step: 'rule', ruleId: 'Bugs', note: 'the rule "Bugs" does not fit: the task has none of the tags bug' },
        { step: 'rule', ruleId: 'All', note: 'the rule "All" fits: b is its agent' },
      ],
    })
  })

  it('that fits but has nobody leaves the decision to the next one, with its reason', () => {
    const rules = [
      rule('One', { targetAgentId: 'gone', fallbackAgentId: 'sick' }),
      rule('Two', { targetCapability: 'fly', strategy: 'least_busy' }),
    ]
    const agents = [agent('sick', { status: 'error' }), agent('a')]
    expect(chooseAgent(task(), facts(agents, { rules, companyDefaultAgentId: 'a' }))).toMatchObject({
      agentId: 'a',
      step: 'company_default',
      reason:
        'the rule "One" fits, but gone is terminated and its fallback sick is error; ' +
        'the rule "Two" fits, but no agent at work has fly; a is the default agent of the company',
    })
  })

  it('gives the task to its fallback when its target can not take it', () => {
    const rules = [rule('One', { targetCapability: 'fly', strategy: 'round_robin', fallbackAgentId: 'a' })]
    expect(chooseAgent(task(), facts([agent('a')], { rules }))).toMatchObject({
      agentId: 'a',
      ruleId: 'One',
      reason: 'the rule "One" fits, but no agent at work has fly, so its fallback a takes the task',
      takesTurn: false,
    })
  })

  it('gives a task to nobody who lacks what the task requires', () => {
    const rules = [rule('One', { targetAgentId: 'a' }), rule('Two', { targetCapability: 'write', strategy: 'first_available' })]
    const agents = [agent('a'), agent('b', { capabilities: ['write', 'draw'] })]
    expect(chooseAgent(task({ requiredCapabilities: ['draw'] }), facts(agents, { rules }))).toMatchObject({ agentId: 'b', ruleId: 'Two' })
  })

  it('says that none fits when none does, also to a task that nobody gets', () => {
    const rules = [rule('One', { conditions: { priority: 'critical' }, targetAgentId: 'a' })]
    expect(chooseAgent(task(), facts([agent('a')], { rules }))).toMatchObject({
      agentId: null,
      step: 'unassigned',
      reason: 'none of 1 rules fits',
    })
  })

  it('names at most five steps in its reason, however many there are', () => {
    const rules = Array.from({ length: 100 }, (_, index) => rule(`${index}`, { targetAgentId: 'gone' }))
    const choice = chooseAgent(task(), facts([], { rules }))
    expect(choice.reason).toMatch(/fits, but gone is terminated; 95 more had nobody$/)
    expect(choice.considered).toHaveLength(100)
  })
})

describe('a strategy', () => {
  const pick = (strategy: AskedRule['strategy'], candidates: readonly Candidate[], lastAgentId: string | null = null) => {
    const rules = [rule('R', { targetCapability: 'write', strategy, lastAgentId })]
    const forward = chooseAgent(task(), facts(candidates, { rules }))
    // The order in which a database gives the agents must not matter.
    expect(chooseAgent(task(), facts(candidates.toReversed(), { rules }))).toEqual(forward)
    return forward
  }

  it('round_robin takes the next by id, begins again after the last, and skips who is gone', () => {
    const agents = [agent('b'), agent('a'), agent('c')]
    expect(pick('round_robin', agents)).toMatchObject({ agentId: 'a', takesTurn: true })
    expect(pick('round_robin', agents, 'a').agentId).toBe('b')
    expect(pick('round_robin', agents, 'c').agentId).toBe('a')
    expect(pick('round_robin', agents, 'aa').agentId).toBe('b')
    expect(pick('round_robin', [agent('a'), agent('b', { status: 'paused' }), agent('c')], 'a').agentId).toBe('c')
  })

  it('round_robin goes on from whose turn it was, however busy anybody is', () => {
    expect(pick('round_robin', [agent('a'), agent('b', { openTasks: 50 })], 'a').agentId).toBe('b')
  })

  it('first_available takes the first by id that has a free slot', () => {
    expect(pick('first_available', [agent('b', { openTasks: 7 }), agent('a', { hasFreeSlot: false })]).agentId).toBe('b')
    expect(pick('first_available', [agent('b', { hasFreeSlot: false }), agent('a', { hasFreeSlot: false })]).agentId).toBe('a')
  })

  it('cheapest takes the least mean cost, no history counting as nothing, and of equals the least busy', () => {
    const dear = agent('a', { meanCostMicros: 900 })
    const cheap = agent('b', { meanCostMicros: 20, openTasks: 4 })
    expect(pick('cheapest', [dear, cheap])).toMatchObject({
      agentId: 'b',
      takesTurn: false,
      reason: 'the rule "R" fits: b has write and is the cheapest of 2',
    })
    expect(pick('cheapest', [dear, cheap, agent('c')]).agentId).toBe('c')
    expect(pick('cheapest', [cheap, agent('c', { meanCostMicros: 20 })]).agentId).toBe('c')
  })
})
