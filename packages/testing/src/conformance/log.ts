import type { Actor, AnyEvent, Engine } from '@engine/core'

import type { TestEngine } from '../test-engine.ts'
import { until } from '../until.ts'

/**
 * A company's whole log, in the order in which it is listed. Postgres lists an event only when every older transaction of
 * its server has ended, other databases' included; so this waits until the list has as many events as the table.
 */
export async function logOf({ engine, watch }: Pick<TestEngine, 'engine' | 'watch'>, companyId: string): Promise<AnyEvent[]> {
  const text = `select count(*) as count from ${watch.table('events')} where company_id = ?`
  const [row] = await watch.query<{ count: number }>(text, [companyId])
  return until(
    () => listAll(engine, { companyId, limit: 100 }),
    (events) => events.length >= (row?.count ?? 0),
  )
}

/** All pages of the list. */
export async function listAll(engine: Engine, given: { companyId: string; limit: number }): Promise<AnyEvent[]> {
  const events: AnyEvent[] = []
  for (let cursor: string | null | undefined = undefined; cursor !== null;) {
    const page: Awaited<ReturnType<Engine['events']['list']>> = await engine.events.list({ ...given, ...(cursor && { cursor }) })
    // The answer's schema is that of an event of any type.
    events.push(...(page.items as AnyEvent[]))
    cursor = page.nextCursor
  }
  return events
}

/** What a stream gives, while it is being read. */
export interface Reading {
  readonly seen: readonly AnyEvent[]
  /** Stops when so many events came, or when no more come. */
  stopAfter(count: number): Promise<void>
}

/** Reads a company's stream from its beginning. */
export function readStream(engine: Engine, given: { companyId: string; actor: Actor }): Reading {
  const seen: AnyEvent[] = []
  const stop = new AbortController()
  const reading = (async () => {
    for await (const batch of engine.stream({ ...given, signal: stop.signal })) seen.push(...batch)
  })()
  return {
    seen,
    async stopAfter(count) {
      const isComplete = (length: number) => length >= count
      // What is missing, the test shows better than a time that is over.
      await until(() => seen.length, isComplete).catch(() => undefined)
      stop.abort()
      await reading
    },
  }
}
