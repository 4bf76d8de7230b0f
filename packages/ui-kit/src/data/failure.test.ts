import { describe, expect, it } from 'vitest'

import { EngineError } from '@engine/client'

import { explain, FieldError, problemsOf } from './failure.ts'

describe('a failure in words', () => {
  it('says who holds what somebody else was faster to take, and when to ask again', () => {
    const details = { holder: { agentName: 'Ada', isHolderLive: true }, retryAfterMs: 1_500 }
    const failure = explain(new EngineError('Ada has ACM-1 checked out.', { code: 'checkout_conflict', kind: 'conflict', details }))
    expect(failure).toMatchObject({ title: 'Something came in between', message: 'Ada has ACM-1 checked out.', canTryAgain: false })
    expect(failure.facts).toEqual(['Ada holds it and is at work.', 'Try again in 2 s.'])
  })

  it('names the moves that are left, or that there are none', () => {
    const moved = (legal: { to: string }[]) => explain(new EngineError('No.', { code: 'illegal_transition', kind: 'conflict', details: { from: 'approved', legal } })).facts
    expect(moved([{ to: 'in_progress' }, { to: 'done' }, { to: 'done' }])).toEqual(['From here it can go to in progress, done.'])
    expect(moved([])).toEqual(['It is approved, and stays so.'])
  })

  it('names the fields that are wrong as people call them', () => {
    const errors = [
      { path: 'title', message: 'too short' },
      { path: 'task.assigneeAgentId', message: 'unknown' },
    ]
    const given = { code: 'invalid_input', kind: 'invalid', details: { errors } } as const
    expect(explain(new EngineError('Invalid input: title: …', given)).message).toBe('title: too short; task assignee agent: unknown')
    const rule = new EngineError('reportsTo: an agent can not report to itself.', { code: 'rule_violated', kind: 'rule' })
    expect(explain(rule).message).toBe('reports to: an agent can not report to itself.')
  })

  it('names what stands on the board, and no operation of the API', () => {
    const held = new EngineError('Cancel it, or take it back by tasks.forceRelease, then delete it.', { code: 'rule_violated', kind: 'rule' })
    expect(explain(held).message).toBe('Cancel it, or take it back by “Take it back”, then delete it.')
  })

  it('of our own is shown as it is', () => {
    expect(explain(new Error('boom'))).toMatchObject({ message: 'boom', requestId: null })
  })
})

describe('the fields that a refusal is about', () => {
  const refused = (message: string, kind: 'rule' | 'conflict', details = {}) => problemsOf(new EngineError(message, { code: 'no', kind, details }))

  it('are those that the schema names, that a rule begins with, and that were found here', () => {
    const errors = [{ path: 'task.title', message: 'too short' }]
    expect(refused('Bad.', 'rule', { errors })).toEqual(errors)
    expect(refused('variables.shop: the value must be a number.', 'rule')).toEqual([
      { path: 'variables.shop', message: 'the value must be a number.' },
    ])
    expect(problemsOf(new FieldError('limit', 'no number'))).toEqual([{ path: 'limit', message: 'no number' }])
  })

  it('are none where the whole is refused', () => {
    expect(refused('This company has 200 routes already; delete one.', 'rule')).toEqual([])
    expect(refused('task: changed meanwhile', 'conflict')).toEqual([])
    expect(problemsOf(new Error('limit: boom'))).toEqual([])
  })
})
