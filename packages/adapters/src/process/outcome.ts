import type { RunOutcome } from '@engine/core/plugin'

import { failed } from '../failures.ts'
import { describeExit, failureOfEnd, type Fault, type StopCause } from '../program/outcome.ts'
import type { ProgramEnd } from '../program/supervisor.ts'

interface RunFacts {
  readonly end: ProgramEnd
  readonly stop: StopCause | null
  readonly fault: Fault | null
  /** The last outcome that the program reported. */
  readonly reported: RunOutcome | null
  readonly errorTail: string
}

/** The rules of how a run ended, the strongest first. Nothing is read out of text but the exit and the typed messages. */
export function decideOutcome({ end, stop, fault, reported, errorTail }: RunFacts): RunOutcome {
  const failure = failureOfEnd(end, stop)
  if (failure) return failure
  if (fault) return failed(fault.class, fault.message)
  if (end.type === 'exited' && end.code === 0) return reported ?? { kind: 'done' }
  if (reported?.kind === 'failed' || reported?.kind === 'blocked') return reported
  const claim = reported ? ` after it had reported "${reported.kind}"` : ''
  return failed('unknown', describeExit(end, { claim, errorTail }))
}
