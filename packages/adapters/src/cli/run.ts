import { mkdirSync } from 'node:fs'
import type { Writable } from 'node:stream'

import type { AdapterEvent, AdapterStartOptions, AdapterTurn, JsonObject, RunOutcome, RunUsage } from '@engine/core/plugin'

import { renderPrompt } from '../models/prompt.ts'
import type { LaunchRequest } from '../program/control.ts'
import { programEnvironment } from '../program/environment.ts'
import { Journal } from '../program/journal.ts'
import { describeReason, failed, faultClass, type Fault } from '../program/outcome.ts'
import { runProgram, type ProgramRun } from '../program/run.ts'
import { closeWorkspace, openWorkspace, WorkspaceError, type Workspace } from '../workspace/workspace.ts'
import { Collector } from './collector.ts'
import type { CliConfig } from './config.ts'
import type { CliDefinition, MountedCli } from './definition.ts'
import type { Dialogue } from './dialogue.ts'
import type { Fact } from './facts.ts'
import { LineSplitter, type Line } from './lines.ts'
import { failureOf, succeeded } from './outcome.ts'
import { readSession, sessionFingerprint, writeSession, type KnownSession } from './session.ts'
import { isSomething } from './totals.ts'

const whatItMayDo =
  'Use the tools that you have, in the folder that you are in. What you are not allowed to do is refused: go on without it and say so at the end.'
const howToHandIn = {
  deliverable:
    'Your final message is handed in as your result and is read by people who have not seen your work: make it complete, in Markdown.',
  done: 'End with a short summary of what you did, in Markdown.',
}

/** How long a program may take to end by itself when its talk is over. */
const afterTalkMs = 2_000

interface CliRun<Config extends CliConfig> {
  readonly definition: MountedCli<Config>
  readonly options: AdapterStartOptions<Config>
  readonly turn: AdapterTurn
  readonly cwd: string
  readonly fingerprint: string
  /** By performance.now(). */
  readonly deadline: number
}

/** Runs a program once for one turn, and once more without its earlier conversation when the program no longer has that. */
export async function runCli<Config extends CliConfig>(
  definition: MountedCli<Config>,
  options: AdapterStartOptions<Config>,
  turn: AdapterTurn,
): Promise<RunOutcome> {
  const { config } = options
  const deadline = performance.now() + config.timeoutSec * 1_000
  if (turn.signal.aborted) return failed('transient', `stopped: ${describeReason(turn.signal.reason)}`)
  let workspace: Workspace | null
  try {
    workspace = config.workspace ? await openWorkspace(config.workspace, turn.context.task) : null
    if (config.home !== undefined) mkdirSync(config.home, { recursive: true, mode: 0o700 })
  } catch (error) {
    return failed('config', error instanceof WorkspaceError ? error.message : `The home folder can not be made: ${describeReason(error)}`)
  }
  const cwd = workspace?.path ?? config.cwd ?? process.cwd()
  const fingerprint = sessionFingerprint({ command: config.command, cwd, home: config.home })
  const outcome = await runInPlace({ definition, options, turn, cwd, fingerprint, deadline })
  if (workspace && config.workspace) await leaveWorkspace(config.workspace, workspace, options)
  return outcome
}

async function leaveWorkspace(
  config: NonNullable<CliConfig['workspace']>,
  workspace: Workspace,
  { logger, runId }: AdapterStartOptions<CliConfig>,
): Promise<void> {
  try {
    await closeWorkspace(config, workspace)
  } catch (error) {
    logger.warn('the worktree of a run could not be removed', { runId, path: workspace.path, reason: describeReason(error) })
  }
}

async function runInPlace<Config extends CliConfig>(run: CliRun<Config>): Promise<RunOutcome> {
  const { turn, options, fingerprint } = run
  const known = options.config.resume ? readSession(turn.session, fingerprint) : null
  const first = new Attempt(run, known)
  const outcome = await first.execute()
  if (known === null || !first.hasLostSession) return outcome
  const again = new Attempt(run, null)
  await again.forget(`The program has no conversation ${known.sessionId} any more; a new one is begun.`)
  return again.execute()
}

