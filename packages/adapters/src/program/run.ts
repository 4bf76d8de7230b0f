import type { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

import type { Redactor } from '@engine/core/plugin'

import { messageOf } from '../failures.ts'
import type { Journal } from '../journal.ts'
import { refusalOf, type AllowedPrograms } from './allowed.ts'
import type { LaunchRequest } from './control.ts'
import { folderRefusal, type AllowedFolders } from './folders.ts'
import type { StopCause } from './outcome.ts'
import { readUntilQuiet } from './read.ts'
import { supervise, type ProgramEnd, type SupervisedProgram } from './supervisor.ts'

/** How much of the end of stderr is kept, characters. */
const maxTailLength = 2_000

export interface ProgramJob {
  readonly programs: AllowedPrograms
  readonly folders: AllowedFolders
  readonly request: LaunchRequest
  /** All of it, or what writes it while the program works and ends it. */
  readonly stdin: string | ((stdin: Writable) => void)
  readonly timeoutSec: number
  readonly signal: AbortSignal
  /** Takes the secrets of the run out of all that the program writes, before anything is made of it. */
  readonly redactor: Redactor
  /** Where stderr and the end of the program are recorded. */
  readonly journal: Journal
  /** Gets each chunk of stdout; the program is held back until it resolves. Null is the end of the stream. */
  takeOutput(chunk: Buffer | null): Promise<void>
}

export interface ProgramRun {
  readonly end: ProgramEnd
  readonly stop: StopCause | null
  /** The end of what the program wrote to stderr. */
  readonly errorTail: string
}

/** Runs one program to the end of its process tree. Rejects only when `takeOutput` does. */
export async function runProgram(job: ProgramJob): Promise<ProgramRun> {
  if (job.signal.aborted)
    return { end: neverStarted('stopped'), stop: { type: 'aborted', reason: messageOf(job.signal.reason) }, errorTail: '' }
  const refusal = refusalOf(job.programs, job.request) ?? folderRefusal(job.folders, job.request.cwd)
  if (refusal !== null) return { end: { ...neverStarted(refusal), isConfigFault: true }, stop: null, errorTail: '' }
  let program: SupervisedProgram
  try {
    program = await supervise(job.request)
  } catch (error) {
    return { end: neverStarted(`No process could be started on this machine: ${messageOf(error)}`), stop: null, errorTail: '' }
  }
  const limit = limitProgram(program, job)
  if (typeof job.stdin === 'string') program.stdin.end(job.stdin)
  else job.stdin(program.stdin)
  const [end, , errorTail] = await Promise.all([program.ended, readOutput(program, job), readErrors(program, job)])
  const stop = limit.release()
  if (stop) await job.journal.log('system', stop.type === 'timeout' ? `stopped after ${stop.afterSec} s\n` : `stopped: ${stop.reason}\n`)
  await job.journal.reportSurvivors(job.request.runId, end.survivors)
  return { end, stop, errorTail }
}

function neverStarted(message: string) {
  return { type: 'not_started' as const, isConfigFault: false, message, survivors: [] }
}

/** Stops the program at its timeout or when it is aborted; `release` ends the watch and says what it did. */
function limitProgram(program: SupervisedProgram, { signal, timeoutSec }: ProgramJob): { release(): StopCause | null } {
  let cause: StopCause | null = null
  const stop = (given: StopCause) => {
    // A program that ended by itself keeps the outcome that it came to.
    if (cause || program.hasExited) return
    cause = given
    program.stop()
  }
  const abort = () => stop({ type: 'aborted', reason: messageOf(signal.reason) })
  const timer = setTimeout(() => stop({ type: 'timeout', afterSec: timeoutSec }), timeoutSec * 1_000)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return {
    release() {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      return cause
    },
  }
}

async function readOutput(program: SupervisedProgram, job: ProgramJob): Promise<void> {
  const reader = createReader(job.redactor)
  await readUntilQuiet(program.stdout, program.ended, (chunk) => job.takeOutput(Buffer.from(reader.push(chunk))))
  await job.takeOutput(Buffer.from(reader.end()))
  await job.takeOutput(null)
}

async function readErrors(program: SupervisedProgram, { journal, redactor }: ProgramJob): Promise<string> {
  const reader = createReader(redactor)
  let tail = ''
  const take = async (text: string) => {
    tail = (tail + text).slice(-maxTailLength)
    await journal.log('stderr', text)
  }
  await readUntilQuiet(program.stderr, program.ended, (chunk) => take(reader.push(chunk)))
  await take(reader.end())
  return tail
}

/** Makes text of bytes, without half a character at the end of a piece and without secrets. */
function createReader(redactor: Redactor): { push(chunk: Buffer): string; end(): string } {
  const decoder = new StringDecoder('utf8')
  const stream = redactor.stream()
  return { push: (chunk) => stream.push(decoder.write(chunk)), end: () => stream.push(decoder.end()) + stream.end() }
}
