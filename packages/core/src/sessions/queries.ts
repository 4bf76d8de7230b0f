import { z } from 'zod'

import { Session } from '../accounts/schema.ts'
import { query } from '../kernel/command.ts'
import { isLive, loggedIn } from './life.ts'
import { sessionsOf } from './sql.ts'
import { toSession } from './table.ts'

export const list = query({
  title: 'List where you are logged in',
  input: z.strictObject({}),
  output: z.object({ items: z.array(Session), nextCursor: z.null() }),
  access: { scope: 'accounts:own', company: 'installation' },
  http: ['GET', '/sessions'],
  mcp: { leftOut: 'it is for people, about where they are logged in' },
  async handle(context) {
    const { userId, sessionId } = loggedIn(context)
    const rows = await sessionsOf(context.db, userId)
    const live = rows.filter((row) => isLive(row, Date.parse(context.now), context.settings))
    return { items: live.map((row) => toSession(row, sessionId)), nextCursor: null }
  },
})
