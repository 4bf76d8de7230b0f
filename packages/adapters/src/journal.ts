import type { AdapterEvent, AdapterTurn, Logger, LogStream } from '@engine/core/plugin'

import { messageOf } from './failures.ts'
import { cutText } from './text.ts'

const maxLogLength = 32_768

/** Records the events of one run, one at a time and in the order in which they were given, whoever gives them. */
export class Journal {
  readonly #turn: Pick<AdapterTurn, 'emit'>
  readonly #logger: Logger
  #queue: Promise<void> = Promise.resolve()

  constructor(turn: Pick<AdapterTurn, 'emit'>, logger: Logger) {
    this.#turn = turn
    this.#logger = logger
  }

  /** @throws what the host says when it refuses the event. */
  emit(event: AdapterEvent): Promise<void> {
    const emitted = this.#queue.then(() => this.#turn.emit(event))
    this.#queue = emitted.catch(() => undefined)
    return emitted
  }

  /** Never rejects: a log that the host can not store is no reason to fail an agent. */
  async log(stream: LogStream, text: string): Promise<void> {
    try {
      for (const piece of cutText(text, maxLogLength)) await this.emit({ type: 'log', stream, text: piece })
    } catch (error) {
      this.#logger.warn('the log of a run was not stored', { stream, reason: messageOf(error) })
    }
  }

  /** Tells operators of what could not be ended. */
  async reportSurvivors(runId: string, pids: readonly number[]): Promise<void> {
    if (pids.length === 0) return
    this.#logger.error('processes of a run could not be killed', { runId, pids })
    await this.log('system', `could not be killed: process ${pids.join(', ')}\n`)
  }
}
