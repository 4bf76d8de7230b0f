import { z } from 'zod'

import { command } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { createEntries, isSameCost, type Wish } from './report.ts'
import { reportBatch, whenArchived } from './report-batch.ts'
import { costConflict, recordCosts, type Recorded } from './record.ts'
import { CostReport, ReportedCost, ReportedMany } from './input.ts'
import { toCostEvent } from './table.ts'

const access = { scope: 'costs:report', company: 'company' } as const
const once = 'The same `sourceEventId` again changes nothing (200), and with other amounts it is refused (409) with both.'
/** How many a call may report. */
const mostTogether = 100

export const report = command({
  title: 'Report what something cost',
  description: `${once} What is tied to a task is tied to its project and goal too, as they are now. An agent and a run report what their own task cost.`,
  input: z.strictObject({ companyId: Id, ...CostReport.shape }),
  output: ReportedCost,
  access,
  http: ['POST', '/companies/:companyId/cost-events'],
  whenArchived,
  locks: 'rows',
  batch: reportBatch,
  successes: ['created', 'done'],
  success: ({ isRepeat }) => (isRepeat ? 'done' : 'created'),
  async handle(context, { companyId: _company, ...given }) {
    const wish = await (await createEntries(context, [given]))(given)
    const [recorded] = await recordCosts(context, [wish.entry], { isCharging: true })
    if (!recorded) throw new Error('a recorded cost is answered with its row')
    assertSame(recorded, wish)
    if (!recorded.isNew) context.unchanged()
    return { ...toCostEvent(recorded.row), isRepeat: !recorded.isNew }
  },
})

export const reportMany = command({
  title: `Report up to ${mostTogether} costs`,
  description: `Each for itself: a refused one has no effect and says why. ${once}`,
  input: z.strictObject({ companyId: Id, costs: z.array(CostReport).min(1).max(mostTogether) }),
  output: ReportedMany,
  access,
  http: ['POST', '/companies/:companyId/cost-events/bulk'],
  whenArchived,
  locks: 'rows',
  async handle(context, { costs }) {
    const toEntry = await createEntries(context, costs)
    const wishes: (Wish | Refused)[] = []
    for (const given of costs) wishes.push(await toEntry(given).catch((error: unknown) => refused(given.sourceEventId, error)))
    const entries = wishes.flatMap((wish) => ('entry' in wish ? [wish.entry] : []))
    const recorded = (await recordCosts(context, entries, { isCharging: true })).values()
    const items = wishes.map((wish) => {
      if (!('entry' in wish)) return wish
      const next = recorded.next().value
      if (!next) throw new Error('each recorded cost is answered with its row')
      if (!next.isNew && !isSameCost(next.row, wish)) return refused(wish.entry.sourceEventId, costConflict(next.row, wish.entry))
      return { status: next.isNew ? ('recorded' as const) : ('repeated' as const), row: next.row }
    })
    if (!items.some(({ status }) => status === 'recorded')) context.unchanged()
    return { items: items.map((item) => ('row' in item ? { status: item.status, cost: toCostEvent(item.row) } : item)) }
  },
})

/** @throws `cost_conflict` */
function assertSame({ row, isNew }: Recorded, wish: Wish): void {
  if (!isNew && !isSameCost(row, wish)) throw costConflict(row, wish.entry)
}

interface Refused {
  readonly status: 'refused'
  readonly sourceEventId: string
  readonly error: { readonly code: string; readonly message: string }
}

/** What refuses one has written nothing yet, so the others go on. */
function refused(sourceEventId: string, error: unknown): Refused {
  if (!EngineError.isInstance(error) || error.kind === 'internal' || error.kind === 'unavailable') throw error
  return { status: 'refused', sourceEventId, error: { code: error.code, message: error.message } }
}
