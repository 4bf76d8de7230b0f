import type { Meter, MeteredCall, RunUsage } from '@engine/core/plugin'

/** What an adapter asked to hold, and how it ended that; rightly ended, a hold has one ending. */
export interface RecordedHold {
  readonly call: MeteredCall
  readonly endings: readonly ({ readonly type: 'settled'; readonly usage: RunUsage } | { readonly type: 'released' })[]
}

export interface RecordingMeter extends Meter {
  /** Oldest first. */
  readonly holds: readonly RecordedHold[]
  /** All that was settled, oldest first. */
  readonly settled: readonly RunUsage[]
}

/** A meter that allows every call and writes down what becomes of it. @param answer may reject, so that the call must not be made */
export function recordingMeter(answer: (call: MeteredCall) => Promise<void> = async () => undefined): RecordingMeter {
  const holds: (RecordedHold & { endings: RecordedHold['endings'][number][] })[] = []
  const settled: RunUsage[] = []
  return {
    holds,
    settled,
    async reserve(call) {
      await answer(call)
      const hold = { call, endings: [] as RecordedHold['endings'][number][] }
      holds.push(hold)
      return {
        async settle(usage) {
          hold.endings.push({ type: 'settled', usage })
          settled.push(usage)
        },
        release: async () => void hold.endings.push({ type: 'released' }),
      }
    },
  }
}
