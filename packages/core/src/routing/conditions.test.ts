import { describe, expect, it } from 'vitest'

import { readConditions, unmetCondition, type RoutingTask } from './conditions.ts'
import type { RoutingConditions } from './schema.ts'

const task: RoutingTask = {
  priority: 'high',
  tags: ['bug', 'web'],
  labelIds: ['l1', 'l2'],
  context: { customer: 'acme', plan: { seats: 5, tier: 'gold' } },
  requiredCapabilities: ['draw', 'cut'],
  preferredAgentId: null,
}

describe('conditions', () => {
  it.each<[RoutingConditions]>([
    [{}],
    [{ tagsAny: ['bug', 'other'] }],
    [{ tagsAll: ['web', 'bug'] }],
    [{ priority: 'high' }],
    [{ priority: ['critical', 'high'] }],
    [{ labels: ['l2'] }],
    [{ capabilities: ['cut'] }],
    [{ context: { customer: 'acme' } }],
    [{ context: { plan: { tier: 'gold', seats: 5 } } }],
    [{ tagsAny: ['bug'], tagsAll: ['web'], priority: 'high', labels: ['l1', 'l2'], capabilities: ['draw', 'cut'] }],
  ])('%j hold', (conditions) => {
    expect(unmetCondition(conditions, task)).toBeNull()
  })

  it.each<[RoutingConditions, string]>([
    [{ tagsAny: ['Bug', 'other'] }, 'has none of the tags Bug, other'],
    [{ tagsAll: ['bug', 'ios'] }, 'lacks the tag ios'],
    [{ priority: ['critical', 'low'] }, 'has the priority high, not critical or low'],
    [{ labels: ['l1', 'l3'] }, 'lacks the label l3'],
    [{ capabilities: ['draw', 'fly'] }, 'does not require fly'],
    [{ context: { customer: 'acme', region: null } }, 'has another value at context.region'],
    [{ context: { plan: { seats: 5 } } }, 'has another value at context.plan'],
    [{ context: { toString: 'x' } }, 'has another value at context.toString'],
    [{ tagsAny: ['bug'], priority: 'low' }, 'has the priority high, not low'],
  ])('%j do not hold, since the task %s', (conditions, why) => {
    expect(unmetCondition(conditions, task)).toBe(why)
  })

  it('that nobody knows are refused by name, with those that are known', () => {
    expect(() => readConditions({ tagsAny: ['bug'], tags: ['bug'] })).toThrow(
      'conditions: "tags" is no condition; nothing was changed. Known are tagsAny, tagsAll, priority, labels, capabilities, context.',
    )
    expect(readConditions({ tagsAny: ['bug'] })).toEqual({ tagsAny: ['bug'] })
  })
})
