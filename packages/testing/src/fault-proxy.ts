import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

import { systemClock, type Clock } from '@engine/core/plugin'

export type Direction = 'toServer' | 'toClient'

/**
 * Sees each chunk before it is passed on, and decides: pass it on, lose it, or lose it and reset its connection.
 * A chunk is what one read gave, not a message of a protocol; `connection` counts the connections from 1. A hook that
 * throws resets the connection.
 */
export type DataHook = (direction: Direction, chunk: Buffer, connection: number) => 'forward' | 'drop' | 'reset'

/** A TCP proxy on 127.0.0.1 that fails in the ways of a network. Faults add up; all end by `heal`. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  /** How many clients are connected, hanging ones included. */
  readonly connections: number
  /** The same URL, leading through this proxy. */
  urlFor(url: string): string
  /** Resets every connection. */
  cut(): void
  /** Loses, from now on and for good, all that the present connections send, their ends included, and closes none of them. */
  halfOpen(): void
  /** Holds everything back until `heal`. Connections made meanwhile are accepted and then hang for good. */
  blackhole(): void
  /** Holds each chunk back for `ms` milliseconds, one after the other. */
  delay(ms: number): void
  /** Passes on at most so many bytes a second, for each connection and direction. */
  throttle(bytesPerSecond: number): void
  /** Resets one connection, right after it carried the last of so many bytes of all in a direction; with 0, instead of its next one. */
  resetAfter(bytes: number, direction: Direction): void
  /** Puts a hook in place of the one before; null for none. */
  onData(hook: DataHook | null): void
  /** Ends all faults and forgets the hook. What was held back goes on; what was lost stays lost. */
  heal(): void
  close(): Promise<void>
}

interface Connection {
  readonly id: number
  readonly client: Socket
  readonly server: Socket | null
  isHalfOpen: boolean
}

interface Faults {
  hook: DataHook | null
  delayMs: number
  bytesPerSecond: number | null
  limit: { readonly direction: Direction; bytes: number } | null
  /** Opens when the network is there again; null while it is. */
  gate: PromiseWithResolvers<void> | null
}

interface Proxy {
  readonly target: { readonly host: string; readonly port: number }
  readonly clock: Clock
  readonly open: Set<Connection>
  readonly closing: AbortController
  faults: Faults
  accepted: number
}

const healthy: Faults = { hook: null, delayMs: 0, bytesPerSecond: null, limit: null, gate: null }

/**
 * @param target `host:port` of the server
 * @param options `clock` tells delays and throttles the time
 * @throws TypeError when the target is no `host:port`
 */
