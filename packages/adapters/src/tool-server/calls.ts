import { setTimeout as delay } from 'node:timers/promises'

import {
  EngineError,
  type AdapterEvent,
  type AgentTool,
  type JsonObject,
  type Logger,
  type Redactor,
  type RunOutcome,
} from '@engine/core/plugin'

import { messageOf } from '../failures.ts'
import { mistake, noSuchTool, toldAnswer, type Told } from '../tools/answers.ts'
import { endBy, isEnding } from '../tools/endings.ts'

/** How long the end of a run waits for a call that is under way, milliseconds. */
const patienceMs = 5_000

export interface ServedTools {
  readonly tools: readonly AgentTool[]
  /** Whether the tools that end a run are served too. */
  readonly hasEndings: boolean
  /** Whether each call is told as an event, where the program itself tells nobody of it. */
  readonly isTold: boolean
  /** Records an event of the run; rejects when it was refused. */
  record(event: AdapterEvent): Promise<void>
  readonly redactor: Redactor
  readonly logger: Logger
}

/** What a program calls, one after the other in the order in which it came. Never rejects. */
export class ProgramCalls {
  readonly #served: ServedTools
  readonly #lost = new AbortController()
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false
  #ending: RunOutcome | null = null

  constructor(served: ServedTools) {
    this.#served = served
  }

  /** How the program said that its work ended; null while it did not. */
  get ending(): RunOutcome | null {
    return this.#ending
  }

  /** Aborted when Engine lets the run do nothing any more. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  call(name: string, given: JsonObject): Promise<Told> {
    const called = this.#last.then(() => this.#use(name, given))
    this.#last = called
    return called
  }

  /** Takes no more calls, and resolves when the one that was begun has ended, or had its time to: a run does not wait for it for ever. */
  async close(): Promise<void> {
    this.#isClosed = true
    const hasEnded = await Promise.race([this.#last.then(() => true), delay(patienceMs, false, { ref: false })])
    if (!hasEnded) this.#served.logger.warn('a call of a tool goes on behind its run', { afterMs: patienceMs })
  }

  async #use(name: string, given: JsonObject): Promise<Told> {
    if (this.#isClosed) return mistake('The run is over.')
    try {
      // What is no secret of the run but of this server is blotted out here, before anything is kept of it: an object stays one.
      const input = this.#served.redactor.redactAll(given) as JsonObject
      return this.#served.hasEndings && isEnding(name) ? await this.#end(name, input) : await this.#ask(name, input)
    } catch (error) {
      return this.#refused(name, error)
    }
  }

  /** The first end stands: the second could only take it back. What else a run that ended still does is for Engine to judge. */
  async #end(name: string, input: JsonObject): Promise<Told> {
    if (this.#ending !== null) return mistake(`You have already ended your work as ${this.#ending.kind}, and that stands. Stop here.`)
    const ended = await endBy({ name, input }, (event) => this.#served.record(event))
    if (ended === null || typeof ended === 'string') return ended === null ? noSuchTool(name) : mistake(ended)
    this.#ending = ended
    return { isError: false, text: 'It is kept, and counts when you stop. Stop here.' }
  }

  async #ask(name: string, input: JsonObject): Promise<Told> {
    const { tools, isTold } = this.#served
    const tool = tools.find((each) => each.name === name)
    if (!tool) return noSuchTool(name)
    const startedAt = performance.now()
    const answer = await tool.call(input)
    const durationMs = Math.round(performance.now() - startedAt)
    const shown = answer.isError ? { output: { code: answer.code, message: answer.message } } : {}
    if (isTold) await this.#tell({ type: 'tool_call', name, input, isError: answer.isError, durationMs, ...shown })
    return toldAnswer(answer)
  }

  /** What was done stays done, also where the log of it was refused. */
  async #tell(event: AdapterEvent): Promise<void> {
    const { record, logger } = this.#served
    await record(event).catch((error: unknown) => logger.warn('a call of a tool was not told', { reason: messageOf(error) }))
  }

  #refused(name: string, error: unknown): Told {
    this.#served.logger.warn('a tool of a run could not be used', { tool: name.slice(0, 100), reason: messageOf(error) })
    if (!EngineError.isInstance(error) || error.kind === 'internal') return mistake('internal: Something went wrong on the side of Engine.')
    if (error.code === 'lease_lost') this.#lost.abort(error.message)
    return mistake(`${error.code}: ${error.message}`)
  }
}
