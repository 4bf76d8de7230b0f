import type { Transaction } from 'kysely'
import type { z } from 'zod'

import type { Database } from '../database/tables.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import { checkoutTogether } from './checkout-batch.ts'
import type { Checkout } from './schema.ts'
import { takeStartableOfEach, type Asking } from './startable.ts'

type Output = z.output<typeof Checkout>
type Call = BatchCall<object>

/** Many agents of a company that ask for their next task, as one transaction: a look that gives each another task, and the checkouts. */
export const nextBatch: Batch<object, Output> = {
  key: (_, actor) => (actor.kind === 'agent' ? actor.companyId : null),
  run: (context, calls) =>
    context.inTransaction((tx) => {
      // What fails in a transaction takes nothing.
      const changeAndRead: BatchContext['changeAndRead'] = async ({ change, read }) => read(tx, await change(tx))
      return takeTogether({ ...context, db: tx, changeAndRead }, tx, calls)
    }),
}

async function takeTogether(context: BatchContext, tx: Transaction<Database>, calls: readonly Call[]): Promise<(Done<Output> | null)[]> {
  const companyId = calls.flatMap(({ actor }) => (actor.kind === 'agent' ? [actor.companyId] : []))[0] ?? ''
  const tasks = await takeStartableOfEach(tx, { companyId, asking: askingOf(calls) })
  const places = [...tasks.keys()]
  const checkouts = places.flatMap((place) => {
    const call = calls[place]
    return call ? [{ ...call, input: { taskId: tasks.get(place) ?? '', agentId: call.actor.id } }] : []
  })
  const done = calls.map((): Done<Output> | null => null)
  if (checkouts.length === 0) return done
  for (const [index, answer] of (await checkoutTogether(context, checkouts)).entries()) done[places[index] ?? -1] = answer
  return done
}

function askingOf(calls: readonly Call[]): Asking[] {
  const asked = new Map<string, number>()
  return calls.map(({ actor: { id: agent } }, place) => {
    const earlier = asked.get(agent) ?? 0
    asked.set(agent, earlier + 1)
    return { place, agent, earlier }
  })
}
