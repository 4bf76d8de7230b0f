import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a receiver deals with what comes; see the kit of @engine/testing. */
type Answering = 'take' | 'busy' | 'refuse' | 'silent' | 'gone' | 'echo'

export interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Of the connection on the side of the sender. */
  readonly port: number | undefined
}

interface Wire {
  /** Whether it has the right secret; throws or says no for others. */
  isRight(exchange: Exchange): boolean | Promise<boolean>
  /** What tells it that it has this delivery already. */
  idOf(exchange: Exchange): string
  textOf?(exchange: Exchange): string
  /** Its answer to what it takes; 200 and nothing when left out. */
  take?(exchange: Exchange): { status: number; body?: string; headers?: Record<string, string> }
  /** What it counts as a delivery; all when left out. */
  isDelivery?(exchange: Exchange): boolean
}

const busySec = 7

/** A server of HTTP on this machine that speaks somebody's wire format. */
export async function openHttpReceiver(wire: Wire) {
  let how: Answering = 'take'
  let asked = 0
  const taken: Exchange[] = []
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const exchange = await read(request)
    asked += 1
    if (how === 'silent') return
    if (how === 'gone') return void response.destroy()
    if (how === 'busy') return void response.writeHead(429, { 'retry-after': String(busySec) }).end(repeated(exchange))
    if (how === 'refuse') return void response.writeHead(422).end('It is refused.')
    if (how === 'echo') return void response.writeHead(400).end(repeated(exchange))
    const isRight = await Promise.resolve(exchange)
      .then(wire.isRight)
      .catch(() => false)
    if (!isRight) return void response.writeHead(401).end(repeated(exchange))
    if (wire.isDelivery?.(exchange) ?? true) taken.push(exchange)
    const { status, body, headers } = wire.take?.(exchange) ?? { status: 200 }
    response.writeHead(status, headers).end(body)
  }
  const server = createServer(
    (request, response) => void handle(request, response).catch((error: unknown) => response.destroy(error as Error)),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    taken: taken as readonly Exchange[],
    answer: (next: Answering) => void (how = next),
    received: () => taken.map((exchange) => ({ id: wire.idOf(exchange), text: wire.textOf?.(exchange) ?? exchange.body.toString() })),
    asked: () => asked,
    busyForMs: busySec * 1_000,
    async dispose() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function read(request: IncomingMessage): Promise<Exchange> {
  const chunks: Buffer[] = []
  // Without an encoding, chunks are buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  return { method: request.method ?? '', path: request.url ?? '', headers, body: Buffer.concat(chunks), port: request.socket.remotePort }
}

/** All that was sent, as a receiver that means no good would write it into its answer. */
function repeated({ path, headers, body }: Exchange): string {
  return JSON.stringify({ path, headers, body: body.toString() })
}
