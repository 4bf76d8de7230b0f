import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { AnyEvent } from '@engine/core'

import type { RecordedCall } from '../history.ts'
import { witness, type WitnessRule } from './index.ts'
import { allVerbs, simulate, stepsOf, type Fault, type Verb } from './simulated/index.ts'

const steps = stepsOf({ verbs: allVerbs, maxLength: 80, tasks: 3, overlap: 3 })
const long = stepsOf({ verbs: allVerbs, minLength: 60, maxLength: 160, tasks: 3, overlap: 3 })

/** Each fault, the rule that must find it, and where the evidence is. */
const faults: readonly [Fault, WitnessRule][] = [
  ['double_claim', 'one_owner'],
  ['reused_fence', 'fence'],
  ['skipped_fence', 'fence'],
  ['ended_run_claims', 'one_life'],
  ['zombie_write', 'fenced_write'],
  ['doubled_end', 'one_life'],
  ['illegal_move', 'move'],
  ['lost_update', 'version'],
  ['ownerless_task', 'limbo'],
  ['lost_ack', 'acked'],
  ['effect_of_a_refusal', 'refused'],
  ['unheard_claim', 'caused'],
]

describe('the witness', () => {
  it('finds nothing in a log and a history that hold', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (given, withRequestIds) => {
        const { events, history } = simulate({ steps: given, withRequestIds })
        expect(witness(events, { history })).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it.each(faults)('finds every %s, by the rule %s', (fault, rule) => {
    let found = 0
    fc.assert(
      fc.property(long, fc.nat(20), (given, faultFrom) => {
        const { events, history, faultAt } = simulate({ steps: given, fault, faultFrom })
        fc.pre(faultAt !== null)
        found += 1
        expect(witness(events, { history }).map((violation) => violation.rule)).toContain(rule)
      }),
      { numRuns: 200, maxSkipsPerRun: 1_000 },
    )
    expect(found).toBeGreaterThanOrEqual(200)
  })
})

/** A history of one task, a step a verb; `choice` 5 is the ordinary course of each. */
const play = (verbs: readonly (Verb | [Verb, number])[], more: { withRequestIds?: boolean; fault?: Fault; faultFrom?: number } = {}) => {
  const steps = verbs.map((given) => {
    const [verb, choice] = typeof given === 'string' ? [given, 5] : given
    return { verb, choice, task: 0, before: 0, after: 0 }
  })
  return simulate({ steps, ...more })
}
const rulesOf = (events: readonly AnyEvent[], history?: readonly RecordedCall[]) =>
  witness(events, history ? { history } : {}).map((violation) => violation.rule)

describe('a violation', () => {
  it('says where it is and who was concerned', () => {
    const { events, history } = play(['checkout', 'checkout'], { fault: 'double_claim' })
    const position = events.findLastIndex((event) => event.type === 'task.claimed')
    expect(witness(events, { history })[0]).toEqual({
      rule: 'one_owner',
      source: 'log',
      position,
      sentence: 'Event 10 (task.claimed): the run run-1 claimed the task task-0, which the run run-0 owned (fence 1, event 6).',
    })
  })

  it('of the history points to the call', () => {
    const { events, history } = play(['checkout', 'progress'], { fault: 'lost_ack', faultFrom: 1 })
    const [first] = witness(events, { history })
    expect(first).toMatchObject({ rule: 'acked', source: 'history', position: 1 })
    expect(first?.sentence).toBe(
      'Call 1 (tasks.progress by client 1) was acknowledged, but no event of its request request-1 is in the log.',
    )
  })
})

describe('a log', () => {
  const { events } = play(['checkout', 'progress', 'release'])

  it('is judged without a history too', () => {
    expect(rulesOf(events)).toEqual([])
    expect(rulesOf([])).toEqual([])
  })

  it('must have each event once, in the order of its positions', () => {
    expect(rulesOf([...events, ...events.slice(-1)])).toContain('order')
    const [created, ...others] = events
    expect(rulesOf(created ? [...others, created] : others)).toContain('order')
  })

  it('must have every event: the absence of any that changes something shows', () => {
    for (const [index, event] of events.entries()) {
      // The second half of a pair says nothing that the first half does not.
      if (event.type === 'task.released' || event.type === 'task.assigned') continue
      const { history } = play(['checkout', 'progress', 'release'])
      expect(rulesOf(events.toSpliced(index, 1), history), event.type).not.toEqual([])
    }
  })
})

describe('a call without a request id', () => {
  it('is held to what its answer shows', () => {
    const { events, history } = play(['checkout', 'progress'], { withRequestIds: false })
    expect(rulesOf(events, history)).toEqual([])
    const withoutClaim = events.filter((event) => event.type === 'task.created')
    expect(rulesOf(withoutClaim, history)).toEqual(['acked', 'acked', 'acked', 'acked'])
  })

  it('whose outcome is unknown explains one claim of its task and no second one', () => {
    const { events, history } = play([['checkout', 1], 'release', ['checkout', 1]], { withRequestIds: false })
    expect(rulesOf(events, history)).toEqual([])
    expect(rulesOf(events, history.slice(1))).toEqual(['caused'])
  })

  it("is not expected behind a claim of Engine's own loops", () => {
    const { events, history } = play(['dispatch', 'dispatch'])
    expect(events.map((event) => event.type)).toContain('task.claimed')
    expect(rulesOf(events, history)).toEqual([])
  })
})

describe('a request', () => {
  it('may be refused once and succeed in another attempt', () => {
    const { events, history } = play(['checkout'])
    const refused = history.map((call) => ({ ...call, outcome: { status: 'refused' as const, returnedAt: 0, code: 'idempotency_busy' } }))
    expect(rulesOf(events, [...refused, ...history])).toEqual([])
    expect(rulesOf(events, refused)).toEqual(['refused'])
  })

  it('claims once', () => {
    const { events, history } = play(['checkout', 'release', 'checkout'])
    const asOne = <Named extends { requestId: string | null }>(named: Named): Named => ({
      ...named,
      requestId: named.requestId === 'request-2' ? 'request-0' : named.requestId,
    })
    expect(rulesOf(events.map(asOne), history.slice(0, 2))).toContain('caused')
  })

  it('may leave nothing when its operation is quiet', () => {
    const { events, history } = play(['checkout'])
    const [checkout] = history
    const ping = { ...checkout, operation: 'plugin.ping', requestId: 'ping', outcome: { status: 'acked', returnedAt: 1 } } as RecordedCall
    expect(rulesOf(events, [...history, ping])).toEqual(['acked'])
    expect(witness(events, { history: [...history, ping], quietOperations: ['plugin.ping'] })).toEqual([])
  })
})

it('is shown every kind of event that it judges', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(long, (given) => {
      for (const event of simulate({ steps: given }).events) seen.add(event.type)
    }),
  )
  const tasks = [
    'created',
    'updated',
    'assigned',
    'routing_failed',
    'claimed',
    'released',
    'status_changed',
    'progress_updated',
    'completed',
  ]
  const runs = ['queued', 'started', 'waiting', 'succeeded', 'failed', 'cancelled', 'lost']
  const wanted = [...tasks.map((each) => `task.${each}`), ...runs.map((each) => `run.${each}`), 'task.blocked', 'task.execution_failed']
  expect([...seen]).toEqual(
    expect.arrayContaining([...wanted, 'agent.status_changed', 'review.completed', 'deliverable.submitted', 'interaction.answered']),
  )
})
