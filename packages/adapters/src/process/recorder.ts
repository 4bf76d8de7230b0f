import type { RunOutcome } from '@engine/core/plugin'

import type { Journal } from '../journal.ts'
import { classOfRefusal, longestMessage, messageOf } from '../failures.ts'
import type { Fault } from '../program/outcome.ts'
import { parseMessage } from './messages.ts'
import type { OutputItem } from './output.ts'

/** Turns what a program writes into events and keeps what decides the run's outcome. */
export class Recorder {
  readonly #journal: Journal
  #faultCount = 0
  #firstFault: Fault | null = null
  #outcome: RunOutcome | null = null

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** The last outcome that the program reported. */
  get reported(): RunOutcome | null {
    return this.#outcome
  }

  get fault(): Fault | null {
    if (this.#firstFault === null || this.#faultCount === 1) return this.#firstFault
    return { ...this.#firstFault, message: `${this.#firstFault.message} (and ${this.#faultCount - 1} more, see the log)` }
  }

  async takeOutput(items: readonly OutputItem[]): Promise<void> {
    for (const item of items) {
      if (item.type === 'log') await this.#journal.log('stdout', item.text)
      else if (item.type === 'broken') await this.#refuse('bad_request', `line ${item.line} of the output is not a message: ${item.why}`)
      else await this.#takeMessage(item)
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
      await this.#journal.emit(parsed.event)
    } catch (error) {
      await this.#refuse(
        classOfRefusal(error),
        `line ${item.line} of the output: the ${parsed.event.type} was refused: ${messageOf(error)}`,
      )
    }
  }

  async #refuse(asClass: Fault['class'], message: string): Promise<void> {
    this.#faultCount += 1
    this.#firstFault ??= { class: asClass, message: message.slice(0, longestMessage) }
    await this.#journal.log('system', `${message}\n`)
  }
}
