import { sql, type Kysely, type RawBuilder } from 'kysely'
import { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { may } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { countable, countableSql } from '../kernel/countable.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { lowestIdAt } from '../kernel/id.ts'
import { Id, IsoTime } from '../kernel/schema.ts'
import { isoTime } from '../ports/clock.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import { RunStatus } from '../runs/schema.ts'

const dayMs = 86_400_000
const window = { defaultDays: 30, mostDays: 366 }

const Count = z.number().int()
const Rate = z.number().min(0).max(1).nullable()

const AgentMetrics = z
  .object({
    agentId: Id,
    since: IsoTime,
    until: IsoTime,
    tasks: z.object({ done: Count, cancelled: Count }).describe("The agent's tasks that ended in this time."),
    cycleTimeMs: z
      .object({ median: Count.nullable(), mean: Count.nullable() })
      .describe('From the first checkout of a task to its completion, milliseconds; null without a task that was checked out.'),
    deliverables: z
      .object({ submitted: Count, pending: Count, approved: Count, revisionRequested: Count, rejected: Count, superseded: Count })
      .describe('What it submitted in this time, by what became of it.'),
    approvalRate: Rate.describe('Approved of all decided ones; null without a decision.'),
    firstPassRate: Rate.describe('Approved of the decided first versions; null without a decision.'),
    runs: z
      .object({ total: Count, byStatus: z.record(RunStatus, Count), costMicros: Count.nullable() })
      .describe('Its runs that were queued in this time. What they cost is null for a key that may read neither costs nor runs.'),
    costMicrosPerDoneTask: Count.nullable().describe(
      'What its runs cost, divided by the tasks done; null without one, and where that cost is null.',
    ),
  })
  .meta({ id: 'AgentMetrics' })

export const metrics = query({
  title: 'Show how an agent does: its tasks, reviews, times and costs',
  input: z.strictObject({
    agentId: Id,
    since: z.iso
      .datetime({ offset: true })
      .optional()
      .describe(`${window.defaultDays} days ago when left out, ${window.mostDays} at most.`),
  }),
  output: AgentMetrics,
  access: { scope: 'agents:read', company: 'agent' },
  http: ['GET', '/agents/:agentId/metrics'],
  async handle(context, { agentId, since: wish }) {
    const { db, companyId, now } = context
    const since = beginOf(now, wish)
    const scope = { companyId, agentId, since }
    const ids = { companyId, agentId, lowest: lowestIdAt(Date.parse(since)) }
    const [tasks, times, submitted, runs] = await Promise.all([
      endedTasks(db, scope),
      cycleTimes(db, scope),
      submittedDeliverables(db, ids),
      queuedRuns(db, ids),
    ])
    const done = countOf(tasks, 'done')
    const mayReadCosts = may(context, 'costs:read') || may(context, 'runs:read')
    const costMicros = mayReadCosts ? countable(sum(runs.map((row) => row.cost))) : null
    return {
      agentId,
      since,
      until: now,
      tasks: { done, cancelled: countOf(tasks, 'cancelled') },
      cycleTimeMs: roundedTimes(first(times)),
      ...reviewFigures(submitted),
      runs: { total: sum(runs.map((row) => row.count)), byStatus: byStatus(runs), costMicros },
      costMicrosPerDoneTask: done === 0 || costMicros === null ? null : Math.round(costMicros / done),
    }
  },
})

function beginOf(now: string, wish: string | undefined): string {
  const nowMs = Date.parse(now)
  const earliest = nowMs - window.mostDays * dayMs
  const wanted = wish === undefined ? nowMs - window.defaultDays * dayMs : Date.parse(wish)
  if (wanted >= earliest && wanted <= nowMs) return isoTime(wanted)
  const message = `must be in the last ${window.mostDays} days`
  throw new EngineError(kernelErrors.invalid_input, `Invalid input: since ${message}.`, {
    details: { errors: [{ path: 'since', message }] },
  })
}

interface Scope {
  readonly companyId: string
  readonly agentId: string
  readonly since: string
}

/** Ended tasks of an agent, as its index has them: a part of statements. */
function endedSince(db: Kysely<Database>, given: Scope): RawBuilder<unknown> {
  return sql`${tableOf(db, 'tasks')} where company_id = ${given.companyId} and assignee_agent_id = ${given.agentId}
    and status in ('done', 'cancelled') and coalesce(completed_at, cancelled_at) >= ${given.since} and deleted_at is null`
}

const endedTasks = statement((db, given: Scope) =>
  rawStatement(db, sql<Counted<'done' | 'cancelled'>>`select status, count(*) as count from ${endedSince(db, given)} group by status`),
)

const cycleTimes = statement((db, given: Scope, family) =>
  rawStatement(
    db,
    sql<Times>`select cast(avg(ms) as double precision) as mean,
        cast(avg(case when place * 2 in (total, total + 1, total + 2) then ms end) as double precision) as median
      from (select ms, row_number() over (order by ms) as place, count(*) over () as total
        from (select ${tookMs(family)} as ms from ${endedSince(db, given)} and status = 'done' and started_at is not null) as took) as placed`,
  ),
)

/** How long a task took from its first checkout to its completion. */
function tookMs(family: DatabaseFamily): RawBuilder<number> {
  return family === 'postgres'
    ? sql`extract(epoch from completed_at - started_at) * 1000`
    : sql`round((unixepoch(completed_at, 'subsec') - unixepoch(started_at, 'subsec')) * 1000)`
}

interface Times {
  readonly mean: number | null
  readonly median: number | null
}

function roundedTimes(times: Times | null): { mean: number | null; median: number | null } {
  const rounded = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : Math.round(ms))
  return { mean: rounded(times?.mean), median: rounded(times?.median) }
}

