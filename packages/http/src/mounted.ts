import type { Actor } from '@engine/core'

import { bodyLimit } from './body.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** Another protocol that shares the address, the keys and the guards of this one. */
export type Mounted = (request: Request, actor: Actor) => Promise<Response>

/** Gives a request to it, without the key that it came with, and hands on what it answers, as it comes. */
export async function askMounted(mounted: Mounted, request: WireRequest, actor: Actor): Promise<WireResponse> {
  const { method, url } = request
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const headers = Object.fromEntries(
    forwarded.flatMap((name) => (request.header(name) === null ? [] : [[name, request.header(name) ?? '']])),
  )
  const bytes = hasBody ? await request.body(bodyLimit) : null
  const response = await mounted(
    new Request(url, { method, headers, signal: request.signal(), ...(bytes && { body: Buffer.from(bytes) }) }),
    actor,
  )
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: response.body ?? '',
  }
}

const forwarded = ['accept', 'content-type', 'mcp-protocol-version', 'mcp-session-id', 'mcp-method', 'mcp-name', 'last-event-id']
