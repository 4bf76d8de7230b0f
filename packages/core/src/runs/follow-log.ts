import type { z } from 'zod'

import type { Actor } from '../kernel/actor.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import type { log } from './queries.ts'
import type { LogChunk } from './schema.ts'

export interface FollowLogOptions {
  readonly runId: string
  /** Whoever listens; a function is asked again before each look, so that a stream ends with the key that opened it. */
  readonly actor: Actor | (() => Promise<Actor>)
  /** Chunks after this sequence; all when left out. */
  readonly after?: number
  readonly signal: AbortSignal
}

/** Of 64 KiB each: what a reader who is slow makes us hold. */
const chunksAtOnce = 16
/** While a run says something it is looked at this often, milliseconds; the longer it is silent, the more seldom. */
const soonestMs = 100

/**
 * The log of a run as it grows, from any point on; ends when the run is over and all is read. It only ever reads the log, so whoever
 * wrote it, in this process or another, nothing is missed, doubled or out of order.
 */
export async function* followLog(host: Host, options: FollowLogOptions): AsyncGenerator<LogChunk[]> {
  const { runId, actor, signal } = options
  let after = options.after ?? 0
  let waitMs = soonestMs
  while (!signal.aborted) {
    const call = { actor: typeof actor === 'function' ? await actor() : actor }
    // The answer of this operation is by its own schema.
    const page = (await execute(host, 'runs.log', { input: { runId, after, limit: chunksAtOnce }, call })) as z.output<typeof log.output>
    const last = page.items.at(-1)
    if (last) {
      after = last.sequence
      waitMs = soonestMs
      yield page.items
    }
    if (page.isComplete) return
    if (last) continue
    await host.clock.sleep(waitMs, signal)
    waitMs = Math.min(waitMs * 2, Math.max(host.settings.pollMs, soonestMs))
  }
}
