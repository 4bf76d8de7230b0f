import { z } from 'zod'

import { first, statement } from '../database/statement.ts'
import { query } from '../kernel/command.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { Id, IsoTime } from '../kernel/schema.ts'
import { isoTime } from '../ports/clock.ts'
import { countOfDays, dayOf, daysAfter, daysBetween, endOfMonth } from './days.ts'
import { basisOf, forecastOf } from './forecast.ts'
import { Day } from './list.ts'
import { BillingType, Spent } from './schema.ts'
import { centsOf } from './table.ts'
import { allTime, spentIn, sumOf, toSpent } from './totals.ts'

const access = { scope: 'costs:read', company: 'company' } as const
const flat = 'Read from sums that are kept, so it costs the same however many events there are.'

const SpentByBilling = Spent.extend({ byBillingType: z.record(BillingType, Spent) })

const CostSummary = z
  .object({
    companyId: Id,
    at: IsoTime,
    today: SpentByBilling.describe('In the present UTC day.'),
    month: SpentByBilling.describe('In the present UTC month.'),
    total: SpentByBilling,
  })
  .meta({ id: 'CostSummary' })

export const summary = query({
  title: 'Show what a company spent today, this month and in all',
  description: flat,
  input: z.strictObject({ companyId: Id }),
  output: CostSummary,
  access,
  http: ['GET', '/companies/:companyId/costs/summary'],
  async handle({ db, companyId, now }) {
    const [day, month] = [now.slice(0, 10), now.slice(0, 7)]
    const [today, months] = await Promise.all([
      spentIn(db, { companyId, scope: 'day', from: day, to: day }),
      spentIn(db, { companyId, scope: 'month', ...allTime }),
    ])
    const present = months.filter(({ period }) => period === month)
    return { companyId, at: now, today: withBilling(today), month: withBilling(present), total: withBilling(months) }
  },
})

type Rows = Awaited<ReturnType<typeof spentIn>>

function withBilling(rows: Rows): z.output<typeof SpentByBilling> {
  const of = (type: BillingType) => toSpent(sumOf(rows.filter((row) => row.billing_type === type)))
  const byBillingType = { metered: of('metered'), subscription: of('subscription'), credits: of('credits'), unknown: of('unknown') }
  return { ...toSpent(sumOf(rows)), byBillingType }
}

/** How many days a timeline has at most, and when nobody says. */
const days = { most: 366, usual: 30 }

export const timeline = query({
  title: 'Show what a company spent on each day',
  description: `${flat} A day without costs is there too.`,
  input: z.strictObject({
    companyId: Id,
    from: Day.optional().describe(`The first UTC day; ${days.usual} days before the last when left out.`),
    to: Day.optional().describe(`The last UTC day, ${days.most} days after the first at most; today when left out.`),
  }),
  output: z.object({ days: z.array(z.object({ day: z.string(), ...Spent.shape })) }).meta({ id: 'CostTimeline' }),
  access,
  http: ['GET', '/companies/:companyId/costs/timeline'],
  async handle({ db, companyId, now }, given) {
    const to = given.to ?? now.slice(0, 10)
    const from = given.from ?? daysAfter(to, 1 - days.usual)
    const count = countOfDays(from, to)
    if (count < 1 || count > days.most) throw invalidRange(`must be from 1 to ${days.most} days, the last not before the first`)
    const spent = Map.groupBy(await spentIn(db, { companyId, scope: 'day', from, to }), (row) => row.period)
    return { days: daysBetween(from, to).map((day) => ({ day, ...toSpent(sumOf(spent.get(day) ?? [])) })) }
  },
})

function invalidRange(message: string): EngineError {
  return new EngineError(kernelErrors.invalid_input, `Invalid input: from and to ${message}.`, {
    details: { errors: [{ path: 'from', message }] },
  })
}

const firstDay = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('cost_totals')
    .select('period')
    .where('company_id', '=', given.companyId)
    .where('scope', '=', 'day')
    .orderBy('period')
    .limit(1),
)

const CostForecast = z
  .object({
    month: z.string().describe('The present UTC month, such as `2026-11`.'),
    endsAt: IsoTime,
    spentMicros: z.number().int().describe('In it, until now.'),
    dailyMicros: z.number().int().nullable().describe('The mean of the days below.'),
    forecastMicros: z.number().int().nullable().describe('What will have been spent at its end; null before there is one full day.'),
    forecastCents: z.number().nullable(),
    basis: z
      .object({ from: z.string().nullable(), to: z.string().nullable(), days: z.number().int() })
      .describe('The full UTC days before today that it goes by: the last seven, or those since the first cost.'),
  })
  .meta({ id: 'CostForecast' })

export const forecast = query({
  title: 'Show what a company will have spent at the end of the month',
  description:
    'What is spent in the month, and for the time that is left of it the mean of the last seven full UTC days. What is only imputed does not count.',
  input: z.strictObject({ companyId: Id }),
  output: CostForecast,
  access,
  http: ['GET', '/companies/:companyId/costs/forecast'],
  async handle({ db, companyId, now }) {
    const nowMs = Date.parse(now)
    const [today, month] = [dayOf(nowMs), now.slice(0, 7)]
    const began = first(await firstDay(db, { companyId }))
    const basis = basisOf({ nowMs, firstDay: began?.period ?? null })
    const [ofMonth, ofDays] = await Promise.all([
      spentIn(db, { companyId, scope: 'month', from: month, to: month }),
      spentIn(db, { companyId, scope: 'day', from: basis[0] ?? today, to: basis.at(-1) ?? today }),
    ])
    const micros = (rows: Rows) => toSpent(sumOf(rows)).costMicros
    const endMs = endOfMonth(today)
    const spentMicros = micros(ofMonth)
    const found = forecastOf({ nowMs, endMs, spentMicros, basis: basis.map((day) => micros(ofDays.filter((row) => row.period === day))) })
    return {
      month,
      endsAt: isoTime(endMs),
      spentMicros,
      dailyMicros: found?.dailyMicros ?? null,
      forecastMicros: found?.forecastMicros ?? null,
      forecastCents: found && centsOf(found.forecastMicros),
      basis: { from: basis[0] ?? null, to: basis.at(-1) ?? null, days: basis.length },
    }
  },
})
