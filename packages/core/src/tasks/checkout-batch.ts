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
import { showTasks } from './labels.ts'
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
      select * from task`,
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
  const given: Claims = {
    members: JSON.stringify(members.map(({ member, place }) => ({ ...member, place }))),
    now: context.now,
    epoch: context.epoch,
    leaseMs: context.settings.leaseMs,
  }
  const claimed = await context.changeAndRead({
    change: (db) => claimAll(db, given),
    read: async (db, rows) => ({ rows, tasks: await showTasks(db, rows) }),
  })
  const answers = calls.map((): Done<Output> | null => null)
  const byPlace = new Map(members.map((entry) => [entry.place, entry]))
  for (const [index, row] of claimed.rows.entries()) {
    const [entry, call, task] = [byPlace.get(row.place), calls[row.place], claimed.tasks[index]]
    if (entry && call && task) answers[row.place] = answerOf(context, { row, task, call, ...entry })
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
