import { EngineError, type Client } from '@engine/client'
import type { AnyEvent } from '@engine/core/contract'

import { whileShown } from './while-shown.ts'

/**
 * `opening` until it is listened for the first time, `live` while it is, `away` while the server is asked again, `refused` when it
 * will not be heard any more: a session that ended, a role that was taken away.
 */
export type LiveState = 'opening' | 'live' | 'away' | 'refused'

export interface Listener {
  onEvent(event: AnyEvent): void
  onState(state: LiveState): void
  /** Listening began without a past: whatever was read before may have changed since. */
  onBegin(): void
}

const againMs = 5_000

/**
 * Listens to a company until it is told to stop. Each event comes once, in its order, whatever becomes of the connection: after a
 * break it goes on behind the last one.
 */
export function listen(client: Client, companyId: string, listener: Listener): () => void {
  const stop = new AbortController()
  void follow(client, { companyId, listener, signal: stop.signal })
  return () => stop.abort()
}

interface Following {
  readonly companyId: string
  readonly listener: Listener
  readonly signal: AbortSignal
}

async function follow(client: Client, { companyId, listener, signal: end }: Following): Promise<void> {
  let after: number | 'latest' = 'latest'
  await whileShown(end, async (signal) => {
    while (!signal.aborted) {
      let isBegun = after !== 'latest'
      const onState = (state: 'open' | 'away') => {
        listener.onState(state === 'open' ? 'live' : 'away')
        if (state === 'open' && !isBegun) listener.onBegin()
        if (state === 'open') isBegun = true
      }
      try {
        for await (const event of client.events.stream({ companyId, after }, { signal, onState })) {
          // The log goes on before where it was: its database was restored, and what was read is of nowhere.
          if (after !== 'latest' && event.seq <= after) listener.onBegin()
          after = event.seq
          listener.onEvent(event)
        }
      } catch (error) {
        if (signal.aborted) return
        const isRefused = EngineError.isInstance(error) && ['unauthenticated', 'denied', 'missing'].includes(error.kind)
        listener.onState(isRefused ? 'refused' : 'away')
        if (isRefused) return
      }
      await pause(signal)
    }
  })
}

/** Ends early when the browser finds its network again. */
async function pause(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const go = () => resolve()
  const timer = setTimeout(go, againMs)
  signal.addEventListener('abort', go, { once: true })
  globalThis.addEventListener?.('online', go, { once: true })
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', go)
  globalThis.removeEventListener?.('online', go)
}
