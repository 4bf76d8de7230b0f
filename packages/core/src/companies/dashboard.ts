import { sql, type Kysely } from 'kysely'
import { z } from 'zod'

import { AgentStatus } from '../agents/schema.ts'
import { allTime, spentIn, sumOf, toSpent } from '../costs/totals.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { Event } from '../events/schema.ts'
import { newestEvents } from '../events/sql.ts'
import { may } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import { TaskStatus } from '../tasks/schema.ts'
import { taskCounts } from './counters.ts'

/** Beyond this many, a count says "more than". */
const countedAtMost = 1_000
const shownEvents = 20

const Capped = z.object({
  count: z.number().int().describe(`At most ${countedAtMost}.`),
  isMore: z.boolean().describe('Whether there are more than that.'),
})

const Dashboard = z
  .object({
    tasks: z.record(TaskStatus, z.number().int()).describe('How many tasks have each status.'),
    agents: z.record(AgentStatus, z.number().int()).describe('How many agents have each status.'),
    liveRuns: z.number().int(),
    spend: z
      .object({
        month: z.string().describe('The present UTC month, such as `2026-11`.'),
        costMicros: z.number().int().describe('What was spent in it, in millionths of a US dollar.'),
        totalMicros: z.number().int().describe('What was spent in all.'),
      })
      .nullable()
      .describe(
        '`costs.summary` says more, also of what subscriptions and credits would have cost, which is not in here. Null for a key that may not read costs.',
      ),
    pendingReviews: Capped.describe('Deliverables that wait for a review.'),
    pendingApprovals: Capped.describe('Requests that wait for a decision.'),
    pendingInteractions: Capped.describe('Questions that wait for an answer.'),
    openBreakers: Capped.describe('Providers at which nothing starts for now; `breakers.list` says why and until when.'),
    activity: z.array(Event).describe(`The newest ${shownEvents} events, newest first; none for a key that may not read events.`),
  })
  .meta({ id: 'Dashboard' })

const agentCounts = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('agents')
    .select((e) => [
      'status',
      e.fn.countAll<number>().as('agents'),
      e.fn.sum<number>('live_runs').as('live_runs'),
      e.fn.sum<number>(e.case().when('live_runs', '>', 0).then(1).else(0).end()).as('busy'),
    ])
    .where('company_id', '=', given.companyId)
    .groupBy('status'),
)

async function countAgents(db: Kysely<Database>, given: { companyId: string }) {
  const rows = await agentCounts(db, given)
  const agents = { pending_approval: 0, idle: 0, running: 0, error: 0, paused: 0, terminated: 0 }
  for (const row of rows) {
    agents[row.status] += row.agents
    // As everywhere, an idle agent with live runs is shown as running.
    if (row.status === 'idle') {
      agents.running += row.busy
      agents.idle -= row.busy
    }
  }
  return { agents, liveRuns: rows.reduce((sum, row) => sum + row.live_runs, 0) }
}

async function spendOf(db: Kysely<Database>, { companyId, now }: { companyId: string; now: string }) {
  const month = now.slice(0, 7)
  const months = await spentIn(db, { companyId, scope: 'month', ...allTime })
  const micros = (rows: typeof months) => toSpent(sumOf(rows)).costMicros
  return { month, costMicros: micros(months.filter(({ period }) => period === month)), totalMicros: micros(months) }
}

/** How many of a company's rows wait for a person's decision, no further than is shown. */
function countPending(db: Kysely<Database>, given: { table: 'deliverables' | 'approvals' | 'interactions'; companyId: string }) {
  const pending = db
    .selectFrom(given.table)
    .select('id')
    .where('company_id', '=', given.companyId)
    .where('status', '=', sql.lit('pending'))
    .limit(sql.lit(countedAtMost + 1))
  return db.selectFrom(pending.as('pending')).select((e) => e.fn.countAll<number>().as('count'))
}

/** How many providers let nobody work. */
function countOpen(db: Kysely<Database>, companyId: string) {
  const open = db
    .selectFrom('breakers')
    .select('id')
    .where('company_id', '=', companyId)
    .where('status', '!=', sql.lit('closed'))
    .limit(sql.lit(countedAtMost + 1))
  return db.selectFrom(open.as('open')).select((e) => e.fn.countAll<number>().as('count'))
}

const pendingCounts = statement((db, { companyId }: { companyId: string }) =>
  db.selectNoFrom([
    countPending(db, { table: 'deliverables', companyId }).as('reviews'),
    countPending(db, { table: 'approvals', companyId }).as('approvals'),
    countPending(db, { table: 'interactions', companyId }).as('interactions'),
    countOpen(db, companyId).as('breakers'),
  ]),
)

function capped(count: number | null | undefined) {
  const known = count ?? 0
  return { count: Math.min(known, countedAtMost), isMore: known > countedAtMost }
}

export const dashboard = query({
  title: 'What is going on in a company, at a glance',
  description: 'Every figure is kept or capped, so it costs the same however large the company is.',
  input: z.strictObject({ companyId: Id }),
  output: Dashboard,
  access: { scope: 'companies:read', company: 'company' },
  http: ['GET', '/companies/:companyId/dashboard'],
  async handle(context) {
    const { db, companyId, now } = context
    const [tasks, agents, spend, pending, activity] = await Promise.all([
      taskCounts(db, companyId),
      countAgents(db, { companyId }),
      may(context, 'costs:read') ? spendOf(db, { companyId, now }) : null,
      pendingCounts(db, { companyId }),
      may(context, 'events:read') ? newestEvents(db, { companyId, limit: shownEvents }) : [],
    ])
    const [waiting] = pending
    return {
      tasks,
      ...agents,
      spend,
      pendingReviews: capped(waiting?.reviews),
      pendingApprovals: capped(waiting?.approvals),
      pendingInteractions: capped(waiting?.interactions),
      openBreakers: capped(waiting?.breakers),
      activity,
    }
  },
})
