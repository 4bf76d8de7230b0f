import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createFakeClock } from './clock.ts'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'

interface Peer {
  readonly socket: Socket
  /** All that came in so far. */
  readonly received: () => string
  /** How the connection ended for this side. */
  ended: 'open' | 'end' | 'reset'
}

function watch(socket: Socket): Peer {
  let text = ''
  const peer: Peer = { socket, received: () => text, ended: 'open' }
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.on('end', () => (peer.ended = 'end'))
  socket.on('error', () => (peer.ended = 'reset'))
  onTestFinished(() => void socket.destroy())
  return peer
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** A server behind a proxy; `serve` is what it does with each connection. */
async function world(serve: (peer: Peer) => void = () => undefined, options: Parameters<typeof createFaultProxy>[1] = {}) {
  const arrived: Peer[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = watch(socket)
    arrived.push(peer)
    serve(peer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server that listens has an address, and it is no path.
  const { port } = server.address() as AddressInfo
  const proxy = await createFaultProxy(`127.0.0.1:${port}`, options)
  onTestFinished(async () => {
    await proxy.close()
    server.close()
  })
  return { proxy, arrived }
}

async function connect(proxy: FaultProxy): Promise<Peer> {
  const peer = watch(createConnection({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }))
  await once(peer.socket, 'connect')
  return peer
}

const echo = ({ socket }: Peer) => void socket.on('data', (chunk: Buffer) => socket.write(chunk)).on('end', () => socket.end())

/** Asks and waits for the same back. */
async function ask(client: Peer, text: string): Promise<void> {
  const wanted = client.received() + text
  client.socket.write(text)
  await until(() => client.received() === wanted)
}

/** A client that has had an answer, so that both halves of its connection stand. */
async function connected(proxy: FaultProxy): Promise<Peer> {
  const client = await connect(proxy)
  await ask(client, 'hello ')
  return client
}

describe('a healthy proxy', () => {
  it('carries both directions and their ends, one after the other', async () => {
    const { proxy, arrived } = await world()
    const client = await connect(proxy)
    client.socket.end('question')
    await until(() => arrived[0]?.ended === 'end')
    expect(arrived[0]?.received()).toBe('question')
    arrived[0]?.socket.end('answer')
    await until(() => client.ended === 'end')
    expect(client.received()).toBe('answer')
    await until(() => proxy.connections === 0)
  })

  it('carries much, and as slowly as it is taken', async () => {
    const { proxy, arrived } = await world(({ socket }) => void socket.pause())
    const client = await connect(proxy)
    const much = 'x'.repeat(8_000_000)
    client.socket.end(much)
    await until(() => arrived.length === 1)
    expect(client.socket.writableLength).toBeGreaterThan(0)
    arrived[0]?.socket.resume()
    await until(() => arrived[0]?.ended === 'end')
    expect(arrived[0]?.received().length).toBe(much.length)
  })

  it('leads the way by its URL and refuses a target that is none', async () => {
    const { proxy } = await world()
    expect(proxy.urlFor('postgres://me:secret@db.example:5432/engine?sslmode=disable')).toBe(
      `postgres://me:secret@127.0.0.1:${proxy.port}/engine?sslmode=disable`,
    )
    expect(proxy.urlFor('http://localhost/api')).toBe(`http://127.0.0.1:${proxy.port}/api`)
    await expect(createFaultProxy('localhost')).rejects.toThrow('localhost is not')
  })

  it('passes on the reset of either side, and a refused connection as one', async () => {
    const { proxy, arrived } = await world(echo)
    const client = await connected(proxy)
    client.socket.resetAndDestroy()
    await until(() => arrived[0]?.ended === 'reset')
    const next = await connected(proxy)
    arrived[1]?.socket.resetAndDestroy()
    await until(() => next.ended === 'reset')
    const nowhere = await createFaultProxy('127.0.0.1:1')
    onTestFinished(() => nowhere.close())
    const refused = await connect(nowhere)
    await until(() => refused.ended === 'reset')
  })

  it('ends its connections when it closes', async () => {
    const { proxy } = await world(echo)
    const client = await connected(proxy)
    await proxy.close()
    await until(() => client.ended !== 'open')
    expect(proxy.connections).toBe(0)
  })
})

describe('a fault', () => {
  it('cut: resets every connection, and lets new ones through', async () => {
    const { proxy, arrived } = await world(echo)
    const clients = [await connected(proxy), await connected(proxy)]
    expect(proxy.connections).toBe(2)
    proxy.cut()
    await until(() => [...clients, ...arrived].every((peer) => peer.ended === 'reset'))
    expect(proxy.connections).toBe(0)
    await connected(proxy)
  })

  it('half-open: loses all of the present connections, their ends too, and nothing of new ones', async () => {
    const { proxy, arrived } = await world(echo)
    const [client, quitter] = [await connected(proxy), await connected(proxy)]
    proxy.halfOpen()
    client.socket.write('lost')
    arrived[0]?.socket.write('lost too')
    quitter.socket.resetAndDestroy()
    await until(() => proxy.connections === 1)
    // Round trips of others, in which what was not lost would have arrived.
    await connected(proxy)
    await connected(proxy)
    expect([client.received(), client.ended]).toEqual(['hello ', 'open'])
    expect(arrived.slice(0, 2).map((peer) => [peer.received(), peer.ended])).toEqual([
      ['hello ', 'open'],
      ['hello ', 'open'],
    ])
    proxy.heal()
    client.socket.write('still lost')
    await connected(proxy)
    expect(arrived[0]?.received()).toBe('hello ')
  })

  it('blackhole: holds all back until it heals, and new connections hang for good', async () => {
    const { proxy, arrived } = await world(echo)
    const client = await connected(proxy)
    const held: string[] = []
    proxy.blackhole()
    proxy.onData((_direction, chunk) => {
      held.push(chunk.toString())
      return 'forward'
    })
    client.socket.write('later')
    const hanging = await connect(proxy)
    hanging.socket.write('never')
    await until(() => hanging.socket.writableLength === 0)
    expect([held, arrived.length, proxy.connections]).toEqual([[], 1, 2])
    proxy.heal()
    await until(() => client.received() === 'hello later')
    await connected(proxy)
    expect([hanging.received(), hanging.ended, arrived.length]).toEqual(['', 'open', 2])
    hanging.socket.end()
    await until(() => proxy.connections === 2)
  })

  it('blackhole: tells of an end only when it heals', async () => {
    const { proxy, arrived } = await world(echo)
    const client = await connected(proxy)
    proxy.blackhole()
    client.socket.resetAndDestroy()
    await until(() => proxy.connections === 0)
    expect(arrived[0]?.ended).toBe('open')
    proxy.heal()
    await until(() => arrived[0]?.ended === 'reset')
  })

  it('delay: holds each chunk back for its time', async () => {
    const clock = createFakeClock()
    const { proxy, arrived } = await world(undefined, { clock })
    const client = await connect(proxy)
    proxy.delay(1_000)
    client.socket.write('slow')
    await until(() => clock.sleeping === 1)
    await clock.advance(999)
    expect(arrived[0]?.received()).toBe('')
    await clock.advance(1)
    await until(() => arrived[0]?.received() === 'slow')
    proxy.heal()
    client.socket.write(' quick')
    await until(() => arrived[0]?.received() === 'slow quick')
  })

  it('throttle: carries so many bytes a second', async () => {
    const clock = createFakeClock()
    const { proxy, arrived } = await world(undefined, { clock })
    const client = await connect(proxy)
    proxy.throttle(100)
    client.socket.write('x'.repeat(100))
    await until(() => clock.sleeping === 1)
    const lengths: number[] = []
    for (let tenth = 1; tenth <= 10; tenth += 1) {
      await until(() => (arrived[0]?.received().length ?? 0) === Math.min(100, tenth * 10 - 5))
      lengths.push(arrived[0]?.received().length ?? 0)
      await clock.advance(100)
    }
    expect(lengths).toEqual([5, 15, 25, 35, 45, 55, 65, 75, 85, 95])
    await until(() => arrived[0]?.received().length === 100)
  })

  it('reset after: carries so many bytes of one direction, then strikes once', async () => {
    const { proxy, arrived } = await world(echo)
    const client = await connected(proxy)
    proxy.resetAfter(7, 'toClient')
    client.socket.write('0123')
    await until(() => client.received() === 'hello 0123')
    client.socket.write('456789')
    await until(() => client.ended === 'reset')
    expect(client.received()).toBe('hello 0123456')
    expect(arrived[0]?.received()).toBe('hello 0123456789')
    const next = await connected(proxy)
    proxy.resetAfter(0, 'toServer')
    next.socket.write('nothing of it')
    await until(() => next.ended === 'reset')
    expect(arrived[1]?.received()).toBe('hello ')
    await ask(await connected(proxy), 'much more than so few bytes')
  })
})

describe('a hook', () => {
  /** A server that answers as a database does, and remembers what it committed. */
  async function database() {
    const committed: string[] = []
    const { proxy } = await world((peer) => {
      peer.socket.on('data', (chunk: Buffer) => {
        if (chunk.toString() === 'COMMIT') committed.push('committed')
        peer.socket.write(`${chunk.toString()} done;`)
      })
    })
    return { proxy, committed }
  }

  it('can cut when a commit goes by, before it arrives', async () => {
    const { proxy, committed } = await database()
    const client = await connect(proxy)
    proxy.onData((direction, chunk) => (direction === 'toServer' && chunk.includes('COMMIT') ? 'reset' : 'forward'))
    client.socket.write('COMMIT')
    await until(() => client.ended === 'reset')
    proxy.onData(null)
    const next = await connect(proxy)
    next.socket.write('SELECT')
    await until(() => next.received() === 'SELECT done;')
    expect(committed).toEqual([])
  })

  it('can cut after a commit arrived, before its answer comes back', async () => {
    const { proxy, committed } = await database()
    const [client, other] = [await connect(proxy), await connect(proxy)]
    let committing = 0
    proxy.onData((direction, chunk, connection) => {
      if (direction === 'toServer' && chunk.includes('COMMIT')) committing = connection
      return direction === 'toClient' && connection === committing ? 'reset' : 'forward'
    })
    client.socket.write('COMMIT')
    await until(() => client.ended === 'reset')
    other.socket.write('SELECT')
    await until(() => other.received() === 'SELECT done;')
    expect([client.received(), committed]).toEqual(['', ['committed']])
  })

  it('can lose a single message', async () => {
    const { proxy } = await database()
    const client = await connect(proxy)
    proxy.onData((_direction, chunk) => (chunk.includes('NOTIFY') ? 'drop' : 'forward'))
    client.socket.write('NOTIFY')
    const other = await connect(proxy)
    other.socket.write('SELECT')
    await until(() => other.received() === 'SELECT done;')
    client.socket.write('SELECT')
    await until(() => client.received().endsWith('SELECT done;'))
    expect(client.received()).not.toContain('NOTIFY done')
  })

  it('that throws resets the connection', async () => {
    const { proxy } = await world(echo)
    const client = await connected(proxy)
    proxy.onData(() => {
      throw new Error('a defect of the hook')
    })
    client.socket.write('anything')
    await until(() => client.ended === 'reset')
  })
})
