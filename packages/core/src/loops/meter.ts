import type { Meter, RunUsage } from '../ports/adapter.ts'

/** Lets every call be made, and counts what it used. */
export function countingMeter(count: (usage: RunUsage) => Promise<void>): Meter {
  return {
    reserve: async () => ({
      settle: count,
      release: async () => undefined,
    }),
  }
}
