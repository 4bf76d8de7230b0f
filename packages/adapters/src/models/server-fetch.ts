import { Readable } from 'node:stream'

import { createOutbound, OutboundError } from '@engine/outbound'

export interface ModelServerOptions {
  /**
   * Which servers besides public ones an agent may have as its `baseUrl`: hosts, `host:port`, addresses, `network/prefix`. `any` (left
   * out), where all who configure agents may ask whatever the host can reach.
   */
  readonly allow?: readonly string[] | 'any'
}

/** How the servers of models are asked: a `fetch` that refuses what its host does not allow. */
export interface ModelServers {
  readonly fetch: typeof fetch
  /** @returns why this server may not be asked; null when it may */
  refusal(url: string): Promise<string | null>
}

/** What these answers mean they say without one. */
const withoutBody: ReadonlySet<number> = new Set([204, 205, 304])

/** @throws Error for an entry of `allow` that is none */
export function modelServers({ allow = 'any' }: ModelServerOptions): ModelServers {
  if (allow === 'any') return { fetch: (input, init) => fetch(input, init), refusal: async () => null }
  const outbound = createOutbound({ allow })
  return {
    async fetch(input, init = {}) {
      const request = new Request(input, init)
      const { method, headers, signal } = request
      const {
        status,
        headers: said,
        body,
      } = await outbound.stream(request.url, {
        method: method === 'POST' ? 'POST' : 'GET',
        headers: Object.fromEntries(headers),
        ...(request.body && { body: new Uint8Array(await request.arrayBuffer()) }),
        signal,
      })
      return new Response(withoutBody.has(status) ? null : Readable.toWeb(body), { status, headers: said })
    },
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
