import { EngineError, type RunOutcome } from '@engine/core/plugin'

import type { ProgramEnd } from './supervisor.ts'

/** Why the host ended a program that was still running. */
export type StopCause = { readonly type: 'aborted'; readonly reason: string } | { readonly type: 'timeout'; readonly afterSec: number }

/** An event that was not taken: the program's mistake, or the host's trouble that will pass. */
export interface Fault {
  readonly class: 'bad_request' | 'transient'
  readonly message: string
}

export type Failure = Extract<RunOutcome, { kind: 'failed' }>

export const maxMessageLength = 2_000

export function failed(failureClass: Failure['class'], message: string): Failure {
  return { kind: 'failed', class: failureClass, message: message.slice(0, maxMessageLength) }
}

/** The failures that need no word of the program; null when it ended by itself. */
export function failureOfEnd(end: ProgramEnd, stop: StopCause | null): Failure | null {
  if (stop?.type === 'aborted') return failed('transient', `stopped: ${stop.reason}`)
  if (stop?.type === 'timeout') return failed('timeout', `The program did not end within ${stop.afterSec} s and was stopped.`)
  if (end.type === 'not_started') return failed(end.isConfigFault ? 'config' : 'transient', end.message)
  if (end.type === 'lost') return failed('transient', 'The supervisor of the program was killed; the program was ended with it.')
  return null
}

/** Says how a program ended, with the end of its stderr, in at most the length of a message. */
export function describeExit(end: ProgramEnd, { claim = '', errorTail }: { claim?: string; errorTail: string }): string {
  const how =
    end.type !== 'exited' || end.signal === null ? `with exit code ${end.type === 'exited' ? end.code : null}` : `by signal ${end.signal}`
  const head = `The program ended ${how}${claim}.`
  const tail = errorTail.trim()
  if (tail === '') return `${head} It wrote nothing to stderr.`
  const lead = `${head} The end of its stderr:\n`
  return lead + tail.slice(-(maxMessageLength - lead.length))
}

export function faultClass(error: unknown): Fault['class'] {
  return EngineError.isInstance(error) && (error.kind === 'unavailable' || error.kind === 'limited') ? 'transient' : 'bad_request'
}

export function describeReason(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}
