import { resolve } from 'node:path'

import { ADAPTER_SPEC, type AdapterStartOptions, type AdapterTurn, type AgentAdapter, type RunOutcome } from '@engine/core/plugin'

import { allowing, checkedPrograms, type Allowed, type AllowedPrograms } from '../program/allowed.ts'
import type { LaunchRequest } from '../program/control.ts'
import { programEnvironment } from '../program/environment.ts'
import { checkedFolders, placing, type AllowedFolders } from '../program/folders.ts'
import { Journal } from '../journal.ts'
import { failed, messageOf } from '../failures.ts'
import { runProgram } from '../program/run.ts'
import { serveTools, toolVariables, type ToolServer } from '../tool-server/server.ts'
import { ProcessConfig } from './config.ts'
import { decideOutcome } from './outcome.ts'
import { OutputSplitter } from './output.ts'
import { Recorder } from './recorder.ts'
import { tryProcess } from './try.ts'

interface ProcessOptions {
  readonly programs: AllowedPrograms
  readonly folders?: AllowedFolders
}

/**
 * Runs any program as an agent: the run's context on its stdin, JSON lines on its stdout, its exit code.
 * When a run resolves, its process tree is gone; within the grace plus 1 s the same holds when the host is killed outright
 * (PROMISES P18). What counts as its tree, on which system, is in docs/process-adapter.md with the protocol.
 *
 * @param options `programs`: what agents may be run by; who may configure an agent runs any of them, with arguments of their own.
 * `folders`: where they may be started, any folder when left out
 */
export function processAdapter(options: ProcessOptions): AgentAdapter<ProcessConfig> {
  const programs = checkedPrograms(options.programs)
  const folders = checkedFolders(options.folders)
  const allowed = { programs, folders }
  return {
    spec: ADAPTER_SPEC,
    type: 'process',
    title: 'A program on this machine',
    configSchema: placing(allowing(ProcessConfig, programs), folders, ({ cwd }) => [{ path: ['cwd'], folder: resolve(cwd ?? '.') }]),
    metering: 'stream',
    overshoot: 'What the program uses between two of its usage messages, and within graceSec after it was told to stop.',
    secretFields: ['env'],
    start: async (start) => ({ run: (turn) => runAgent(allowed, start, turn) }),
    test: async (asked) => tryProcess(allowed, asked),
  }
}

async function runAgent(allowed: Allowed, options: AdapterStartOptions<ProcessConfig>, turn: AdapterTurn): Promise<RunOutcome> {
  const journal = new Journal(turn, options.logger)
  if (!options.config.engineTools) return runWith(null, { allowed, options, turn, journal })
  let server: ToolServer
  try {
    const record = journal.emit.bind(journal)
    // How its work ended it says by a message; what it calls, nobody tells but the server.
    server = await serveTools({ ...options, tools: turn.tools, hasEndings: false, isTold: true, record })
  } catch (error) {
    return failed('transient', `The tools of Engine could not be served to the program: ${messageOf(error)}`)
  }
  try {
    return await runWith(server, { allowed, options, turn, journal })
  } finally {
    await server.close()
  }
}

interface ProcessRun {
  readonly allowed: Allowed
  readonly options: AdapterStartOptions<ProcessConfig>
  readonly turn: AdapterTurn
  readonly journal: Journal
}

async function runWith(server: ToolServer | null, { allowed, options, turn, journal }: ProcessRun): Promise<RunOutcome> {
  const recorder = new Recorder(journal)
  const splitter = new OutputSplitter()
  const { end, stop, errorTail } = await runProgram({
    ...allowed,
    request: launchRequest(options, server),
    stdin: `${JSON.stringify(turn.context)}\n`,
    timeoutSec: options.config.timeoutSec,
    signal: server ? AbortSignal.any([turn.signal, server.lost]) : turn.signal,
    redactor: server?.redactor ?? options.redactor,
    journal,
    takeOutput: (chunk) => recorder.takeOutput(chunk ? splitter.push(chunk) : splitter.end()),
  })
  return decideOutcome({ end, stop, fault: recorder.fault, reported: recorder.reported, errorTail })
}

function launchRequest({ config, env, runId, trace = {} }: AdapterStartOptions<ProcessConfig>, server: ToolServer | null): LaunchRequest {
  const given = { ...traceVariables(trace), ...config.env, ...env, ...(server && toolVariables(server)) }
  return {
    type: 'launch',
    runId,
    command: config.command,
    args: config.args,
    cwd: resolve(config.cwd ?? '.'),
    environment: programEnvironment(given, runId),
    graceMs: config.graceSec * 1_000,
  }
}

/** As OpenTelemetry names them in an environment: TRACEPARENT, TRACESTATE. */
function traceVariables(trace: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(trace).map(([name, value]) => [name.toUpperCase(), value]))
}
