import { randomUUID } from 'node:crypto'

import { EngineError } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { Handler } from './handler.ts'
import { problem, statusOfKind } from './problem.ts'
import { json } from './wire.ts'

/** Answers while the database is being opened and migrated: the process lives, and is not ready (PROMISES P20). */
export const startingHandler: Handler = async ({ url }) => {
  if (url.pathname === '/api/health/live') return json(200, { status: 'live' })
  if (url.pathname === '/api/health/ready') return json(statusOfKind.unavailable, { status: 'not_ready', reason: 'starting' })
  const details = { retryAfterMs: 1_000 }
  return problem(new EngineError(httpErrors.starting, 'The database is being opened; try again in a moment.', { details }), {
    requestId: randomUUID(),
  })
}
