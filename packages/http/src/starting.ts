import { randomUUID } from 'node:crypto'

import { EngineError, type Engine } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { Handler } from './handler.ts'
import { problem, statusOfKind } from './problem.ts'
import { json } from './wire.ts'

/** Says that it is starting until the engine is there, and its own handler with it; an engine that never comes is its opener's to report. */
export function whenReady(engine: Engine | Promise<Engine>, handlerOf: (ready: Engine) => Handler): { readonly handler: Handler } {
  if (!(engine instanceof Promise)) return { handler: handlerOf(engine) }
  const current = { handler: startingHandler }
  engine.then(handlerOf).then(
    (handler) => (current.handler = handler),
    () => undefined,
  )
  return current
}

/** Answers while the database is being opened and migrated: the process lives, and is not ready (PROMISES P20). */
const startingHandler: Handler = async ({ url }) => {
  if (url.pathname === '/api/health/live') return json(200, { status: 'live' })
  if (url.pathname === '/api/health/ready') return json(statusOfKind.unavailable, { status: 'not_ready', reason: 'starting' })
  const details = { retryAfterMs: 1_000 }
  return problem(new EngineError(httpErrors.starting, 'The database is being opened; try again in a moment.', { details }), {
    requestId: randomUUID(),
  })
}
