import type { SelectQueryBuilder } from 'kysely'
import { z } from 'zod'

import { pageById } from '../database/page.ts'
import type { Database } from '../database/tables.ts'
import { may, roleIn } from '../kernel/authorize.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Flag, Id } from '../kernel/schema.ts'
import { TaskFilter } from '../tasks/schema.ts'
import { filteredTaskId, ofPresentTask } from '../tasks/sql.ts'
import { answerersFor } from './answerers.ts'
import { Interaction, InteractionKind, InteractionStatus } from './schema.ts'
import { locatedInteractions } from './sql.ts'
import { toInteraction, type InteractionTable } from './table.ts'

export const get = query({
  title: 'Show what a person was asked, and the answer',
  input: z.strictObject({ interactionId: Id }),
  output: Interaction,
  access: { scope: 'interactions:read', company: 'interaction' },
  http: ['GET', '/interactions/:interactionId'],
  handle: async (context) => toInteraction(locatedInteractions.of(context)),
})

export const list = query({
  title: 'List what people were asked, oldest first',
  input: z.strictObject({
    companyId: Id,
    status: InteractionStatus.optional(),
    kind: InteractionKind.optional(),
    taskId: TaskFilter.optional(),
    answerable: Flag.optional().describe('True for what the caller may answer now.'),
    ...pageInput,
  }),
  output: pageOf(Interaction),
  access: { scope: 'interactions:read', company: 'company' },
  http: ['GET', '/companies/:companyId/interactions'],
  async handle(context, input) {
    const all = context.db
      .selectFrom('interactions')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where(ofPresentTask(context.db, 'interactions'))
    let rows = input.answerable === true ? answerable(all, context) : all
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.kind) rows = rows.where('kind', '=', input.kind)
    const taskId = await filteredTaskId(context.db, context.companyId, input.taskId)
    if (taskId) rows = rows.where('task_id', '=', taskId)
    return pageById(rows, input, { item: toInteraction })
  },
})

type Rows = SelectQueryBuilder<Database, 'interactions', InteractionTable>

/** Those that wait for the caller, by the rule of `assertMayAnswer`. */
function answerable(rows: Rows, context: QueryContext): Rows {
  const { actor, companyId } = context
  const pending = rows.where('status', '=', 'pending')
  if (actor.kind === 'system') return pending
  const role = actor.kind === 'user' && may(context, 'interactions:answer') ? roleIn(actor, companyId) : null
  if (role === null) return pending.where((e) => e.lit(false))
  // People whom only the host knows have no ids of ours, and are asked by role.
  const userId = Id.safeParse(actor.id).data
  return pending.where((e) => {
    const byRole = e('answerer', 'in', answerersFor(role))
    return userId === undefined ? byRole : e.or([byRole, e('answerer_user_id', '=', userId)])
  })
}