export async function createFaultProxy(target: string, options: { clock?: Clock } = {}): Promise<FaultProxy> {
  const proxy: Proxy = {
    target: parseTarget(target),
    clock: options.clock ?? systemClock,
    open: new Set(),
    closing: new AbortController(),
    faults: { ...healthy },
    accepted: 0,
  }
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => accept(proxy, client))
  await new Promise<void>((resolve, reject) => listener.once('error', reject).listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address, and it is no path.
  const { port } = listener.address() as AddressInfo
  const close = () => closeAll(proxy, listener)
  return {
    port,
    get connections() {
      return [...proxy.open].filter(({ client }) => !client.destroyed).length
    },
    urlFor(url) {
      const through = new URL(url)
      through.hostname = '127.0.0.1'
      through.port = String(port)
      return through.href
    },
    ...controls(proxy),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function controls(proxy: Proxy) {
  return {
    cut() {
      for (const connection of proxy.open) reset(connection)
    },
    halfOpen() {
      for (const connection of proxy.open) connection.isHalfOpen = true
    },
    blackhole() {
      proxy.faults.gate ??= Promise.withResolvers()
    },
    delay(ms: number) {
      proxy.faults.delayMs = ms
    },
    throttle(bytesPerSecond: number) {
      proxy.faults.bytesPerSecond = bytesPerSecond
    },
    resetAfter(bytes: number, direction: Direction) {
      proxy.faults.limit = { direction, bytes }
    },
    onData(hook: DataHook | null) {
      proxy.faults.hook = hook
    },
    heal() {
      const { gate } = proxy.faults
      proxy.faults = { ...healthy }
      gate?.resolve()
    },
  }
}

function parseTarget(target: string): Proxy['target'] {
  const { host, port } = /^(?<host>.+):(?<port>\d+)$/.exec(target)?.groups ?? {}
  if (host === undefined || port === undefined) throw new TypeError(`a target is host:port; ${target} is not`)
  // The brackets of an IPv6 address are part of its writing only.
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

function accept(proxy: Proxy, client: Socket): void {
  const isCutOff = proxy.faults.gate !== null
  const server = isCutOff ? null : createConnection({ ...proxy.target, allowHalfOpen: true, noDelay: true })
  proxy.accepted += 1
  const connection: Connection = { id: proxy.accepted, client, server, isHalfOpen: isCutOff }
  proxy.open.add(connection)
  for (const socket of [client, server]) {
    // An error is always followed by `close`.
    socket?.on('error', () => undefined)
    socket?.once('close', () => forgetClosed(proxy, connection))
  }
  void pump(proxy, connection, 'toServer')
  if (server) void pump(proxy, connection, 'toClient')
}

function forgetClosed(proxy: Proxy, connection: Connection): void {
  if (connection.client.destroyed && connection.server?.destroyed !== false) proxy.open.delete(connection)
}

/** Carries one direction of a connection from its first byte to its end, whatever the end is. */
async function pump(proxy: Proxy, connection: Connection, direction: Direction): Promise<void> {
  const { client, server } = connection
  const [from, to] = direction === 'toServer' ? [client, server] : [server, client]
  if (!from) return
  try {
    // Left to itself, the iterator would destroy the socket at its end, and with it the direction that still goes on.
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      await passage(proxy, connection)
      // Nobody set an encoding, so chunks are buffers.
      if (to && !connection.isHalfOpen) await carry(proxy, connection, { direction, to, chunk: chunk as Buffer })
    }
    await passage(proxy, connection)
    if (connection.isHalfOpen) from.destroy()
    else to?.end()
  } catch {
    await passage(proxy, connection)
    if (connection.isHalfOpen) from.destroy()
    else reset(connection)
  }
}

/** Waits out what the network makes everything wait for, ends of connections included. */
async function passage(proxy: Proxy, connection: Connection): Promise<void> {
  if (connection.isHalfOpen) return
  if (proxy.faults.delayMs > 0) await proxy.clock.sleep(proxy.faults.delayMs, proxy.closing.signal)
  await proxy.faults.gate?.promise
}

interface Freight {
  readonly direction: Direction
  readonly to: Socket
  readonly chunk: Buffer
}

async function carry(proxy: Proxy, connection: Connection, { direction, to, chunk }: Freight): Promise<void> {
  const { hook, limit } = proxy.faults
  const verdict = hook?.(direction, chunk, connection.id) ?? 'forward'
  if (verdict === 'reset') return reset(connection)
  if (verdict === 'drop') return
  if (limit?.direction !== direction) return send(proxy, to, chunk)
  if (chunk.length < limit.bytes) {
    limit.bytes -= chunk.length
    return send(proxy, to, chunk)
  }
  proxy.faults.limit = null
  await send(proxy, to, chunk.subarray(0, limit.bytes))
  reset(connection)
}

/** Resolves when the bytes were handed over, so a slow receiver slows its sender down. */
async function send(proxy: Proxy, to: Socket, chunk: Buffer): Promise<void> {
  for (let sent = 0; sent < chunk.length;) {
    const { bytesPerSecond } = proxy.faults
    const slice = chunk.subarray(sent, bytesPerSecond === null ? chunk.length : sent + Math.max(1, Math.ceil(bytesPerSecond / 20)))
    await new Promise<void>((resolve, reject) => void to.write(slice, (error) => (error ? reject(error) : resolve())))
    sent += slice.length
    if (bytesPerSecond !== null) await proxy.clock.sleep((slice.length / bytesPerSecond) * 1_000, proxy.closing.signal)
  }
}

function reset({ client, server }: Connection): void {
  client.resetAndDestroy()
  server?.resetAndDestroy()
}

async function closeAll(proxy: Proxy, listener: Server): Promise<void> {
  proxy.closing.abort()
  const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
  for (const { client, server } of proxy.open) {
    client.destroy()
    server?.destroy()
  }
  await closed
}
