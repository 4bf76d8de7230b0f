import { describe, expect, it } from 'vitest'

import { EngineError, type ErrorKind } from '@engine/core'

import { problem } from './problem.ts'

const told = (error: unknown) => {
  const answer = problem(error, { requestId: 'request-1' })
  const text = typeof answer.body === 'string' ? answer.body : ''
  return { ...answer, body: JSON.parse(text) as Record<string, unknown> }
}

const failed = (kind: ErrorKind, details = {}) => new EngineError({ code: 'some_code', kind, help: '' }, 'What happened.', { details })

describe('a problem document', () => {
  it.each([
    ['invalid', 400],
    ['unauthenticated', 401],
    ['budget', 402],
    ['denied', 403],
    ['missing', 404],
    ['conflict', 409],
    ['too_large', 413],
    ['rule', 422],
    ['limited', 429],
    ['unavailable', 503],
  ] as const)('says %s as %i', (kind, status) => {
    const answer = told(failed(kind))
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.body).toEqual({
      type: '/api/docs/errors#some_code',
      title: 'some code',
      status,
      code: 'some_code',
      detail: 'What happened.',
      requestId: 'request-1',
    })
  })

  it.each([
    ['a thrown error', new Error('SELECT * FROM secrets at /srv/app/packages/core/x.ts')],
    ['a thrown text', 'SELECT * FROM secrets /srv/app/'],
    ['nothing', undefined],
    [
      'an internal error',
      new EngineError({ code: 'internal', kind: 'internal', help: '' }, 'SELECT /srv/app/', { details: { sql: 'SELECT' } }),
    ],
    ['an error that only looks like ours', { kind: 'invalid', code: 'x', message: 'SELECT /srv/app/', details: {} }],
  ])('says nothing of the inside about %s', (_, error) => {
    const answer = told(error)
    expect(answer.status).toBe(500)
    expect(answer.body).toMatchObject({ code: 'internal', requestId: 'request-1' })
    expect(JSON.stringify(answer)).not.toMatch(/SELECT|\/srv/)
  })

  it('carries what helps, and lets none of it take the place of its own words', () => {
    const details = { holder: 'Ada', type: 'x', title: 'x', status: 'in_progress', code: 'x', detail: 'x', requestId: 'x' }
    const { body, status } = told(failed('conflict', details))
    expect(status).toBe(409)
    expect(body).toMatchObject({ holder: 'Ada', currentStatus: 'in_progress', status: 409, code: 'some_code', requestId: 'request-1' })
    expect(body).toMatchObject({ type: '/api/docs/errors#some_code', title: 'some code', detail: 'What happened.' })
  })

  it('says when to come back, in whole seconds and not too early', () => {
    const { headers, body } = told(failed('conflict', { retryAfterMs: 1_001 }))
    expect([headers['retry-after'], body['retryAfterMs']]).toEqual(['2', 1_001])
    expect(told(failed('conflict')).headers).not.toHaveProperty('retry-after')
  })

  it('names the way to identify oneself to those who did not', () => {
    expect(told(failed('unauthenticated')).headers['www-authenticate']).toBe('Bearer')
    expect(told(failed('denied')).headers).not.toHaveProperty('www-authenticate')
  })
})
