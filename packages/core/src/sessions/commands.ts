import { z } from 'zod'

import { ofAccounts } from '../accounts/log.ts'
import { command } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { endSessions, loggedIn } from './life.ts'

const own = { scope: 'accounts:own', company: 'installation' } as const
const leftOut = { leftOut: 'it is for people, about where they are logged in' }

export const revoke = command({
  title: 'End one of your sessions',
  description: 'Its token opens nothing from then on, also where a stream is open by it.',
  input: z.strictObject({ sessionId: Id }),
  output: z.object({ ended: z.number().int() }),
  access: own,
  http: ['POST', '/sessions/:sessionId/revoke'],
  mcp: leftOut,
  ...ofAccounts,
  async handle(context, { sessionId }) {
    const { userId } = loggedIn(context)
    const ended = await endSessions(context, userId, { reason: 'revoked', which: ({ id }) => id === sessionId })
    if (ended === 0) throw notFound('session', sessionId)
    return { ended }
  },
})

export const revokeOthers = command({
  title: 'End all of your sessions but the one that asks',
  input: z.strictObject({}),
  output: z.object({ ended: z.number().int() }),
  access: own,
  http: ['POST', '/sessions/revoke-others'],
  mcp: leftOut,
  ...ofAccounts,
  async handle(context) {
    const { userId, sessionId } = loggedIn(context)
    return { ended: await endSessions(context, userId, { reason: 'revoked', which: ({ id }) => id !== sessionId }) }
  },
})
