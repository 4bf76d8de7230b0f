import { sql, type Kysely } from 'kysely'
import type { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import { eventActor } from '../kernel/actor.ts'
import { newCredential } from '../runs/credential.ts'
import { answerOf, type Claimed, type Entry, type Member } from './checkout-answer.ts'
import { candidates, changes, memberColumns, records, type Claims } from './claim-text.ts'
import type { Checkout, CheckoutInput } from './schema.ts'
import { isTaskId } from './sql.ts'

type Input = z.output<typeof CheckoutInput>
type Output = z.output<typeof Checkout>
type Call = BatchCall<Input>

/** Checks tasks out for new runs. */
const claimAll = statement((db, given: Claims) =>
  rawStatement<Claimed>(
    db,
    sql<Claimed>`with member as (select * from jsonb_to_recordset(${given.members}::jsonb) as m (${memberColumns})),
      ${candidates(db)}, ${changes(db, given)}, ${newRuns(db, given)}, ${records(db, given)}
      select t.*, a.seq as assigned_seq, c.seq as claimed_seq, s.seq as started_seq, case when t.is_labelled = 1 then ${labelsOf(db)} end as labels
      from task t join event c on c.id = t.claimed join event s on s.id = t.started left join event a on a.id = t.assigned`,
  ),
)

function newRuns(db: Kysely<Database>, given: Claims) {
  return sql`run as (
      insert into ${tableOf(db, 'runs')} (id, company_id, agent_id, task_id, status, wake_reasons, priority, attempt, fence, worker_id,
        credential_hash, available_at, version, created_at, updated_at, started_at)
      select checkout_run_id, company_id, checkout_agent_id, id, 'running', '["manual"]', priority, 1, fence, worker, hash,
        ${given.now}::timestamptz, 1, ${given.now}::timestamptz, ${given.now}::timestamptz, ${given.now}::timestamptz
      from task
      returning id, version, attempt, adapter_type
    )`
}

/** A task's labels, as they are shown. */
function labelsOf(db: Kysely<Database>) {
  return sql`(select jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name, 'color', l.color) order by l.name)::text
    from ${tableOf(db, 'task_labels')} tl join ${tableOf(db, 'labels')} l on l.company_id = tl.company_id and l.id = tl.label_id
    where tl.company_id = t.company_id and tl.task_id = t.id)`
}

/** Many checkouts by id as one statement; whatever is special about one is left to the command's handler. */
export const checkoutBatch: Batch<Input, Output> = {
  key(input, actor) {
    const isItself = actor.kind !== 'agent' || input.agentId === undefined || input.agentId === actor.id
    return isTaskId(input.taskId) && input.expectedStatuses === undefined && isItself ? '' : null
  },
  run: checkoutTogether,
}

export async function checkoutTogether(context: BatchContext, calls: readonly Call[]): Promise<(Done<Output> | null)[]> {
  const members = memberList(context, calls)
  const rows = await claimAll(context.db, {
    members: JSON.stringify(members.map(({ member, place }) => ({ ...member, place }))),
    now: context.now,
    epoch: context.epoch,
    leaseMs: context.settings.leaseMs,
  })
  const answers = calls.map((): Done<Output> | null => null)
  const byPlace = new Map(members.map((entry) => [entry.place, entry]))
  for (const row of rows) {
    const entry = byPlace.get(row.place)
    const call = calls[row.place]
    if (entry && call) answers[row.place] = answerOf(context, { row, call, ...entry })
  }
  return answers
}

/** One member a task: of two calls for the same one, the second is told by the handler who has it. */
function memberList(context: BatchContext, calls: readonly Call[]): Entry[] {
  const entries = new Map<string, Entry>()
  for (const [place, call] of calls.entries()) {
    const task = call.input.taskId.toLowerCase()
    if (!entries.has(task)) entries.set(task, toEntry(context, { task, place, call }))
  }
  return [...entries.values()]
}

function toEntry(context: BatchContext, { task, place, call }: { task: string; place: number; call: Call }): Entry {
  const { credential, hash } = newCredential()
  const { actor, input, requestId, companies } = call
  const { kind, id } = eventActor(actor)
  const member: Member = {
    task,
    agent: actor.kind === 'agent' ? actor.id : (input.agentId ?? null),
    run: context.newId(),
    hash,
    worker: `external:${actor.kind}:${actor.id}`,
    assigned: context.newId(),
    claimed: context.newId(),
    started: context.newId(),
    actorKind: kind,
    actorId: id,
    requestId,
    companies: companies === 'all' ? null : companies.join(','),
  }
  return { place, member, credential }
}
