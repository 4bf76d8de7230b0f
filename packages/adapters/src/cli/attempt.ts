import type { Writable } from 'node:stream'

import type { AdapterEvent, AdapterStartOptions, AdapterTurn, JsonObject, RunOutcome } from '@engine/core/plugin'

import type { LaunchRequest } from '../program/control.ts'
import { programEnvironment } from '../program/environment.ts'
import { Journal } from '../journal.ts'
import { classOfRefusal, failed, messageOf } from '../failures.ts'
import type { Fault } from '../program/outcome.ts'
import { runProgram, type ProgramRun } from '../program/run.ts'
import { Collector } from './collector.ts'
import type { CliConfig } from './config.ts'
import type { MountedCli } from './definition.ts'
import type { Dialogue } from './dialogue.ts'
import type { Fact } from './facts.ts'
import { LineSplitter, type Line } from './lines.ts'
import { failureOf, succeeded } from './outcome.ts'
import { promptOf } from './prompt.ts'
import { writeSession, type KnownSession } from './session.ts'
import { isSomething, wholeUsage } from './totals.ts'
import { openTools, type CliTools } from './tools.ts'
import { cliVariables } from './variables.ts'

/** How long a program may take to end by itself when its talk is over. */
const afterTalkMs = 2_000

export interface CliRun<Config extends CliConfig> {
  readonly definition: MountedCli<Config>
  readonly options: AdapterStartOptions<Config>
  readonly turn: AdapterTurn
  readonly cwd: string
  readonly fingerprint: string
  /** By performance.now(). */
  readonly deadline: number
}

/** One execution of the program. */
export class Attempt<Config extends CliConfig> {
  readonly #run: CliRun<Config>
  readonly #known: KnownSession | null
  readonly #journal: Journal
  readonly #collector: Collector
  readonly #splitter = new LineSplitter()
  /** Ends the program when the host refuses what it did. */
  readonly #refusal = new AbortController()
  /** Ends a program that does not end by itself when its talk is over. */
  readonly #talkOver = new AbortController()
  #dialogue: Dialogue | null = null
  #tools: CliTools | null = null
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
  }

  /** The program failed before it named any conversation: it does not know the one that it was to go on with. */
  get hasLostSession(): boolean {
    if (this.#known === null || this.#collector.sessionId !== null || this.#fault || !this.#end || this.#end.stop) return false
    if (this.#tools?.ending) return false
    const { end } = this.#end
    return end.type === 'exited' && end.code !== 0 && end.signal === null
  }

  async forget(why: string): Promise<void> {
    await this.#journal.log('system', `${why}\n`)
    await this.#record({ type: 'session', state: null })
  }

  async execute(): Promise<RunOutcome> {
    const { options, definition, cwd } = this.#run
    try {
      this.#tools = await openTools(this.#run, this.#journal)
    } catch (error) {
      return failed('transient', `The tools of Engine could not be served to the program: ${messageOf(error)}`)
    }
    const place = { sessionId: this.#known?.sessionId ?? null, cwd, tools: this.#tools.address }
    this.#dialogue = definition.converse?.(options.config, place) ?? null
    try {
      this.#end = await this.#runProgram(this.#tools)
    } finally {
      await this.#tools.close()
    }
    return this.#conclude(this.#end)
  }

  #runProgram(tools: CliTools): Promise<ProgramRun> {
    const { turn, deadline, definition } = this.#run
    return runProgram({
      programs: definition.programs,
      folders: definition.folders,
      request: this.#request(tools),
      stdin: this.#dialogue ? (stdin) => this.#beginTalk(stdin) : this.#prompt(),
      timeoutSec: Math.max(0.001, (deadline - performance.now()) / 1_000),
      signal: AbortSignal.any([turn.signal, this.#refusal.signal, this.#talkOver.signal, tools.lost]),
      redactor: tools.redactor,
      journal: this.#journal,
      takeOutput: (chunk) => this.#takeLines(this.#splitter.push(chunk)),
    })
  }

  async #conclude(run: ProgramRun): Promise<RunOutcome> {
    const { turn, options, definition } = this.#run
    clearTimeout(this.#overdue)
    for (const event of this.#collector.end()) await this.#record(event)
    await this.#rememberSession()
    const { waitUntilMs } = this.#collector
    const { end, stop } = this.#settledEnd(run)
    const failure = failureOf({
      end,
      waitMs: waitUntilMs === null ? null : waitUntilMs - Date.now(),
      stop: stop?.type === 'timeout' ? { type: 'timeout', afterSec: options.config.timeoutSec } : stop,
      // A host that stops a run refuses its events too: then the stop is the reason.
      fault: turn.signal.aborted ? null : this.#fault,
      ending: this.#collector.ending,
      exitCodes: definition.exitCodes,
      errorTail: run.errorTail,
    })
    // What it said by a tool stands, and then its final message is only what it said last.
    return failure ?? this.#tools?.ending ?? this.#handIn()
  }

  #request(tools: CliTools): LaunchRequest {
    const { definition, options, cwd } = this.#run
    const { config, runId, cap } = options
    const place = { sessionId: this.#known?.sessionId ?? null, cwd, cap, toolsUrl: tools.address?.url ?? null }
    return {
      type: 'launch',
      runId,
      command: config.command,
      args: [...definition.arguments(config, place), ...config.args],
      cwd,
      environment: programEnvironment({ ...cliVariables(definition, config, options.env), ...tools.variables }, runId),
      graceMs: config.graceSec * 1_000,
    }
  }

  #prompt(): string {
    const { turn, options } = this.#run
    const { onResult } = options.config
    return promptOf(turn.context, {
      onResult,
      goesOn: this.#known !== null,
      hasTools: this.#tools?.isTold === true,
    })
  }

  /** How a program ends whose talk is over says nothing any more. */
  #settledEnd(run: ProgramRun): ProgramRun {
    const isSettled = this.#isTalkOver && !this.#run.turn.signal.aborted
    return isSettled ? { ...run, end: { type: 'exited', code: 0, signal: null, survivors: run.end.survivors }, stop: null } : run
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
      const message = `the ${event.type} of the run was refused: ${messageOf(error)}`
      this.#fault ??= { class: classOfRefusal(error), message }
      this.#refusal.abort(message)
    }
  }
}
