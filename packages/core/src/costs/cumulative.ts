import type { Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { SessionChargeTable } from './table.ts'

/** What is counted of a conversation. */
export type Counters = Pick<SessionChargeTable, 'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'cost_micros'>

const names = ['input_tokens', 'output_tokens', 'cached_input_tokens', 'cost_micros'] as const

/**
 * What is to be charged when the counters of a conversation stand at `total` and were charged before. Counters that fell began anew,
 * and then all of it is to be charged. Pure.
 */
export function chargeOf(total: Counters, charged: Counters | null): Counters {
  if (!charged || names.some((name) => total[name] < charged[name])) return total
  return {
    input_tokens: total.input_tokens - charged.input_tokens,
    output_tokens: total.output_tokens - charged.output_tokens,
    cached_input_tokens: total.cached_input_tokens - charged.cached_input_tokens,
    cost_micros: total.cost_micros - charged.cost_micros,
  }
}

type Conversation = Pick<SessionChargeTable, 'company_id' | 'agent_id' | 'task_id' | 'subject'>
type Turn = Pick<SessionChargeTable, 'run_id' | 'fence'>

const chargeFor = statement((db, given: Conversation) =>
  db
    .selectFrom('session_charges')
    .selectAll()
    .where('company_id', '=', given.company_id)
    .where('agent_id', '=', given.agent_id)
    .where('task_id', '=', given.task_id)
    .where('subject', '=', given.subject)
    .forNoKeyUpdate(),
)

/**
 * Charges what counters of a conversation grew by, and keeps how far they are charged. A turn that does not go on from the one
 * before begins a conversation of its own, whose counters begin at nothing.
 */
export async function chargeConversation(
  tx: Transaction<Database>,
  conversation: Conversation,
  given: { turn: Turn; isResumed: boolean; total: Counters },
): Promise<Counters> {
  const { turn, isResumed, total } = given
  const known = first(await chargeFor(tx, conversation))
  const goesOn = known && (isResumed || (known.run_id === turn.run_id && known.fence === turn.fence))
  const next = { ...turn, ...total }
  await tx
    .insertInto('session_charges')
    .values({ ...conversation, ...next })
    .onConflict((conflict) => conflict.columns(['company_id', 'agent_id', 'task_id', 'subject']).doUpdateSet(next))
    .execute()
  return chargeOf(total, goesOn ? known : null)
}
