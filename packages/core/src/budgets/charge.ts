import type { CommandContext } from '../kernel/command.ts'
import { amountOf, type Amounts, type Charge } from './amounts.ts'
import { noteLateBill } from './incident.ts'
import { lockOver, readOver, type Over } from './over.ts'
import { periodOf } from './period.ts'
import { afterSpending, isNear, isUsedUp } from './rules.ts'
import { scopesOf, writeBudget, type PeriodChange } from './sql.ts'
import { aboutBudget, aboutPeriod, budgetRef, standingsOf, withPeriods, writePeriods, type PeriodPlace } from './standing.ts'
import type { BudgetHoldLineTable, BudgetPeriodTable, BudgetTable, Standing } from './table.ts'

/**
 * Books what was spent without a hold, each charge in the period of its time, and each period once. It never refuses: what was spent
 * was spent. Whoever reaches a limit by it is stopped in the same transaction.
 */
export async function chargeBudgets(context: CommandContext, charges: readonly Charge[]): Promise<void> {
  const due = charges.filter(isDue)
  if (due.length === 0) return
  const over = await lockOver(context.tx, askedFor(due))
  const places = placesOf(over, due)
  await book(context, bookingsOf(await withPeriods(context, over, places), places))
}

/** What charges will have made of the periods of budgets, if nobody comes in between. */
export interface Foreseen {
  /** To be written by whoever foresaw it, all of them or none. */
  readonly changes: readonly PeriodChange[]
  /** Whether nothing follows. */
  readonly isQuiet: boolean
  /** What follows once they are written: warnings, and stops at a limit. */
  follow(): Promise<void>
}

/** Works out what charges come to without locking anything; null when a period has to be added first, as `chargeBudgets` does. */
export async function foreseeCharges(context: CommandContext, charges: readonly Charge[]): Promise<Foreseen | null> {
  const due = charges.filter(isDue)
  if (due.length === 0) return { changes: [], isQuiet: true, follow: async () => undefined }
  const over = await readOver(context.tx, askedFor(due))
  const places = placesOf(over, due)
  const standings = standingsOf(over, places)
  if (!standings) return null
  const changes = changesOf(bookingsOf(standings, places))
  const isQuiet = changes.every(({ isWarning, after }) => !isWarning && !isUsedUp(after))
  return { changes, isQuiet, follow: () => follow(context, changes) }
}

function isDue({ amounts }: Charge): boolean {
  return Object.values(amounts).some((amount) => amount !== 0)
}

function askedFor(charges: readonly Charge[]) {
  return { spenders: charges, times: charges.map(({ at }) => at) }
}

interface SpendingPlace extends PeriodPlace {
  readonly spent: number
}

function placesOf({ budgets }: Over, charges: readonly Charge[]): SpendingPlace[] {
  return budgets.flatMap((budget) => spendingOf(budget, charges).map((spending) => ({ budget, ...spending })))
}

function bookingsOf(standings: readonly Standing[], places: readonly SpendingPlace[]): Booking[] {
  return standings.map((standing, index) => ({ standing, spent: places[index]?.spent ?? 0, released: 0 }))
}

/** What charges use up of a budget, in each of its periods. Pure. */
function spendingOf(budget: BudgetTable, charges: readonly Charge[]): { at: Date; spent: number }[] {
  const periods = new Map<string, { at: Date; spent: number }>()
  for (const charge of charges) {
    const spent = scopesOf(charge).includes(budget.scope_id) ? amountOf(budget.metric, charge.amounts) : 0
    if (spent === 0) continue
    const { startsAt, endsAt } = periodOf(budget.time_window, charge.at)
    // It never was over a period that had ended when it was set.
    if (endsAt !== null && endsAt <= budget.created_at) continue
    periods.set(startsAt, { at: charge.at, spent: spent + (periods.get(startsAt)?.spent ?? 0) })
  }
  // In one order, so that no two transactions wait for each other.
  return [...periods].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, spending]) => spending)
}

/** Books what was spent in budgets whose periods are locked, and gives back what was held for it. */
export async function bookIn(
  context: CommandContext,
  standings: readonly Standing[],
  { amounts, lines }: { amounts: Amounts; lines: readonly BudgetHoldLineTable[] },
): Promise<void> {
  await book(
    context,
    standings.map((standing) => {
      const { id, metric } = standing.budget
      const released = lines.find((line) => line.budget_id === id)?.amount ?? 0
      return { standing, spent: amountOf(metric, amounts), released }
    }),
  )
}

interface Booking {
  readonly standing: Standing
  readonly spent: number
  readonly released: number
}

async function book(context: CommandContext, bookings: readonly Booking[]): Promise<void> {
  const changes = changesOf(bookings)
  await writePeriods(context, changes)
  await follow(context, changes)
}

interface BookedChange extends Standing, PeriodChange {
  readonly isWarning: boolean
}

/** What bookings make of the periods that they are in. Pure. */
function changesOf(bookings: readonly Booking[]): BookedChange[] {
  return bookings
    .filter(({ spent, released }) => spent !== 0 || released !== 0)
    .map(({ standing, ...change }) => {
      const after = afterSpending(standing.period, change)
      const isWarning = after.is_warned === 0 && isNear(after, standing.budget.warn_percent)
      return { ...standing, isWarning, before: standing.period, after: isWarning ? { ...after, is_warned: 1 } : after }
    })
}

/** Warns, and stops what has reached its limit, once its period says so. */
async function follow(context: CommandContext, changes: readonly BookedChange[]): Promise<void> {
  // A budget of which two periods are warned of changes twice.
  const changed = new Map<string, BudgetTable>()
  for (const { budget, before, after, isStopped, isWarning } of changes) {
    if (isWarning) changed.set(budget.id, await warn(context, changed.get(budget.id) ?? budget, after))
    if (!isUsedUp(after)) continue
    if (isPresent(after, context.now)) {
      if (!isStopped) context.limitReached(budget.id)
    } else if (!isUsedUp(before)) await noteLateBill(context, { budget, period: after, isStopped })
  }
}

/** A bill that comes late counts in its own period, and stops nobody in the present one. */
function isPresent({ starts_at: startsAt, ends_at: endsAt }: BudgetPeriodTable, now: string): boolean {
  return startsAt <= now && (endsAt === null || now < endsAt)
}

/** Tells that a limit is near. */
export async function warn(context: CommandContext, budget: BudgetTable, period: BudgetPeriodTable): Promise<BudgetTable> {
  const next = await writeBudget(context, budget, {})
  context.emit('budget.warned', budgetRef(next), { ...aboutBudget(next), ...aboutPeriod(period) })
  return next
}
