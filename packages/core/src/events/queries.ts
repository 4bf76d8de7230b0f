import { z } from 'zod'

import { query, type QueryContext } from '../kernel/command.ts'
import { decodeCursor, encodeCursor, pageInput, pageOf, type PageRequest } from '../kernel/page.ts'
import { Id, wholeNumber } from '../kernel/schema.ts'
import { TaskFilter, TaskRef } from '../tasks/schema.ts'
import { filteredTaskId } from '../tasks/sql.ts'
import { Event } from './schema.ts'
import { eventsAfter } from './sql.ts'
import { companyTimeline, partsOfAgent, partsOfDeliverable, partsOfTask, timelineOf } from './timeline.ts'

export const list = query({
  title: "A company's events, oldest first",
  description:
    'Ask for text/event-stream to get them live; Last-Event-ID (or `after`) resumes after that seq, `after=latest` skips the past.',
  input: z.strictObject({ companyId: Id, after: wholeNumber(0).optional(), ...pageInput }),
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

export const company = query({
  title: "A company's events, newest first",
  input: z.strictObject({ companyId: Id, ...pageInput }),
  output: pageOf(Event),
  access: { scope: 'events:read', company: 'company' },
  http: ['GET', '/companies/:companyId/activity'],
  handle: (context, { limit, cursor }) => companyTimeline(context.db, { companyId: context.companyId, limit, cursor }),
})

export const entity = query({
  title: 'The events of any one thing of a company, newest first',
  description: 'Also of one that is not there any more. What never was has no events.',
  input: z.strictObject({
    companyId: Id,
    entityType: z.string().regex(/^[a-zA-Z]{1,40}$/),
    entityId: TaskFilter.describe('Its id, of a task also its identifier.'),
    ...pageInput,
  }),
  output: pageOf(Event),
  access: { scope: 'events:read', company: 'company' },
  http: ['GET', '/companies/:companyId/activity/:entityType/:entityId'],
  async handle({ db, companyId }, { entityType, entityId: reference, limit, cursor }) {
    const entityId = await filteredTaskId(db, companyId, reference)
    const page = await timelineOf(db, { companyId, entityId, limit, cursor })
    // An id is of one thing only, so either all of them are of this type or none.
    return page.items[0]?.entity.type === entityType ? page : { items: [], nextCursor: null }
  },
})

export const task = query({
  title: 'What happened to a task, newest first',
  description: 'With its runs, comments, deliverables, documents, attachments and approvals: the 200 newest of these.',
  input: z.strictObject({ taskId: TaskRef, ...pageInput }),
  output: pageOf(Event),
  access: { scope: 'events:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/activity'],
  handle: (context, { taskId, ...page }) => activityOf(context, { id: taskId, partsOf: partsOfTask, ...page }),
})

export const deliverable = query({
  title: 'What happened to a deliverable, newest first',
  description: 'With the comments about it: the 200 newest of these.',
  input: z.strictObject({ deliverableId: Id, ...pageInput }),
  output: pageOf(Event),
  access: { scope: 'events:read', company: 'deliverable' },
  http: ['GET', '/deliverables/:deliverableId/activity'],
  handle: (context, { deliverableId, ...page }) => activityOf(context, { id: deliverableId, partsOf: partsOfDeliverable, ...page }),
})

export const agent = query({
  title: 'What happened to an agent, newest first',
  description: 'With its runs: the 200 newest of these.',
  input: z.strictObject({ agentId: Id, ...pageInput }),
  output: pageOf(Event),
  access: { scope: 'events:read', company: 'agent' },
  http: ['GET', '/agents/:agentId/activity'],
  handle: (context, { agentId, ...page }) => activityOf(context, { id: agentId, partsOf: partsOfAgent, ...page }),
})

interface Activity extends PageRequest {
  readonly id: string
  readonly partsOf: typeof partsOfTask
}

async function activityOf({ db, companyId }: QueryContext, { id, partsOf, limit, cursor }: Activity) {
  return timelineOf(db, { companyId, entityId: id, parts: await partsOf(db, { companyId, id }), limit, cursor })
}