/** One execution of the program. */
class Attempt<Config extends CliConfig> {
  readonly #run: CliRun<Config>
  readonly #known: KnownSession | null
  readonly #journal: Journal
  readonly #collector: Collector
  readonly #splitter = new LineSplitter()
  /** Ends the program when the host refuses what it did. */
  readonly #refusal = new AbortController()
  /** Ends a program that does not end by itself when its talk is over. */
  readonly #talkOver = new AbortController()
  readonly #dialogue: Dialogue | null
  #stdin: Writable | null = null
  #overdue: NodeJS.Timeout | undefined
  #isTalkOver = false
  #fault: Fault | null = null
  #end: ProgramRun | null = null

  constructor(run: CliRun<Config>, known: KnownSession | null) {
    this.#run = run
    this.#known = known
    this.#journal = new Journal(run.turn, run.options.logger)
    this.#collector = new Collector(() => performance.now(), known === null && run.turn.session !== null)
    this.#dialogue = run.definition.converse?.(run.options.config, { sessionId: known?.sessionId ?? null, cwd: run.cwd }) ?? null
  }

  /** The program failed before it named any conversation: it does not know the one that it was to go on with. */
  get hasLostSession(): boolean {
    if (this.#known === null || this.#collector.sessionId !== null || this.#fault || !this.#end || this.#end.stop) return false
    const { end } = this.#end
    return end.type === 'exited' && end.code !== 0 && end.signal === null
  }

  async forget(why: string): Promise<void> {
    await this.#journal.log('system', `${why}\n`)
    await this.#record({ type: 'session', state: null })
  }

  async execute(): Promise<RunOutcome> {
    const { turn, options, deadline, definition } = this.#run
    this.#end = await runProgram({
      programs: definition.programs,
      folders: definition.folders,
      request: this.#request(),
      stdin: this.#dialogue ? (stdin) => this.#beginTalk(stdin) : this.#prompt(),
      timeoutSec: Math.max(0.001, (deadline - performance.now()) / 1_000),
      signal: AbortSignal.any([turn.signal, this.#refusal.signal, this.#talkOver.signal]),
      redactor: options.redactor,
      journal: this.#journal,
      takeOutput: (chunk) => this.#takeLines(this.#splitter.push(chunk)),
    })
    clearTimeout(this.#overdue)
    for (const event of this.#collector.end()) await this.#record(event)
    await this.#rememberSession()
    const { waitUntilMs } = this.#collector
    const { end, stop } = this.#settledEnd(this.#end)
    const failure = failureOf({
      end,
      waitMs: waitUntilMs === null ? null : waitUntilMs - Date.now(),
      stop: stop?.type === 'timeout' ? { type: 'timeout', afterSec: options.config.timeoutSec } : stop,
      // A host that stops a run refuses its events too: then the stop is the reason.
      fault: turn.signal.aborted ? null : this.#fault,
      ending: this.#collector.ending,
      exitCodes: definition.exitCodes,
      errorTail: this.#journal.errorTail,
    })
    return failure ?? this.#handIn()
  }

  #request(): LaunchRequest {
    const { definition, options, cwd } = this.#run
    const { config, runId, cap } = options
    const sessionId = this.#known?.sessionId ?? null
    return {
      type: 'launch',
      runId,
      command: config.command,
      args: [...definition.arguments(config, { sessionId, cwd, cap }), ...config.args],
      cwd,
      environment: programEnvironment(cliVariables(definition, config, options.env), runId),
      graceMs: config.graceSec * 1_000,
    }
  }

  #prompt(): string {
    const { turn, options } = this.#run
    const goesOn = 'This goes on from your earlier conversation about the same task; here is how things stand now.'
    const { system, task } = renderPrompt(turn.context, `${whatItMayDo} ${howToHandIn[options.config.onResult]}`)
    return [system, ...(this.#known ? [goesOn] : []), task, ''].join('\n\n')
  }

  /** How a program ends whose talk is over says nothing any more. */
  #settledEnd(run: ProgramRun): ProgramRun {
    const isSettled = this.#isTalkOver && !this.#run.turn.signal.aborted
    return isSettled ? { end: { type: 'exited', code: 0, signal: null, survivors: run.end.survivors }, stop: null } : run
  }

  #beginTalk(stdin: Writable): void {
    this.#stdin = stdin
    this.#send(this.#dialogue?.begin(this.#prompt()) ?? [])
  }

  #send(messages: readonly JsonObject[]): void {
    for (const message of messages) this.#stdin?.write(`${JSON.stringify(message)}\n`)
  }

