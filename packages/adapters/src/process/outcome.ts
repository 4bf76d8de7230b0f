import type { RunOutcome } from '@engine/core/plugin'

import type { Fault } from './recorder.ts'
import type { ProgramEnd } from './supervisor.ts'

/** Why the host ended a program that was still running. */
export type StopCause = { readonly type: 'aborted'; readonly reason: string } | { readonly type: 'timeout'; readonly afterSec: number }

interface RunFacts {
  readonly end: ProgramEnd
  readonly stop: StopCause | null
  readonly fault: Fault | null
  /** The last outcome that the program reported. */
  readonly reported: RunOutcome | null
  readonly errorTail: string
}

type FailureOf = Extract<RunOutcome, { kind: 'failed' }>

const maxMessageLength = 2_000

/** The rules of how a run ended, the strongest first. Nothing is read out of text but the exit and the typed messages. */
export function decideOutcome(facts: RunFacts): RunOutcome {
  const { end, stop, fault, reported } = facts
  if (stop?.type === 'aborted') return failed('transient', `stopped: ${stop.reason}`)
  if (stop?.type === 'timeout') return failed('timeout', `The program did not end within ${stop.afterSec} s and was stopped.`)
  if (end.type === 'not_started') return failed(end.isConfigFault ? 'config' : 'transient', end.message)
  if (end.type === 'lost') return failed('transient', 'The supervisor of the program was killed; the program was ended with it.')
  if (fault) return failed(fault.class, fault.message)
  if (end.code === 0) return reported ?? { kind: 'done' }
  return reported?.kind === 'failed' || reported?.kind === 'blocked' ? reported : failed('unknown', describeExit(end, facts))
}

export function failed(failureClass: FailureOf['class'], message: string): FailureOf {
  return { kind: 'failed', class: failureClass, message: message.slice(0, maxMessageLength) }
}

function describeExit(end: Extract<ProgramEnd, { type: 'exited' }>, facts: RunFacts): string {
  const how = end.signal === null ? `with exit code ${end.code}` : `by signal ${end.signal}`
  const claim = facts.reported ? ` after it had reported "${facts.reported.kind}"` : ''
  const head = `The program ended ${how}${claim}.`
  const tail = facts.errorTail.trim()
  if (tail === '') return `${head} It wrote nothing to stderr.`
  const lead = `${head} The end of its stderr:\n`
  return lead + tail.slice(-(maxMessageLength - lead.length))
}
