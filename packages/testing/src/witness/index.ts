import type { AnyEvent } from '@engine/core'

import type { RecordedCall } from '../history.ts'
import { compareWithCalls } from './answers.ts'
import { replayLog } from './log.ts'
import type { Violation } from './violation.ts'

export type { Violation, WitnessRule } from './violation.ts'

export interface WitnessOptions {
  /** The commands that were called, whatever came of them. Left out, only the log is judged; with it, every claim needs its call. */
  readonly history?: readonly RecordedCall[]
  /** Operations that may succeed without an event, besides renewals, log lines and sweeps. */
  readonly quietOperations?: readonly string[]
}

/**
 * Judges a history by the log that it left: the log is replayed as the order in which things happened, and every
 * contradiction inside it, and between it and what callers were told, is a violation. None means that all promises that
 * can be seen in the log were held (PROMISES P1, P2, P4, D10). Takes time linear in events and calls.
 *
 * @param events one company's whole log in the order of `seq`, read when nothing was being written any more
 */
export function witness(events: readonly AnyEvent[], options: WitnessOptions = {}): Violation[] {
  const replay = replayLog(events)
  const { history, quietOperations = [] } = options
  if (!history) return replay.violations
  return [...replay.violations, ...compareWithCalls(replay, { events, history, quietOperations })]
}
