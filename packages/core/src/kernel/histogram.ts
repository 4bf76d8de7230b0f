/** How long things took: how many were at most as long as each bound, in seconds. */
export interface Histogram {
  observe(seconds: number): void
  read(): HistogramReading
}

export interface HistogramReading {
  /** By its upper bound, each with all below it; the last one is infinite. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[]
  readonly sum: number
  readonly count: number
}

/** From half a millisecond to ten seconds. */
const usualBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createHistogram(bounds: readonly number[] = usualBounds): Histogram {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0)
  let sum = 0
  return {
    observe(seconds) {
      const at = bounds.findIndex((bound) => seconds <= bound)
      const index = at === -1 ? bounds.length : at
      counts[index] = (counts[index] ?? 0) + 1
      sum += seconds
    },
    read() {
      let below = 0
      const buckets = counts.map((count, index) => ({ upTo: bounds[index] ?? Number.POSITIVE_INFINITY, count: (below += count) }))
      return { buckets, sum, count: below }
    },
  }
}
