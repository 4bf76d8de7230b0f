import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import type { Host } from '../kernel/host.ts'
import type { RunCallbacks } from '../ports/adapter.ts'
import type { Clock } from '../ports/clock.ts'
import { nextCallback } from '../runs/callbacks.ts'

/** However often others in the company change something: how soon a run looks again because of that, milliseconds. */
const soonestMs = 100

/**
 * The calls of a run's agent as they come, wherever they were taken: at once in the process that took them, after a hint where the
 * database gives some, and by looking every `pollMs`, which is the guarantee.
 *
 * @param ended aborted when nobody executes the run any more
 */
export function runCallbacks(
  { db, bus, clock, settings }: Pick<Host, 'db' | 'bus' | 'clock' | 'settings'>,
  { id: runId, companyId }: RunActor,
  ended: AbortSignal,
): RunCallbacks {
  let after = 0

  /** Waits until there may be something new. */
  async function waitFor(look: () => Promise<string | null>, over: AbortSignal): Promise<string | null> {
    const woken = new AbortController()
    let isHint = false
    const forget = [
      bus.on('run.called_back', ({ entity }) => {
        if (entity.id === runId) woken.abort('woken')
      }),
      bus.onHint((hinted) => {
        if (hinted !== null && hinted !== companyId) return
        isHint = true
        woken.abort('woken')
      }),
    ]
    try {
      // What comes from here on wakes it.
      const found = await look()
      if (found === null) await clock.sleep(settings.pollMs, AbortSignal.any([woken.signal, over]))
      if (found === null && isHint) await clock.sleep(soonestMs, over)
      return found
    } finally {
      for (const end of forget) end()
    }
  }

  return {
    async next(signal) {
      const over = AbortSignal.any([signal, ended])
      const look = async () => {
        const found = await nextCallback(db, { companyId, runId, after })
        after = found?.sequence ?? after
        return found?.body ?? null
      }
      for (;;) {
        over.throwIfAborted()
        const body = await waitFor(look, over)
        if (body !== null) return body
      }
    },
  }
}

interface AskedCallbacks {
  readonly clock: Clock
  /** How often it is asked, milliseconds. */
  readonly pollMs: number
  /** The first call behind a sequence, as `runs.nextCallback` answers. */
  readonly ask: (after: number) => Promise<unknown>
}

/**
 * The calls of a run's agent as a server keeps them, for whoever has no database: asked for while the adapter waits for one. A server that
 * does not answer is asked again, since the run may outlast that; what it refuses ends the wait.
 *
 * @param ended aborted when nobody executes the run any more
 */
export function askedCallbacks({ clock, pollMs, ask }: AskedCallbacks, ended: AbortSignal): RunCallbacks {
  let after = 0

  async function look(): Promise<string | null> {
    try {
      // The server's answer to runs.nextCallback.
      const { callback } = (await ask(after)) as { callback: { sequence: number; body: string } | null }
      after = callback?.sequence ?? after
      return callback?.body ?? null
    } catch (error) {
      if (EngineError.isInstance(error) && error.kind === 'unavailable') return null
      throw error
    }
  }

  return {
    async next(signal) {
      const over = AbortSignal.any([signal, ended])
      for (;;) {
        over.throwIfAborted()
        const body = await look()
        if (body !== null) return body
        await clock.sleep(pollMs, over)
      }
    },
  }
}
