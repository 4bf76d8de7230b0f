import { describe, expect, it } from 'vitest'

import type { RoutingRule } from '@engine/core/contract'

import { FieldError } from '../../data/failure.ts'
import { readFields } from '../../parts/fields.ts'
import { conditionsInWords, inOrder, moved, readRule } from './read-rule.ts'

const written = (given: readonly (readonly [string, string])[]) => {
  const form = new FormData()
  for (const [name, value] of given) form.append(name, value)
  return readFields(form)
}

const rule = (id: string, position: number, projectId: string | null = null): RoutingRule => ({
  id,
  position,
  projectId,
  companyId: 'company',
  name: id,
  isEnabled: true,
  conditions: {},
  targetAgentId: null,
  targetCapability: 'design',
  strategy: 'least_busy',
  fallbackAgentId: null,
  lastAgentId: null,
  terminatedAgentIds: [],
  version: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
})

describe('a rule', () => {
  it('names what was written alone, and takes the other kind of target off', () => {
    const fields = [
      ['name', ' Design '],
      ['tagsAny', 'logo, web'],
      ['priority', 'high'],
      ['priority', 'critical'],
      ['target', 'capability'],
      ['targetCapability', 'design'],
      ['strategy', 'round_robin'],
    ] as const
    expect(readRule(written(fields))).toEqual({
      name: 'Design',
      conditions: { tagsAny: ['logo', 'web'], priority: ['critical', 'high'] },
      targetAgentId: null,
      targetCapability: 'design',
      strategy: 'round_robin',
      fallbackAgentId: null,
    })
  })

  it('needs an agent where it is for one, and an object as its context', () => {
    expect(() => readRule(written([['target', 'agent']]))).toThrow(FieldError)
    expect(() => readRule(written([['context', '[1]']]))).toThrow(FieldError)
  })

  it('says when it applies', () => {
    expect(conditionsInWords({})).toBe('every task')
    expect(conditionsInWords({ tagsAll: ['a', 'b'], priority: 'low' })).toBe('tagged a and b, low priority')
  })
})

describe('the order of rules', () => {
  const rules = [
    rule('general', 0),
    rule('last', 7),
    rule('of beta', 3, 'two'),
    rule('of alpha', 9, 'one'),
    rule('first of beta', 1, 'two'),
  ]
  const names: Readonly<Record<string, string>> = { one: 'Alpha', two: 'Beta' }

  it('asks those of a project before those of the company', () => {
    const order = inOrder(rules, (id) => names[id] ?? '').map(({ id }) => id)
    expect(order).toEqual(['of alpha', 'first of beta', 'of beta', 'general', 'last'])
  })

  it('changes among the rules of one place alone', () => {
    expect(moved(rules, rule('last', 7), -1)).toEqual(['last', 'general'])
    expect(moved(rules, rule('first of beta', 1, 'two'), 1)).toEqual(['of beta', 'first of beta'])
    expect(moved(rules, rule('general', 0), -1)).toBeNull()
    expect(moved(rules, rule('of alpha', 9, 'one'), 1)).toBeNull()
  })
})
