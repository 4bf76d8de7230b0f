import { EngineError, type AdapterEvent, type AdapterTurn, type Logger, type LogStream, type RunOutcome } from '@engine/core/plugin'

import { parseMessage } from './messages.ts'
import { cutText, type OutputItem } from './output.ts'

/** A message that was not taken: the program's mistake, or the host's trouble that will pass. */
export interface Fault {
  readonly class: 'bad_request' | 'transient'
  readonly message: string
}

const maxLogLength = 32_768
const maxTailLength = 2_000

/** Turns what a program writes into events, one at a time and in order, and keeps what decides the run's outcome. */
export class Recorder {
  readonly #turn: AdapterTurn
  readonly #logger: Logger
  #queue: Promise<void> = Promise.resolve()
  #faultCount = 0
  #firstFault: Fault | null = null
  #outcome: RunOutcome | null = null
  #errorTail = ''

  constructor(turn: AdapterTurn, logger: Logger) {
    this.#turn = turn
    this.#logger = logger
  }

  /** The last outcome that the program reported. */
  get reported(): RunOutcome | null {
    return this.#outcome
  }

  /** The end of what the program wrote to stderr. */
  get errorTail(): string {
    return this.#errorTail
  }

  get fault(): Fault | null {
    if (this.#firstFault === null || this.#faultCount === 1) return this.#firstFault
    return { ...this.#firstFault, message: `${this.#firstFault.message} (and ${this.#faultCount - 1} more, see the log)` }
  }

  async takeOutput(items: readonly OutputItem[]): Promise<void> {
    for (const item of items) {
      if (item.type === 'log') await this.log('stdout', item.text)
      else if (item.type === 'broken') await this.#refuse('bad_request', `line ${item.line} of the output is not a message: ${item.why}`)
      else await this.#takeMessage(item)
    }
  }

  async takeErrors(text: string): Promise<void> {
    this.#errorTail = (this.#errorTail + text).slice(-maxTailLength)
    await this.log('stderr', text)
  }

  /** Never rejects: a log that the host can not store is no reason to fail an agent. */
  async log(stream: LogStream, text: string): Promise<void> {
    try {
      for (const piece of cutText(text, maxLogLength)) await this.#emit({ type: 'log', stream, text: piece })
    } catch (error) {
      this.#logger.warn('the log of a run was not stored', { stream, reason: describeError(error) })
    }
  }

  async #takeMessage(item: Extract<OutputItem, { type: 'message' }>): Promise<void> {
    const parsed = parseMessage(item.value)
    if (parsed.type === 'malformed') return this.#refuse('bad_request', `line ${item.line} of the output is not a message: ${parsed.why}`)
    if (parsed.type === 'outcome') {
      this.#outcome = parsed.outcome
      return
    }
    try {
      await this.#emit(parsed.event)
    } catch (error) {
      await this.#refuse(
        faultClass(error),
        `line ${item.line} of the output: the ${parsed.event.type} was refused: ${describeError(error)}`,
      )
    }
  }

  async #refuse(asClass: Fault['class'], message: string): Promise<void> {
    this.#faultCount += 1
    this.#firstFault ??= { class: asClass, message: message.slice(0, maxTailLength) }
    await this.log('system', `${message}\n`)
  }

  #emit(event: AdapterEvent): Promise<void> {
    const emitted = this.#queue.then(() => this.#turn.emit(event))
    this.#queue = emitted.catch(() => undefined)
    return emitted
  }
}

function faultClass(error: unknown): Fault['class'] {
  return EngineError.isInstance(error) && (error.kind === 'unavailable' || error.kind === 'limited') ? 'transient' : 'bad_request'
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
