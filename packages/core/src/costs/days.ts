const dayMs = 86_400_000

/** The UTC day of a moment, such as `2026-11-21`. Pure. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** When a UTC day begins. Pure. */
export function beginOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00.000Z`)
}

/** The last millisecond of a UTC day. Pure. */
export function endOfDay(day: string): number {
  return beginOfDay(day) + dayMs - 1
}

/** The day that is so many days after another one. Pure. */
export function daysAfter(day: string, days: number): string {
  return dayOf(beginOfDay(day) + days * dayMs)
}

/** How many days there are from one to another, both included; none or fewer when the last is before the first. Pure. */
export function countOfDays(from: string, to: string): number {
  return Math.round((beginOfDay(to) - beginOfDay(from)) / dayMs) + 1
}

/** Every day from one to another, both included. Pure. */
export function daysBetween(from: string, to: string): string[] {
  return Array.from({ length: Math.max(0, countOfDays(from, to)) }, (_, index) => daysAfter(from, index))
}

/** When the UTC month of a day ends: where the next one begins. Pure. */
export function endOfMonth(day: string): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 1)
}
