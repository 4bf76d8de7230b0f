import type { BudgetWindow } from './schema.ts'

/** A stretch of time that a budget counts by: from its start until just before its end; without an end, for good. */
export interface Period {
  /** ISO-8601 UTC. */
  readonly startsAt: string
  readonly endsAt: string | null
}

/** The period of a window that a moment is in. The only place that knows where days and months begin. Pure. */
export function periodOf(window: BudgetWindow, at: Date): Period {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  switch (window) {
    case 'month_utc':
      return { startsAt: midnight(year, month, 1), endsAt: midnight(year, month + 1, 1) }
    case 'day':
      return { startsAt: midnight(year, month, day), endsAt: midnight(year, month, day + 1) }
    case 'lifetime':
      return { startsAt: midnight(1970, 0, 1), endsAt: null }
  }
}

function midnight(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month, day)).toISOString()
}
