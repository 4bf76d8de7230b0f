/** Retry-After, as seconds or as a date, in milliseconds from now; at most a day, undefined when it says neither. Pure. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : value.endsWith(' GMT') ? Date.parse(value) - nowMs : Number.NaN
  return Number.isFinite(ms) ? Math.min(Math.max(Math.ceil(ms), 0), 86_400_000) : undefined
}
