import { resolve } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

import { ADAPTER_SPEC, type AdapterStartOptions, type AdapterTurn, type AgentAdapter, type RunOutcome } from '@engine/core/plugin'

import { ProcessConfig } from './config.ts'
import type { LaunchRequest } from './control.ts'
import { programEnvironment } from './environment.ts'
import { decideOutcome, failed, type StopCause } from './outcome.ts'
import { OutputSplitter } from './output.ts'
import { readUntilQuiet } from './read.ts'
import { Recorder } from './recorder.ts'
import { supervise, type ProgramEnd, type SupervisedProgram } from './supervisor.ts'

/**
 * Runs any program as an agent: the run's context on its stdin, JSON lines on its stdout, its exit code.
 * When a run resolves, its process tree is gone; within the grace plus 1 s the same holds when the host is killed outright
 * (PROMISES P18). What counts as its tree, on which system, is in docs/process-adapter.md with the protocol.
 */
export function processAdapter(): AgentAdapter<ProcessConfig> {
  return {
    spec: ADAPTER_SPEC,
    type: 'process',
    title: 'A program on this machine',
    configSchema: ProcessConfig,
    metering: 'stream',
    start: async (options) => ({ run: (turn) => runProgram(options, turn) }),
  }
}

async function runProgram(options: AdapterStartOptions<ProcessConfig>, turn: AdapterTurn): Promise<RunOutcome> {
  if (turn.signal.aborted) return failed('transient', `stopped: ${describeReason(turn.signal.reason)}`)
  let program: SupervisedProgram
  try {
    program = await supervise(launchRequest(options))
  } catch (error) {
    return failed('transient', `No process could be started on this machine: ${describeReason(error)}`)
  }
  const recorder = new Recorder(turn, options.logger)
  const limit = limitProgram(program, { signal: turn.signal, timeoutSec: options.config.timeoutSec })
  program.stdin.end(`${JSON.stringify(turn.context)}\n`)
  const [end] = await Promise.all([program.ended, readOutput(program, recorder), readErrors(program, recorder)])
  const stop = limit.release()
  await reportEnd(end, stop, { recorder, options })
  return decideOutcome({ end, stop, fault: recorder.fault, reported: recorder.reported, errorTail: recorder.errorTail })
}

function launchRequest({ config, runId }: AdapterStartOptions<ProcessConfig>): LaunchRequest {
  return {
    type: 'launch',
    runId,
    command: config.command,
    args: config.args,
    cwd: resolve(config.cwd ?? '.'),
    environment: programEnvironment(config.env, runId),
    graceMs: config.graceSec * 1_000,
  }
}

/** Stops the program at its timeout or when the turn is aborted; `release` ends the watch and says what it did. */
function limitProgram(program: SupervisedProgram, limits: { signal: AbortSignal; timeoutSec: number }): { release(): StopCause | null } {
  const { signal, timeoutSec } = limits
  let cause: StopCause | null = null
  const stop = (given: StopCause) => {
    // A program that ended by itself keeps the outcome that it came to.
    if (cause || program.hasExited) return
    cause = given
    program.stop()
  }
  const abort = () => stop({ type: 'aborted', reason: describeReason(signal.reason) })
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

async function readOutput(program: SupervisedProgram, recorder: Recorder): Promise<void> {
  const splitter = new OutputSplitter()
  await readUntilQuiet(program.stdout, program.ended, (chunk) => recorder.takeOutput(splitter.push(chunk)))
  await recorder.takeOutput(splitter.end())
}

async function readErrors(program: SupervisedProgram, recorder: Recorder): Promise<void> {
  const decoder = new StringDecoder('utf8')
  await readUntilQuiet(program.stderr, program.ended, (chunk) => recorder.takeErrors(decoder.write(chunk)))
  await recorder.takeErrors(decoder.end())
}

async function reportEnd(
  end: ProgramEnd,
  stop: StopCause | null,
  { recorder, options }: { recorder: Recorder; options: AdapterStartOptions<ProcessConfig> },
): Promise<void> {
  if (stop) await recorder.log('system', stop.type === 'timeout' ? `stopped after ${stop.afterSec} s\n` : `stopped: ${stop.reason}\n`)
  if (end.survivors.length === 0) return
  options.logger.error('processes of a run could not be killed', { runId: options.runId, pids: end.survivors })
  await recorder.log('system', `could not be killed: process ${end.survivors.join(', ')}\n`)
}

function describeReason(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}
