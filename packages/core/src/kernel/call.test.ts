import { describe, expect, it } from 'vitest'

import { systemActor } from './actor.ts'
import { problemOfCall, type Call } from './call.ts'

const user = (given: object) => ({ actor: { kind: 'user', id: 'kim', roles: {}, ...given } })

describe('a call', () => {
  it.each([
    { actor: systemActor },
    { actor: systemActor, idempotencyKey: undefined, requestId: undefined },
    user({ id: 'auth0|😀', roles: { '*': 'owner' } }),
    { actor: systemActor, idempotencyKey: 'k\0'.repeat(255), requestId: 'r' },
  ])('can be made: %j', (call) => {
    expect(problemOfCall(call as Call)).toBeNull()
  })

  // What their host has no types for, or took from outside.
  it.each([
    [{}, 'Its actor is of the kind "undefined"; there are system, user, agent, run, node.'],
    [{ actor: { kind: 'admin', id: 'kim' } }, 'Its actor is of the kind "admin"; there are'],
    [user({ id: undefined }), 'The id of its actor is no text of 1 to 255 characters'],
    [user({ id: 5 }), 'The id of its actor is no text'],
    [user({ id: '' }), 'The id of its actor is no text'],
    [user({ id: 'k'.repeat(256) }), 'The id of its actor is no text'],
    [user({ id: 'kim\0' }), 'without a NUL character'],
    [user({ id: 'kim\ud800' }), 'half of a surrogate pair'],
    [user({ roles: undefined }), 'Its user has no roles: by the id of a company, or * for all, with {} for somebody who has none.'],
    [user({ roles: { '*': undefined } }), 'A role of its user is none of viewer, reviewer, operator, admin, owner.'],
    [user({ roles: { '*': 'superadmin' } }), 'A role of its user is none of'],
    [user({ roles: { acme: 'owner', other: 'constructor' } }), 'A role of its user is none of'],
    [{ actor: systemActor, idempotencyKey: null }, 'Its idempotencyKey is no text'],
    [{ actor: systemActor, idempotencyKey: 7 }, 'Its idempotencyKey is no text'],
    [{ actor: systemActor, requestId: {} }, 'Its requestId is no text'],
    [{ actor: systemActor, requestId: 'a\0' }, 'Its requestId is no text'],
  ])('can not be made: %j', (call, reason) => {
    const problem = problemOfCall(call as unknown as Call)
    expect([problem?.code, problem?.message]).toEqual(['invalid_input', expect.stringContaining(reason)])
  })
})
