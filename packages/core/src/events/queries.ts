import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { decodeCursor, encodeCursor, pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { Event } from './schema.ts'
import { eventsAfter, toEvent } from './sql.ts'

export const list = query({
  title: "A company's events, oldest first",
  description:
    'Ask for text/event-stream to get them live; Last-Event-ID (or `after`) resumes after that seq, `after=latest` skips the past.',
  input: z.strictObject({ companyId: Id, after: z.coerce.number().int().min(0).optional(), ...pageInput }),
  output: pageOf(Event),
  access: { scope: 'events:read', company: 'company' },
  http: ['GET', '/companies/:companyId/events'],
  async handle(context, input) {
    const after = input.cursor ? Number(decodeCursor(input.cursor, ['number'])[0]) : (input.after ?? 0)
    const items = await eventsAfter(context.db, { companyId: context.companyId, after, limit: input.limit + 1 })
    const shown = items.slice(0, input.limit)
    const last = shown.at(-1)
    return { items: shown, nextCursor: items.length > input.limit && last ? encodeCursor([last.seq]) : null }
  },
})

export const task = query({
  title: "A task's events, newest first",
  input: z.strictObject({ taskId: TaskRef, ...pageInput }),
  output: pageOf(Event),
  access: { scope: 'events:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/activity'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('events')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('entity_id', '=', input.taskId)
      .orderBy('seq', 'desc')
      .limit(input.limit + 1)
    if (input.cursor) rows = rows.where('seq', '<', Number(decodeCursor(input.cursor, ['number'])[0]))
    const found = await rows.execute()
    const shown = found.slice(0, input.limit)
    const last = shown.at(-1)
    return { items: shown.map(toEvent), nextCursor: found.length > input.limit && last ? encodeCursor([last.seq]) : null }
  },
})
