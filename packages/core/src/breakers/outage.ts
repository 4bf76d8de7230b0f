import type { Kysely } from 'kysely'

import { lockAgent } from '../agents/sql.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import { isoTime } from '../ports/clock.ts'
import type { KeptOutcome } from '../ports/run-contract.ts'
import { failureRules } from '../runs/failures.ts'
import type { RunTable } from '../runs/table.ts'
import { blankBreaker } from './change.ts'
import { requireBreaker } from './sql.ts'

/** How long two failures are in a row when nothing else ran between. */
const spanMs = 3_600_000
/** How many of the newest runs of each status are looked at: of older ones it does not matter how they ended. */
const lookedAt = 50

const longestMessage = 10_000
const explained = 'So did other work there, and none was done meanwhile: the provider is left alone for a while.'

/**
 * What a run's outcome means when it is seen together with those of others: one answer of 500 may be this run's bad luck; when the work of
 * another task ended so too, and nothing was done between, the provider is down, and no run is to blame for that (PROMISES P6). A single
 * task that always fails is not told from an outage, so its attempts bound it. Few failures say that the provider broke by itself, and only
 * those are looked at here: a success asks and writes nothing.
 */
export async function judgeOutcome(context: CommandContext, run: RunTable, outcome: KeptOutcome): Promise<KeptOutcome> {
  if (outcome.kind !== 'failed' || outcome.isProviderFault !== true || run.adapter_type === null) return outcome
  const { follows } = failureRules[outcome.class]
  if (follows !== 'retry' && follows !== 'retry_elsewhere') return outcome
  // In the order of a claim: the agent, then the breaker. Of two that end at the same moment, the later one sees the earlier.
  await lockAgent(context.tx, run.agent_id)
  const breaker = await requireBreaker(context.tx, blankBreaker(context, run))
  // Where it is not closed, the run tried whether the provider works again, or began before that was asked.
  if (breaker.status === 'closed' && !(await failedOthers(context, run))) return outcome
  const told = `${outcome.message.slice(0, longestMessage - explained.length - 1)} ${explained}`.toWellFormed()
  return { ...outcome, class: 'overloaded', message: told }
}

type Ended = Pick<RunTable, 'task_id' | 'adapter_type' | 'adapter_provider' | 'outcome' | 'error_class' | 'finished_at'>

const newestRuns = statement((db, given: { companyId: string; status: RunTable['status']; limit: number }) =>
  db
    .selectFrom('runs')
    .select(['task_id', 'adapter_type', 'adapter_provider', 'outcome', 'error_class', 'finished_at'])
    .where('company_id', '=', given.companyId)
    .where('status', '=', given.status)
    .orderBy('id', 'desc')
    .limit(given.limit),
)

/** Whether the provider broke under the work of another task, and has shown since then in nothing that it works. */
async function failedOthers(context: CommandContext, run: RunTable): Promise<boolean> {
  const ended = await endedAt(context.tx, run)
  const hourAgo = isoTime(context.clock.now() - spanMs)
  const since = ended.reduce((last, one) => (showsThatItWorks(one) ? later(last, one.finished_at) : last), hourAgo)
  return ended.some((one) => one.task_id !== run.task_id && isProviderFault(one) && (one.finished_at ?? '') > since)
}

async function endedAt(db: Kysely<Database>, run: RunTable): Promise<Ended[]> {
  const found: Ended[] = []
  for (const status of ['failed', 'timed_out', 'succeeded'] as const)
    found.push(...(await newestRuns(db, { companyId: run.company_id, status, limit: lookedAt })))
  return found.filter((one) => one.adapter_type === run.adapter_type && one.adapter_provider === run.adapter_provider)
}

function showsThatItWorks({ error_class: failure }: Ended): boolean {
  return failure === null || failureRules[failure].isAnswer
}

function isProviderFault({ outcome }: Ended): boolean {
  const told: KeptOutcome | null = outcome === null ? null : JSON.parse(outcome)
  return told?.kind === 'failed' && told.isProviderFault === true
}

function later(left: string, right: string | null): string {
  return right !== null && right > left ? right : left
}
