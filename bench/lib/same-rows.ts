/** Rows as text, with what differs from call to call (ids, times, hashes) replaced by its kind, so that two databases can be compared. */
export function comparableText(rows: unknown): string {
  return JSON.stringify(rows)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/[0-9a-f]{64}/g, '<hash>')
}

export type Comparison = readonly [what: string, left: string, right: string]

/** What is not the same, with both sides. */
export function differencesIn(comparisons: readonly Comparison[]): string[] {
  return comparisons
    .filter(([, left, right]) => left !== right)
    .map(([what, left, right]) => `${what} is not the same:\n  ${left}\n  ${right}`)
}

/** What one checkout records. */
export const checkoutEvents = ['task.assigned', 'task.claimed', 'run.started']

/** Row counts as they are compared: counters have as many rows as writers met. */
export function comparableCounts(counts: Readonly<Record<string, number>>): string {
  return JSON.stringify({ ...counts, company_counters: undefined })
}

/** How many rows each table should have after so many checkouts. */
export function countsAfterCheckouts(before: Readonly<Record<string, number>>, done: number): string {
  const grown = (table: string, rows: number) => ({ [table]: (before[table] ?? 0) + rows })
  return comparableCounts({ ...before, ...grown('runs', done), ...grown('leases', done), ...grown('events', checkoutEvents.length * done) })
}
