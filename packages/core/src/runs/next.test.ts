import { describe, expect, it } from 'vitest'

import { ruleViolated } from '../kernel/errors.ts'
import { runMachine } from './machine.ts'
import { hasNext, nextOf, type NextFacts } from './next.ts'
import type { RunStatus } from './schema.ts'

const at = '2026-11-21T10:00:00.000Z'
const facts = (status: RunStatus, more: Partial<NextFacts> = {}): NextFacts => ({
  run: { status, available_at: at },
  task: { identifier: 'ACM-1', status: 'todo', blocked_reason: null, blocked_owner: null },
  agent: { name: 'Ada', status: 'idle', error_message: null, execution_mode: 'auto' },
  later: null,
  isTakenByAgent: false,
  hindrance: null,
  ...more,
})
const later = (status: RunStatus): Partial<NextFacts> => ({ later: { id: 'later', status, available_at: at } })

describe('what happens next', () => {
  it.each(runMachine.statuses)('is told of a run that is %s, or there is nothing to tell', (status) => {
    expect(nextOf(facts(status)) !== null).toBe(hasNext(status))
  })

  it.each(['failed', 'timed_out', 'lost'] as const)('after a run that is %s: the retry and when, or what the later run does', (status) => {
    expect(nextOf(facts(status, later('queued')))).toMatchObject({ kind: 'retry', runId: 'later', at })
    expect(nextOf(facts(status, later('running')))).toMatchObject({ kind: 'followed', message: 'A later run is running.' })
    expect(nextOf(facts(status, later('succeeded')))).toMatchObject({ kind: 'followed', message: 'A later run ended as succeeded.' })
  })

  it('after the last attempt: who can unblock the task, and why it is blocked', () => {
    const task = {
      identifier: 'ACM-1',
      status: 'blocked',
      blocked_reason: '3 of 3 attempts failed: boom.',
      blocked_owner: 'operator',
    } as const
    expect(nextOf(facts('failed', { task }))).toEqual({
      kind: 'blocked',
      message: 'ACM-1 is blocked: 3 of 3 attempts failed: boom. An operator can unblock it; then runs.retry starts it again.',
      owner: 'operator',
      at: null,
      runId: null,
      code: null,
    })
    const told = (blocked_owner: string | null) => nextOf(facts('failed', { task: { ...task, blocked_owner } }))?.message
    expect([told(null), told('admin'), told('legal')]).toMatchObject(
      ['An operator can', 'An admin can', 'legal can'].map((words) => expect.stringContaining(` ${words} unblock it;`)),
    )
    // An id is no name of anybody.
    expect(told('01a208a9-4545-7243-9fc6-db3559ff35cf')).toContain('boom. Once it is unblocked, runs.retry starts it again.')
  })

  it('names what keeps a run from starting, by the code that its checkout would be refused with', () => {
    const hindrance = ruleViolated('ACM-1 is held.')
    const told = (subject: string) => ({ at, code: 'rule_violated', message: `${subject} starts when this is over: ACM-1 is held.` })
    expect(nextOf(facts('queued', { hindrance }))).toMatchObject({ kind: 'starts', ...told('It') })
    expect(nextOf(facts('failed', { hindrance, ...later('queued') }))).toMatchObject({ kind: 'retry', ...told('The next run') })
    const agent = { name: 'Ada', status: 'error', error_message: 'Set its key.', execution_mode: 'auto' } as const
    const message = 'It starts when the agent Ada, which is error (Set its key.), is resumed.'
    expect(nextOf(facts('queued', { agent }))).toMatchObject({ code: 'agent_unavailable', message, owner: 'operator' })
  })

  it('names whoever takes a run that no worker takes', () => {
    const told = (what: string) => ({ at, code: null, message: `Ada takes ${what} by itself when it asks for work.` })
    expect(nextOf(facts('queued', { isTakenByAgent: true }))).toMatchObject({ kind: 'starts', ...told('it') })
    expect(nextOf(facts('lost', { isTakenByAgent: true, ...later('queued') }))).toMatchObject({ kind: 'retry', ...told('the next run') })
    const agent = { name: 'Ada', status: 'paused', error_message: null, execution_mode: 'polling' } as const
    expect(nextOf(facts('queued', { agent, isTakenByAgent: true }))).toMatchObject({ code: 'agent_unavailable' })
  })

  it('says when nothing follows by itself', () => {
    const ended = { identifier: 'ACM-1', status: 'cancelled', blocked_reason: null, blocked_owner: null } as const
    expect(nextOf(facts('failed', { task: ended }))).toMatchObject({ kind: 'over' })
    const agent = { name: 'Ada', status: 'idle', error_message: null, execution_mode: 'polling' } as const
    expect(nextOf(facts('lost', { agent }))).toMatchObject({
      kind: 'open',
      message: expect.stringContaining('Ada takes it again by itself'),
    })
  })
})
