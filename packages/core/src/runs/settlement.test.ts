import { describe, expect, it } from 'vitest'

import { failureClasses } from '../ports/run-contract.ts'
import { failureRules } from './failures.ts'
import { attemptAfter, settle, settleLost, type EndingOutcome, type SettlementFacts } from './settlement.ts'

const given = (facts: Partial<SettlementFacts> = {}): SettlementFacts => ({
  taskStatus: 'in_progress',
  attempt: 1,
  maxAttempts: 3,
  isByBudget: false,
  hasBreaker: false,
  settings: { retryBaseMs: 1_000, retryCapMs: 60_000 },
  random: () => 0.5,
  ...facts,
})
const failed = (failureClass: (typeof failureClasses)[number], more: object = {}): EndingOutcome => ({
  kind: 'failed',
  class: failureClass,
  message: 'broke',
  ...more,
})

describe('the end of a run', () => {
  it('completes the task when the work is done', () => {
    expect(settle({ kind: 'done' }, given())).toEqual({
      runStatus: 'succeeded',
      move: { to: 'done', reason: null, owner: null },
      next: null,
      agentError: null,
    })
  })

  it('leaves a submitted task to its review', () => {
    for (const outcome of [{ kind: 'done' }, { kind: 'needs_review' }, failed('transient')] as EndingOutcome[]) {
      expect(settle(outcome, given({ taskStatus: 'in_review' }))).toMatchObject({ move: null, next: null })
    }
  })

  it('blocks the task with the reason and the owner that the agent named', () => {
    expect(settle({ kind: 'blocked', reason: 'no key', owner: 'ops' }, given()).move).toEqual({
      to: 'blocked',
      reason: 'no key',
      owner: 'ops',
    })
  })

  it('goes on later when the agent asks for it, as a first attempt', () => {
    expect(settle({ kind: 'continue', afterMs: 5_000 }, given({ attempt: 2 }))).toMatchObject({
      move: { to: 'todo' },
      next: { afterMs: 5_000, attempt: 1, reason: 'timer' },
    })
  })

  it('tries again after a passing failure, later each time', () => {
    expect(settle(failed('transient'), given({ attempt: 1 })).next).toEqual({ afterMs: 500, attempt: 2, reason: 'retry' })
    expect(settle(failed('transient'), given({ attempt: 2 })).next).toEqual({ afterMs: 1_000, attempt: 3, reason: 'retry' })
  })

  it('waits at least as long as the provider asked', () => {
    expect(settle(failed('rate_limited', { retryAfterMs: 30_000 }), given()).next?.afterMs).toBe(30_000)
  })

  const providers = failureClasses.filter((failureClass) => failureRules[failureClass].follows === 'cool')
  const others = failureClasses.filter((failureClass) => failureRules[failureClass].follows !== 'cool')

  it.each(others)('never runs more often than allowed: %s', (failureClass) => {
    const last = settle(failed(failureClass), given({ attempt: 3 }))
    expect(last.next).toBeNull()
    expect(last.move).toMatchObject({ to: 'blocked', owner: failureRules[failureClass].owner })
    expect(last.move?.reason).toContain('broke')
  })

  it('burns no attempt for what is the matter with a provider, also in the last one', () => {
    expect(providers).toEqual(['rate_limited', 'quota', 'overloaded'])
    for (const failureClass of providers)
      expect(settle(failed(failureClass), given({ attempt: 3 }))).toMatchObject({
        move: { to: 'todo' },
        next: { attempt: 3, reason: 'retry' },
      })
  })

  it('leaves it to the breaker of the provider when the next run starts, where there is one', () => {
    expect(settle(failed('overloaded', { retryAfterMs: 30_000 }), given({ hasBreaker: true })).next?.afterMs).toBe(0)
  })

  it('names who can go on: for keys and configuration somebody who may change them', () => {
    const owners = failureClasses.filter((failureClass) => failureRules[failureClass].owner === 'admin')
    expect(owners).toEqual(['auth', 'config'])
  })

  it('does not repeat what cannot succeed, and takes a broken agent out of work', () => {
    for (const failureClass of ['auth', 'config', 'bad_request', 'refused'] as const) {
      expect(settle(failed(failureClass), given())).toMatchObject({ next: null, move: { to: 'blocked' } })
    }
    expect(settle(failed('auth'), given()).agentError).toEqual({ message: 'broke', code: null })
    expect(settle(failed('config', { code: 'budget_unavailable' }), given()).agentError).toMatchObject({ code: 'budget_unavailable' })
    expect(settle(failed('refused'), given()).agentError).toBeNull()
  })

  it('is a time-out when the time ran out', () => {
    expect(settle(failed('timeout'), given()).runStatus).toBe('timed_out')
  })
})

describe('a lost run', () => {
  it('is followed at once by the next attempt', () => {
    expect(settleLost(given())).toMatchObject({ move: { to: 'todo' }, next: { afterMs: 0, attempt: 2, reason: 'retry' } })
  })

  it('blocks its task when the attempts are used up', () => {
    expect(settleLost(given({ attempt: 3 }))).toMatchObject({
      move: { to: 'blocked', reason: 'its run was lost in 3 of 3 attempts' },
      next: null,
    })
  })
})

describe('a run that somebody starts again', () => {
  const after = (status: 'succeeded' | 'cancelled' | 'failed' | 'timed_out' | 'lost', attempt: number) =>
    attemptAfter({ status, attempt }, { max_attempts: 3 })

  it('is the next attempt, and never more than the task allows', () => {
    for (const status of ['failed', 'timed_out', 'lost'] as const)
      expect([after(status, 1), after(status, 2), after(status, 3)]).toEqual([2, 3, 3])
  })

  it('burns nothing of what was cancelled, and begins anew after success', () => {
    expect([after('cancelled', 2), after('succeeded', 3)]).toEqual([2, 1])
  })
})
