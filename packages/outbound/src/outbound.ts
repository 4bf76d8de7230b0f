import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { LookupAddress } from 'node:dns'
import type { Readable } from 'node:stream'

import { parseAllowed } from './addresses.ts'
import { OutboundError } from './errors.ts'
import { beginExchange, exchange, type Answer, type Client, type Message } from './exchange.ts'
import { followRedirect, redirectOf } from './redirect.ts'
import { parseTarget, resolveTarget, type TargetRules } from './target.ts'

export interface OutboundOptions {
  /** What may be asked although it is not public: hosts, `host:port`, addresses, `network/prefix`. For operators to set, never for users. */
  readonly allow?: readonly string[]
  /** Whether unencrypted http: is asked as well; hosts in `allow` always are. */
  readonly allowsHttp?: boolean
  /** Finds the addresses of a host; the system's resolver when left out. */
  resolve?(hostname: string): Promise<readonly LookupAddress[]>
}

export interface OutboundRequest {
  /** GET when left out. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
  /** From the call to the last byte of the answer, redirects included, milliseconds; 10,000 when left out. */
  readonly timeoutMs?: number
  /** How much of an answer is read, bytes; 1 MiB when left out. */
  readonly maxBytes?: number
  /** What happens to a longer answer: `refuse` (the default) fails with `too_large`, `cut` keeps the beginning. */
  readonly whenLonger?: 'refuse' | 'cut'
  /** How many redirects are followed, each checked as the first address was; 3 when left out. */
  readonly maxRedirects?: number
}

export interface OutboundResponse {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Whether the answer was longer than what is in `body`. */
  readonly isCut: boolean
  /** Where the answer came from, after redirects. */
  readonly url: string
}

/** An answer that is read as it comes. */
export interface OutboundStream extends Pick<OutboundResponse, 'status' | 'headers'> {
  /** Ends with an error when the connection breaks, or its signal is aborted. */
  readonly body: Readable
}

/** The one way to ask an address that a user may set (PROMISES S8). */
export interface Outbound {
  /** @throws OutboundError when there is no answer; an answer with an error status is an answer */
  fetch(url: string | URL, request?: OutboundRequest): Promise<OutboundResponse>
  /**
   * Asks once, and gives the answer as it comes, however long that is and takes; a redirect is an answer. For servers that stream.
   * @throws OutboundError when no answer begins
   */
  stream(url: string | URL, request?: Pick<OutboundRequest, 'method' | 'headers' | 'body' | 'signal'>): Promise<OutboundStream>
  /** Checks a URL as `fetch` would, without asking it. @throws OutboundError */
  check(url: string | URL): Promise<void>
  /**
   * The addresses of a host that a connection of another protocol may go to, checked as those of a URL are. Connect to one of them,
   * not to the name. @throws OutboundError
   */
  addresses(host: string, port: number): Promise<readonly LookupAddress[]>
  /** Closes connections that are kept open for the next request. */
  close(): void
}

const defaults = { timeoutMs: 10_000, maxBytes: 1_048_576, maxRedirects: 3 } as const

/** Kept open for the next request; nobody is asked over more of them at once than this, but for streams, which last. */
const connections = { keepAlive: true, maxSockets: 64 } as const

/** @throws Error for an entry of `allow` that is none */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  const rules: TargetRules = {
    allowsHttp: options.allowsHttp ?? false,
    allowed: parseAllowed(options.allow ?? []),
    resolve: options.resolve ?? ((hostname) => lookup(hostname, { all: true })),
  }
  // Settings of the environment about proxies count for neither.
  const client: Client = { rules, http: new HttpAgent(connections), https: new HttpsAgent(connections) }
  const streaming: Client = {
    rules,
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true }),
    connectMs: 10_000,
  }
  return {
    fetch: (url, request = {}) => withinTime(request, (signal) => ask(client, { url, request, signal })),
    async stream(url, { method = 'GET', headers = {}, body, signal = new AbortController().signal } = {}) {
      return beginExchange(streaming, { url: parseTarget(url, rules), method, headers, body, signal })
    },
    async check(url) {
      await resolveTarget(parseTarget(url, rules), rules)
    },
    addresses: async (host, port) => resolveTarget(parseTarget(originOf(host, port), rules), rules),
    close() {
      for (const { http, https } of [client, streaming]) {
        http.destroy()
        https.destroy()
      }
    },
  }
}

/** @throws OutboundError for a host that would say more than a host */
function originOf(host: string, port: number): URL {
  const url = URL.parse(`https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`)
  if (url && url.host !== '' && url.pathname === '/' && !/[/?#@\\]/.test(host)) return url
  throw new OutboundError('invalid_url', 'This is no host and port.')
}

interface Asked {
  readonly url: string | URL
  readonly request: OutboundRequest
  readonly signal: AbortSignal
}

async function ask(client: Client, { url, request, signal }: Asked): Promise<OutboundResponse> {
  const { maxRedirects = defaults.maxRedirects, maxBytes = defaults.maxBytes, whenLonger = 'refuse' } = request
  let target = parseTarget(url, client.rules)
  let message: Message = { method: request.method ?? 'GET', headers: request.headers ?? {}, body: request.body }
  for (let redirects = 0; ; redirects += 1) {
    const answer: Answer = await exchange(client, { ...message, url: target, signal, maxBytes, whenLonger })
    const next = redirectOf(answer, target)
    if (next === null || maxRedirects === 0) return { ...answer, url: target.href }
    if (redirects === maxRedirects)
      throw new OutboundError('too_many_redirects', `${target.origin} leads on and on; ${maxRedirects} redirects were followed.`)
    message = followRedirect(message, { status: answer.status, from: target, to: next })
    target = parseTarget(next, client.rules)
  }
}

/** Gives work a signal that the caller's signal or the end of its time aborts, and says which it was. */
async function withinTime<Result>(request: OutboundRequest, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const { timeoutMs = defaults.timeoutMs, signal } = request
  const ending = new AbortController()
  const end = () => ending.abort()
  const timer = setTimeout(end, timeoutMs)
  // AbortSignal.any would do this at a higher price, which each delivery pays.
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted) end()
  try {
    return await work(ending.signal)
  } catch (error) {
    if (signal?.aborted) throw new OutboundError('aborted', 'The request was given up by its caller.', { cause: error })
    if (ending.signal.aborted) throw new OutboundError('timeout', `There was no whole answer within ${timeoutMs} ms.`, { cause: error })
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}
