/** Lets through what comes at a bearable pace. */
export interface Meter {
  /** Whether one more may come at this moment, in milliseconds of a clock that never goes back. */
  takes(atMs: number): boolean
}

/** @param perSecond how many may come for ever @param burst how many may come at once after a pause */
export function createMeter({ perSecond, burst }: { perSecond: number; burst: number }): Meter {
  let left = burst
  let before: number | null = null
  return {
    takes(atMs) {
      left = Math.min(burst, left + ((atMs - (before ?? atMs)) * perSecond) / 1_000)
      before = atMs
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}
