/**
 * Full-jitter backoff: a random wait between 0 and `base * 2^(attempt-1)`, capped.
 * `random` gives a number in [0, 1).
 */
export function backoffMs(attempt: number, options: { baseMs: number; capMs: number; random: () => number }): number {
  const ceiling = Math.min(options.capMs, options.baseMs * 2 ** (attempt - 1))
  return Math.floor(options.random() * ceiling)
}