interface Ids {
  readonly companyId: string
  readonly agentId: string
  /** Whatever was made since has an id that is not below this one. */
  readonly lowest: string
}

const submittedDeliverables = statement((db, given: Ids) =>
  db
    .selectFrom('deliverables')
    .select((e) => ['status', e.fn.countAll<number>().as('count'), firstVersions.as('firsts')])
    .where('company_id', '=', given.companyId)
    .where('agent_id', '=', given.agentId)
    .where('id', '>=', given.lowest)
    .groupBy('status'),
)

const firstVersions = sql<number>`count(*) filter (where number = 1)`

const queuedRuns = statement((db, given: Ids) =>
  db
    .selectFrom('runs')
    .select((e) => [
      'status',
      e.fn.countAll<number>().as('count'),
      sql<number>`cast(${countableSql(sql`sum(cost_micros)`)} as bigint)`.as('cost'),
    ])
    .where('company_id', '=', given.companyId)
    .where('agent_id', '=', given.agentId)
    .where('id', '>=', given.lowest)
    .groupBy('status'),
)

interface Counted<Status extends string> {
  readonly status: Status
  readonly count: number
}

function countOf<Status extends string>(rows: readonly Counted<Status>[], ...statuses: readonly Status[]): number {
  return sum(rows.filter((row) => statuses.includes(row.status)).map((row) => row.count))
}

function byStatus(rows: readonly Counted<RunStatus>[]): Record<RunStatus, number> {
  const none = { queued: 0, running: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0, timed_out: 0, lost: 0 }
  return { ...none, ...Object.fromEntries(rows.map((row) => [row.status, row.count])) }
}

function reviewFigures(rows: Awaited<ReturnType<typeof submittedDeliverables>>) {
  const approved = countOf(rows, 'approved')
  const revisionRequested = countOf(rows, 'revision_requested', 'revised')
  const rejected = countOf(rows, 'rejected')
  const firsts = rows.map(({ status, firsts: count }) => ({ status, count }))
  const decidedFirsts = countOf(firsts, 'approved', 'revision_requested', 'revised', 'rejected')
  return {
    deliverables: {
      submitted: sum(rows.map((row) => row.count)),
      pending: countOf(rows, 'pending'),
      approved,
      revisionRequested,
      rejected,
      superseded: countOf(rows, 'superseded'),
    },
    approvalRate: rate(approved, approved + revisionRequested + rejected),
    firstPassRate: rate(countOf(firsts, 'approved'), decidedFirsts),
  }
}

function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
