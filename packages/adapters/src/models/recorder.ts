import type { AdapterEvent, AdapterTurn, Logger } from '@engine/core/plugin'

import { messageOf, type Failed } from '../failures.ts'
import { refusedEvent } from './failures.ts'

/** A piece of log: a line, or so much of a long one. */
const pieceLength = 500
const longestLog = 32_000

/** Thrown when an event that counts was not taken; the run ends with its outcome. */
export class EventRefused extends Error {
  readonly outcome: Failed

  constructor(type: string, cause: unknown) {
    const outcome = refusedEvent(type, cause)
    super(outcome.message, { cause })
    this.outcome = outcome
  }
}

/** Says what a run does, one event after the other. */
export class Recorder {
  readonly #turn: Pick<AdapterTurn, 'emit'>
  readonly #logger: Logger
  #held = ''

  constructor(turn: Pick<AdapterTurn, 'emit'>, logger: Logger) {
    this.#turn = turn
    this.#logger = logger
  }

  /** @throws EventRefused when it was not taken */
  async event(event: AdapterEvent): Promise<void> {
    try {
      await this.#turn.emit(event)
    } catch (error) {
      throw new EventRefused(event.type, error)
    }
  }

  /** Text as the model writes it, which comes in very small pieces; they are put together to lines. */
  async text(piece: string): Promise<void> {
    this.#held += piece
    if (this.#held.length >= pieceLength || piece.includes('\n')) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#held
    this.#held = ''
    for (let start = 0; start < text.length;) {
      const end = endOfPiece(text, start)
      await this.#log({ type: 'log', stream: 'stdout', text: text.slice(start, end) })
      start = end
    }
  }

  /** Never rejects: a log that the host can not store is no reason to fail an agent. */
  async #log(event: Extract<AdapterEvent, { type: 'log' }>): Promise<void> {
    try {
      await this.#turn.emit(event)
    } catch (error) {
      this.#logger.warn('the log of a run was not stored', { stream: event.stream, reason: messageOf(error) })
    }
  }
}

/** Never between the two halves of a character. */
function endOfPiece(text: string, start: number): number {
  const end = Math.min(text.length, start + longestLog)
  return end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff ? end - 1 : end
}
