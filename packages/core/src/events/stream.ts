import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { AnyEvent, EventBus } from '../kernel/events.ts'
import type { Clock } from '../ports/clock.ts'
import { beginningAt, eventsAfter } from './sql.ts'

const batch = 100

export interface StreamOptions {
  readonly companyId: string
  /** Events after this seq; 0 for all, `latest` for those to come, as for a seq that the log does not reach. */
  readonly after: number | 'latest'
  readonly signal: AbortSignal
  /** Called once it is known after which seq it listens: what is recorded behind that is told. */
  readonly onListening?: ((after: number) => void) | undefined
  /** How long to wait before looking again when no event was heard of, milliseconds. */
  readonly pollMs: number
}

/**
 * A company's events from a position on, without end: first those in the log, then live ones. It always reads the log
 * and uses the bus only as a wake-up, so nothing is missed, doubled or out of order, whoever wrote it.
 */
export async function* streamEvents(
  source: { db: Kysely<Database>; bus: EventBus; clock: Clock },
  options: StreamOptions,
): AsyncGenerator<AnyEvent[]> {
  let heard = new AbortController()
  const hear = (companyId: string | null) => {
    if (companyId === null || companyId === options.companyId) heard.abort()
  }
  const forget = [source.bus.onAny((event) => hear(event.companyId)), source.bus.onHint(hear)]
  try {
    const { companyId } = options
    let after = await beginningAt(source.db, { companyId, wish: options.after })
    options.onListening?.(after)
    while (!options.signal.aborted) {
      heard = new AbortController()
      const events = await eventsAfter(source.db, { companyId, after, limit: batch })
      const last = events.at(-1)
      if (last) {
        after = last.seq
        yield events
      } else await source.clock.sleep(options.pollMs, AbortSignal.any([heard.signal, options.signal]))
    }
  } finally {
    for (const unsubscribe of forget) unsubscribe()
  }
}
