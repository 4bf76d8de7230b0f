import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RunningServer {
  readonly url: string
  /** Ends open streams, refuses new requests, resolves when the last answer is out. Safe to call twice. */
  close(): Promise<void>
}

interface Place {
  /** An address, a name, or an IPv6 address in brackets as URLs have it. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Aborted when the server is told to close. */
  readonly stopping: AbortController
}

/**
 * How long a connection is kept without a request. Proxies keep theirs for a minute: if the server is the first to end one, a request may be
 * on its way, and is lost.
 */
const keepAliveTimeout = 65_000

/** @throws when the address is taken */
export async function listen(answer: RequestListener, { host, port, stopping }: Place): Promise<RunningServer> {
  const server = createServer({ keepAliveTimeout }, answer)
  await bind(server, { host: unbracketed(host), port })
  // A server that listens on an IP address has an AddressInfo.
  const address = server.address() as AddressInfo
  return { url: `http://${host.includes(':') ? `[${unbracketed(host)}]` : host}:${address.port}`, close: () => close(server, stopping) }
}

/** `[::1]` is how a URL says it, `::1` is the address. */
function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

async function bind(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Error(`Port ${port} on ${host} is taken. Stop what holds it, or choose another one by PORT or --port.`, { cause: error })
    }
    throw error
  }
}

/** How long answers under way may take once a stop was asked for; then their connections are cut. */
const closeGraceMs = 2_000
/** How often connections that have become idle since are let go: they were busy when the stop was asked for. */
const letGoEveryMs = 20

async function close(server: Server, stopping: AbortController): Promise<void> {
  const closed = once(server, 'close')
  stopping.abort()
  server.close()
  const letGo = setInterval(() => server.closeIdleConnections(), letGoEveryMs)
  const cut = setTimeout(() => server.closeAllConnections(), closeGraceMs)
  await closed
  clearInterval(letGo)
  clearTimeout(cut)
}
