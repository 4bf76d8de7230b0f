import type { AdapterEvent } from '@engine/core/plugin'

import { classOfRefusal, failed, messageOf, Refusal } from '../failures.ts'
import type { Journal } from '../journal.ts'

/** A piece of log: a line, or so much of a long one. */
const pieceLength = 500

/** Says what a model does: its text by lines, and events that count. */
export class Recorder {
  readonly #journal: Journal
  #held = ''

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** @throws Refusal when it was not taken: the agent gave what can not be stored, or the host is in trouble that will pass */
  async event(event: AdapterEvent): Promise<void> {
    await this.#journal.emit(event).catch((error: unknown) => {
      throw eventRefusal(event.type, error)
    })
  }

  /** Text as the model writes it, which comes in very small pieces; they are put together to lines. */
  async text(piece: string): Promise<void> {
    this.#held += piece
    if (this.#held.length >= pieceLength || piece.includes('\n')) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#held
    this.#held = ''
    await this.#journal.log('stdout', text)
  }
}

export function eventRefusal(type: AdapterEvent['type'], error: unknown): Refusal {
  return new Refusal(failed(classOfRefusal(error), `The ${type} of the agent was refused: ${messageOf(error)}`), error)
}
