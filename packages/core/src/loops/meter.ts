import type { Meter, RunUsage } from '../ports/adapter.ts'

/** Lets every call be made, and counts what it used. */
export function countingMeter(count: (usage: RunUsage) => void): Meter {
  return {
    reserve: async () => ({
      settle: async (usage) => count(usage),
      release: async () => undefined,
    }),
  }
}
