import { pipeline, Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

import { createOutbound, OutboundError, type Outbound, type OutboundStream } from '@engine/outbound'

export interface ModelServerOptions {
  /**
   * Which servers besides public ones an agent may have as its `baseUrl`: hosts, `host:port`, addresses, `network/prefix`. `any` (left
   * out), where all who configure agents may ask whatever the host can reach.
   */
  readonly allow?: readonly string[] | 'any'
}

/** How the servers of models are asked. */
export interface ModelServers {
  /** For the server that an agent has as its `baseUrl`: one that refuses what its host does not allow. The provider's own needs no guard. */
  fetchOf(baseUrl: string | undefined): typeof fetch
  /** @returns why this server may not be asked; null when it may */
  refusal(url: string): Promise<string | null>
}

/** @throws Error for an entry of `allow` that is none */
export function modelServers({ allow = 'any' }: ModelServerOptions): ModelServers {
  const unguarded: typeof fetch = (input, init) => fetch(input, init)
  if (allow === 'any') return { fetchOf: () => unguarded, refusal: async () => null }
  const outbound = createOutbound({ allow })
  const guarded = guardedFetch(outbound)
  return {
    fetchOf: (baseUrl) => (baseUrl === undefined ? unguarded : guarded),
    async refusal(url) {
      try {
        await outbound.check(url)
        return null
      } catch (error) {
        // A host that nobody knows at the moment may be known at the next try.
        return error instanceof OutboundError && !error.isPassing ? error.message : null
      }
    },
  }
}

const methods = { GET: 'GET', POST: 'POST' } as const

/** As much of `fetch` as models are asked by. */
function guardedFetch(outbound: Outbound): typeof fetch {
  return async (input, init = {}) => {
    const request = new Request(input, init)
    // The signal of a request goes on only as long as somebody has the request.
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined)
    const method = Object.entries(methods).find(([name]) => name === request.method)?.[1]
    if (!method) throw new TypeError(`a model is not asked by ${request.method}`)
    try {
      const answer = await outbound.stream(request.url, {
        method,
        headers: Object.fromEntries(request.headers),
        ...(request.body && { body: new Uint8Array(await request.arrayBuffer()) }),
        ...(signal && { signal }),
      })
      return responseOf(answer)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  }
}

/** What these answers mean they say without one. */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

/** What some servers do although they are asked not to. */
const decoders = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const

function responseOf({ status, headers, body }: OutboundStream): Response {
  const { 'content-encoding': encoding = 'identity', ...others } = headers
  if (withoutBody.has(status)) {
    body.resume()
    return new Response(null, { status, headers: others })
  }
  if (status < 200 || status > 599) {
    body.destroy()
    throw new Error(`the answer has the status ${status}, which is none of HTTP`)
  }
  const decoder = Object.entries(decoders).find(([name]) => name === encoding)?.[1]
  const text = decoder ? pipeline(body, decoder(), () => undefined) : body
  return new Response(Readable.toWeb(text), { status, headers: decoder ? others : headers })
}
