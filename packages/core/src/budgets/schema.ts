import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const BudgetScope = z.enum(['company', 'project', 'agent', 'task'])
export type BudgetScope = z.infer<typeof BudgetScope>

export const BudgetWindow = z.enum(['month_utc', 'day', 'lifetime']).describe('When it begins anew: each month or day in UTC, or never.')
export type BudgetWindow = z.infer<typeof BudgetWindow>

export const BudgetMetric = z
  .enum(['micros', 'tokens', 'runs', 'wallMs'])
  .describe('What it counts: micro-dollars, tokens that go into models and come out, runs, or milliseconds that runs take.')
export type BudgetMetric = z.infer<typeof BudgetMetric>

/** As much as can be counted without rounding. */
export const Limit = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

export const microsPerCent = 10_000

export const Budget = z
  .object({
    id: Id,
    companyId: Id,
    scope: BudgetScope,
    scopeId: Id.describe('The company, project, agent or task.'),
    window: BudgetWindow,
    metric: BudgetMetric,
    limit: z.number().int().describe('In units of the metric.'),
    limitCents: z.number().nullable().describe('The same in cents, for the metric micros; null for others.'),
    warnPercent: z.number().int(),
    isHard: z.boolean().describe('True: nothing is let spend beyond it, and work stops at it. False: it only warns.'),
    period: z.object({ startsAt: IsoTime, endsAt: IsoTime.nullable() }).describe('The present one.'),
    spent: z.number().int().describe('In this period.'),
    held: z.number().int().describe('Set aside for calls and runs that are under way.'),
    free: z.number().int().describe('What may still be set aside.'),
    status: z.enum(['ok', 'warned', 'exhausted']),
    isStopped: z.boolean().describe('True: nothing starts in its scope until it is raised, or its period ends.'),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Budget' })
export type Budget = z.infer<typeof Budget>

const AgentWithoutCap = z.object({
  agentId: Id,
  name: z.string(),
  adapterTypes: z.array(z.string()).describe('Those of its adapters that it does not start by: its own, of a profile, or a fallback.'),
})
export type AgentWithoutCap = z.infer<typeof AgentWithoutCap>

/** How many agents are named at once: whoever helps these sees the next ones. */
export const mostNamed = 20

/** Whom a budget keeps from starting; of many the first ones by their names, and how many more there are. */
export const AgentsWithoutCap = z
  .object({
    agentsWithoutCap: z
      .array(AgentWithoutCap)
      .max(mostNamed)
      .describe(
        'Agents that do not start under it: they have no `maxCostMicrosPerRun`, and an adapter that tells only at the end what a run used. The first by name; empty where it is no hard limit of money.',
      ),
    moreAgentsWithoutCap: z.number().int().min(0).describe('How many there are besides those that are named.'),
  })
  .meta({ id: 'AgentsWithoutCap' })
export type AgentsWithoutCap = z.infer<typeof AgentsWithoutCap>

export const BudgetSet = Budget.extend(AgentsWithoutCap.shape).meta({ id: 'BudgetSet' })
export type BudgetSet = z.infer<typeof BudgetSet>

const Amount = z.number().int()

/** What becomes of a budget if it goes on as it did; amounts in units of its metric. */
export const BudgetForecast = z
  .object({
    budgetId: Id,
    metric: BudgetMetric,
    limit: Amount,
    endsAt: IsoTime.nullable().describe('Of its present period; null where it never ends.'),
    spent: Amount.describe('In it, until now.'),
    perDay: Amount.nullable().describe('The pace; null before there is a day, or an hour of a budget of days, to go by.'),
    forecast: Amount.nullable().describe('What will have been used at the end; null where there is no pace, or no end.'),
    reachedAt: IsoTime.nullable().describe(
      'When the limit will be reached at this pace: now where it is; null where that is after the end.',
    ),
    basis: z.object({ from: IsoTime, to: IsoTime }).describe('What the pace is the mean of.'),
  })
  .meta({ id: 'BudgetForecast' })

export const BudgetIncidentStatus = z.enum(['open', 'resolved'])
export type BudgetIncidentStatus = z.infer<typeof BudgetIncidentStatus>

export const BudgetResolution = z
  .enum(['raised', 'kept_paused', 'period_ended', 'removed', 'late_bill'])
  .describe(
    'raised: work goes on under a higher limit; kept_paused: it stays stopped for this period; period_ended and removed: it goes on; late_bill: a bill took a period that was over to its limit, and nothing was stopped.',
  )
export type BudgetResolution = z.infer<typeof BudgetResolution>

/** A limit that was reached. */
export const BudgetIncident = z
  .object({
    id: Id,
    companyId: Id,
    budgetId: Id,
    periodStartsAt: IsoTime,
    status: BudgetIncidentStatus,
    resolution: BudgetResolution.nullable(),
    limit: z.number().int().describe('These three as they were when it was reached.'),
    spent: z.number().int(),
    held: z.number().int(),
    approvalId: Id.nullable().describe('The request for a higher limit.'),
    resolvedBy: z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() }).nullable(),
    resolvedAt: IsoTime.nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'BudgetIncident' })
export type BudgetIncident = z.infer<typeof BudgetIncident>
