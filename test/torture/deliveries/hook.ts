// A receiver of webhooks that refuses, breaks off, dawdles and forgets to answer. It checks every signature.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { verify } from '@engine/deliveries/webhook'
import type { Random } from '@engine/testing'

import { wait } from '../support/company.ts'
import { createMoods, type Arrival, type Receiver } from './receiver.ts'

const bad = [
  'answers 500',
  'answers 429',
  'answers 429 with Retry-After',
  'breaks off before it keeps',
  'breaks off after it kept',
  'breaks off within its answer',
  'keeps and never answers',
  'dawdles',
] as const

interface HookOptions {
  readonly random: Random
  readonly secret: string
  /** Whether it answers some events with 400 until it relents. */
  readonly isStrict: boolean
}

export async function openHook({ random, secret, isStrict }: HookOptions): Promise<Receiver> {
  const arrived: Arrival[] = []
  const refused = new Set<string>()
  const problems: string[] = []
  const moods = createMoods(random, bad)
  let refuses = isStrict

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => null)
    if (body === null) return
    const deliveryId = readSigned(body, request, { secret, problems })
    if (deliveryId === null) return void response.writeHead(401).end()
    // Whoever signed it sends events.
    const { id: eventId } = JSON.parse(body) as { id: string }
    if (refuses && isUnwanted(eventId)) {
      refused.add(eventId)
      return void response.writeHead(400).end('never')
    }
    const mood = moods.next()
    if (mood === 'answers 500') return void response.writeHead(500).end('no')
    if (mood === 'answers 429') return void response.writeHead(429).end('later')
    if (mood === 'answers 429 with Retry-After') return void response.writeHead(429, { 'retry-after': '1' }).end('later')
    if (mood === 'breaks off before it keeps') return void request.socket.destroy()
    arrived.push({ deliveryId, eventIds: [eventId] })
    if (mood === 'keeps and never answers') return
    if (mood === 'breaks off after it kept') return void request.socket.destroy()
    if (mood === 'breaks off within its answer') {
      response.writeHead(200, { 'content-length': '100' }).write('half of ')
      return void setTimeout(() => request.socket.destroy(), 5)
    }
    if (mood === 'dawdles') await wait(50)
    response.writeHead(204).end()
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  return {
    port,
    arrived,
    refused,
    problems,
    moods: moods.counts,
    relent: () => void (refuses = false),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function readSigned(body: string, { headers }: IncomingMessage, given: { secret: string; problems: string[] }): string | null {
  try {
    return verify(body, { secrets: [given.secret], headers }).id
  } catch (error) {
    given.problems.push(`A request with a wrong signature came: ${String(error)}`)
    return null
  }
}

/** One of sixteen; the end of an id is random. */
function isUnwanted(eventId: string): boolean {
  return eventId.endsWith('0')
}
