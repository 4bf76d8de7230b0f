import type { Actor, Engine, Logger } from '@engine/core'

import type { WireRequest, WireResponse } from '../wire.ts'
import type { Identity } from './entrance.ts'

/** How often open answers are looked after, milliseconds: what was revoked ends within a second (PROMISES S4). */
const everyMs = 500

interface Held {
  readonly credential: string
  /** What its actor may do, as one text. */
  readonly rights: string
  readonly ending: AbortController
}

/** Ends answers that are still being written when who asked for them may ask no longer, or may do something else than before. */
export interface CredentialWatch {
  guard(identity: Identity, request: WireRequest, answer: (request: WireRequest) => Promise<WireResponse>): Promise<WireResponse>
}

/** One look at the database for all of them, as long as there are any. */
export function createCredentialWatch(engine: Pick<Engine, 'authenticateAll'>, logger?: Logger): CredentialWatch {
  const open = new Set<Held>()
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    try {
      const actors = await engine.authenticateAll([...new Set([...open].map(({ credential }) => credential))])
      for (const { credential, rights, ending } of open) {
        const actor = actors.get(credential)
        // Of a credential that came while we asked, nothing is known yet.
        if (actor !== undefined && (actor === null || rightsOf(actor) !== rights)) ending.abort()
      }
    } catch (error) {
      logger?.error('open streams could not be looked after', { error: String(error) })
    }
    timer = undefined
    lookLater()
  }

  function lookLater(): void {
    if (open.size > 0) timer ??= setTimeout(() => void look(), everyMs).unref()
  }

  return {
    async guard({ actor, credential }, request, answer) {
      // Nothing of what answers HEAD is written, so nobody would ever say that it was.
      if (credential === null || request.method === 'HEAD') return answer(request)
      const held: Held = { credential, rights: rightsOf(actor), ending: new AbortController() }
      const release = () => void open.delete(held)
      const signal = AbortSignal.any([request.signal(), held.ending.signal])
      signal.addEventListener('abort', release, { once: true })
      open.add(held)
      lookLater()
      try {
        const response = await answer({ ...request, signal: () => signal })
        if (typeof response.body === 'string' || response.body instanceof Uint8Array) {
          release()
          return response
        }
        return { ...response, body: until(signal, response.body, release) }
      } catch (error) {
        release()
        throw error
      }
    },
  }
}

/** Roles come in no order of their own. */
function rightsOf(actor: Actor): string {
  const roles = actor.kind === 'user' ? Object.entries(actor.roles).toSorted(([left], [right]) => (left < right ? -1 : 1)) : []
  return JSON.stringify({ ...actor, roles })
}

/** What a body gives until the signal, also while it has nothing to give. */
async function* until<Part>(signal: AbortSignal, body: AsyncIterable<Part>, release: () => void): AsyncGenerator<Part> {
  const parts = body[Symbol.asyncIterator]()
  const { promise, resolve } = Promise.withResolvers<{ done: true; value: undefined }>()
  const end = () => resolve({ done: true, value: undefined })
  signal.addEventListener('abort', end, { once: true })
  try {
    while (!signal.aborted) {
      const part = await Promise.race([parts.next(), promise])
      if (part.done === true) break
      yield part.value
    }
  } finally {
    signal.removeEventListener('abort', end)
    release()
    await parts.return?.()
  }
}
