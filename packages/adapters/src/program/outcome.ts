import { failed, longestMessage, stopped, type Failed } from '../failures.ts'
import type { ProgramEnd } from './supervisor.ts'

/** Why the host ended a program that was still running. */
export type StopCause = { readonly type: 'aborted'; readonly reason: string } | { readonly type: 'timeout'; readonly afterSec: number }

/** An event that was not taken: the program's mistake, or the host's trouble that will pass. */
export interface Fault {
  readonly class: 'bad_request' | 'transient'
  readonly message: string
}

/** The failures that need no word of the program; null when it ended by itself. */
export function failureOfEnd(end: ProgramEnd, stop: StopCause | null): Failed | null {
  if (stop?.type === 'aborted') return stopped(stop.reason)
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
  return lead + tail.slice(-(longestMessage - lead.length))
}
