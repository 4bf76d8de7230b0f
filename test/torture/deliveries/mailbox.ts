// A mail server that is busy, breaks off and dawdles. Its mails are read by a library that is not ours.
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'

import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

import type { Random } from '@engine/testing'

import { wait } from '../support/company.ts'
import { createMoods, type Arrival, type Receiver } from './receiver.ts'

const bad = ['is busy', 'breaks off before it keeps', 'breaks off after it kept', 'dawdles'] as const
const ids = /\b[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}\b/g

/** Of mails whose text is the ids of the events that they tell of. */
export async function openMailbox(random: Random): Promise<Receiver> {
  const arrived: Arrival[] = []
  const moods = createMoods(random, bad)
  const sockets = new Map<number, Socket>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    onData: (stream, session, next) => void take(stream, sockets.get(session.remotePort)).then(next, next),
  })

  async function take(stream: AsyncIterable<Buffer>, socket: Socket | undefined): Promise<Error | null> {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const mood = moods.next()
    if (mood === 'is busy') return Object.assign(new Error('come back later'), { responseCode: 451 })
    if (mood === 'breaks off before it keeps') {
      socket?.destroy()
      return null
    }
    const { text = '', headers } = await PostalMime.parse(Buffer.concat(chunks))
    const deliveryId = headers.find(({ key }) => key === 'x-engine-delivery')?.value ?? ''
    arrived.push({ deliveryId, eventIds: text.match(ids) ?? [] })
    if (mood === 'breaks off after it kept') socket?.destroy()
    if (mood === 'dawdles') await wait(50)
    return null
  }

  // Clients that break off, and those that we break off, are no error of the server.
  server.on('error', () => undefined)
  server.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0
    sockets.set(port, socket)
    socket.once('close', () => sockets.delete(port))
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  // A server that listens on a port has one.
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    arrived,
    refused: new Set(),
    problems: [],
    moods: moods.counts,
    relent: () => undefined,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.values()) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
