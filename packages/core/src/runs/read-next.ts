import type { Kysely } from 'kysely'

import { findAgent } from '../agents/sql.ts'
import type { Database } from '../database/tables.ts'
import { readCheckoutFacts } from '../tasks/checkout-facts.ts'
import { hindranceOf } from '../tasks/checkout-rules.ts'
import { findTask } from '../tasks/sql.ts'
import { hasNext, nextOf } from './next.ts'
import type { RunNext } from './schema.ts'
import type { RunTable } from './table.ts'

interface Reading {
  readonly companyId: string
  readonly now: string
}

/** What happens next with one run; what keeps it from starting is decided as its checkout would be. */
export async function readNext(db: Kysely<Database>, run: RunTable, { companyId, now }: Reading): Promise<RunNext | null> {
  if (!hasNext(run.status)) return null
  const [task, agent] = [await findTask(db, run.task_id), await findAgent(db, run.agent_id)]
  if (!task || !agent) return null
  const later = (await laterRuns(db, { companyId, runs: [run] })).get(run.id) ?? null
  const isToStart = run.status === 'queued' || run.status === 'waiting' || later?.status === 'queued'
  const hindrance = isToStart ? hindranceOf(await readCheckoutFacts(db, { task, agent, now })) : null
  return nextOf({ run, task, agent, later, hindrance })
}

/** The same for a page of runs, in a number of statements that does not grow with it: without what keeps each from starting. */
export async function readNexts(
  db: Kysely<Database>,
  runs: readonly RunTable[],
  { companyId }: Pick<Reading, 'companyId'>,
): Promise<Map<string, RunNext | null>> {
  const asked = runs.filter(({ status }) => hasNext(status))
  if (asked.length === 0) return new Map()
  const later = await laterRuns(db, { companyId, runs: asked })
  const tasks = await db
    .selectFrom('tasks')
    .select(['id', 'identifier', 'status', 'blocked_reason', 'blocked_owner'])
    .where('company_id', '=', companyId)
    .where('id', 'in', [...new Set(asked.map((run) => run.task_id))])
    .execute()
  const agents = await db
    .selectFrom('agents')
    .select(['id', 'name', 'status', 'execution_mode'])
    .where('company_id', '=', companyId)
    .where('id', 'in', [...new Set(asked.map((run) => run.agent_id))])
    .execute()
  const entries = asked.map((run) => {
    const [task, agent] = [tasks.find(({ id }) => id === run.task_id), agents.find(({ id }) => id === run.agent_id)]
    return [run.id, task && agent ? nextOf({ run, task, agent, later: later.get(run.id) ?? null, hindrance: null }) : null] as const
  })
  return new Map(entries)
}

/** The newest run of the same task that came after each of these, by their ids. */
async function laterRuns(
  db: Kysely<Database>,
  { companyId, runs }: { companyId: string; runs: readonly RunTable[] },
): Promise<Map<string, Pick<RunTable, 'id' | 'status' | 'attempt' | 'available_at'>>> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('runs as later', (join) =>
      join
        .onRef('later.company_id', '=', 'runs.company_id')
        .on('later.id', '=', (e) =>
          e
            .selectFrom('runs as newer')
            .select('newer.id')
            .whereRef('newer.company_id', '=', 'runs.company_id')
            .whereRef('newer.task_id', '=', 'runs.task_id')
            .whereRef('newer.id', '>', 'runs.id')
            .orderBy('newer.id', 'desc')
            .limit(1),
        ),
    )
    .select(['runs.id as of_run', 'later.id', 'later.status', 'later.attempt', 'later.available_at'])
    .where('runs.company_id', '=', companyId)
    .where(
      'runs.id',
      'in',
      runs.map(({ id }) => id),
    )
    .execute()
  return new Map(rows.map(({ of_run: ofRun, ...later }) => [ofRun, later]))
}