  #read(line: JsonObject): readonly Fact[] | null {
    if (!this.#dialogue) return this.#run.definition.readLine(line, this.#run.options.config)
    const { facts, send, isOver } = this.#dialogue.take(line)
    this.#send(send)
    if (isOver && !this.#isTalkOver) {
      this.#isTalkOver = true
      this.#stdin?.end()
      this.#overdue = setTimeout(() => this.#talkOver.abort('its talk is over'), afterTalkMs)
    }
    return facts
  }

  async #takeLines(lines: readonly Line[]): Promise<void> {
    for (const line of lines) {
      const facts = line.type === 'object' ? this.#read(line.value) : null
      if (facts === null) await this.#journal.log('stdout', line.text)
      for (const fact of facts ?? []) {
        for (const event of this.#collector.take(fact)) await this.#record(event)
        if (fact.type === 'session') await this.#rememberSession()
      }
    }
  }

  async #rememberSession(): Promise<void> {
    const { sessionId } = this.#collector
    if (sessionId === null) return
    const state = writeSession({ sessionId }, this.#run.fingerprint)
    if (state) await this.#record({ type: 'session', state })
  }

  async #handIn(): Promise<RunOutcome> {
    const { turn, options } = this.#run
    const { onResult } = options.config
    const text = this.#collector.resultText
    if (onResult === 'done') return succeeded(onResult, text)
    if (text === '') return failed('bad_request', 'The program ended well and without a final message, so there is nothing to hand in.')
    await this.#record({ type: 'deliverable', title: turn.context.task.title, content: text, contentType: 'text/markdown' })
    if (this.#fault) return failed(this.#fault.class, this.#fault.message)
    return succeeded(onResult, text)
  }

  async #record(event: AdapterEvent): Promise<void> {
    if (event.type === 'log') return this.#journal.log(event.stream, event.text)
    if (event.type === 'usage' && !isSomething(event.usage)) return
    try {
      await this.#journal.emit(event.type === 'usage' ? { ...event, usage: wholeUsage(event.usage) } : event)
    } catch (error) {
      const message = `the ${event.type} of the run was refused: ${describeReason(error)}`
      this.#fault ??= { class: faultClass(error), message }
      this.#refusal.abort(message)
    }
  }
}

/** The variables of a run besides the few of the host; later ones win. */
export function cliVariables<Config extends CliConfig>(
  definition: CliDefinition<Config>,
  config: Config,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const { apiKey, home } = config
  const keys = apiKey === undefined ? [] : definition.apiKeyVariables(config).map((name) => [name, apiKey])
  return { ...definition.switches, ...(home !== undefined && { HOME: home }), ...config.env, ...given, ...Object.fromEntries(keys) }
}

/** Amounts of programs are told as they are; those of Engine are whole and not below zero. */
function wholeUsage(usage: RunUsage): RunUsage {
  const whole = (amount: number | undefined) => (amount === undefined ? undefined : Math.max(0, Math.round(amount)))
  return {
    ...usage,
    inputTokens: whole(usage.inputTokens),
    outputTokens: whole(usage.outputTokens),
    cachedInputTokens: whole(usage.cachedInputTokens),
    ...(usage.cacheWriteTokens !== undefined && { cacheWriteTokens: whole(usage.cacheWriteTokens) }),
    costMicros: whole(usage.costMicros),
  }
}
