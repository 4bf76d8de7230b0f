/** What a run did at a moment. */
interface Moment {
  readonly id: string
  readonly at: string
}

/** Where on a line from the run's begin to its end each moment stands, 0 to 100. Pure. */
export function placesOn(moments: readonly Moment[], { from, to }: { from: number; to: number }): ReadonlyMap<string, number> {
  const length = Math.max(1, to - from)
  return new Map(moments.map(({ id, at }) => [id, Math.min(100, Math.max(0, ((Date.parse(at) - from) / length) * 100))]))
}
