// A receiver of deliveries on this machine: it keeps some of what it gets and says so, refuses some, breaks off, and keeps some without saying so.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import type { Random } from '@engine/testing'

interface Arrival {
  readonly deliveryId: string
  readonly eventId: string
}

export interface Receiver {
  readonly url: string
  readonly arrived: readonly Arrival[]
  close(): Promise<void>
}

/** @param random decides what each request meets */
export async function openReceiver(random: Random): Promise<Receiver> {
  const arrived: Arrival[] = []
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => null)
    if (body === null) return
    const mood = random.int(10)
    if (mood === 0) return void response.writeHead(500).end('no')
    if (mood === 1) return void response.writeHead(429, { 'retry-after': '0.05' }).end('later')
    if (mood === 2) return void request.socket.destroy()
    // What a test's program posts.
    arrived.push(JSON.parse(body) as Arrival)
    if (mood === 3) return void request.socket.destroy()
    if (mood === 4) await new Promise((resolve) => setTimeout(resolve, 30))
    response.writeHead(204).end()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    arrived,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
