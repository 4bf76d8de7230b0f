import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** What the chat does with a message. */
export type Mood = 'take' | 'busy' | 'refuse' | 'silent' | 'gone' | 'echo'

interface Message {
  readonly id: string
  readonly text: string
}

/** A chat on this machine, with one token that it takes. */
export async function openChat(token: string) {
  const messages: Message[] = []
  let mood: Mood = 'take'
  let asked = 0
  const answer: Record<Mood, (response: ServerResponse) => unknown> = {
    take: (response) => response.end('{}'),
    busy: (response) => response.writeHead(429, { 'retry-after': '3' }).end(),
    refuse: (response) => response.writeHead(422).end(),
    silent: () => undefined,
    gone: (response) => response.destroy(),
    echo: (response) => response.writeHead(422).end(token),
  }
  async function take(request: IncomingMessage, response: ServerResponse) {
    const { text } = Object(await json(request))
    asked += 1
    const id = String(request.headers['idempotency-key'])
    if (mood === 'take' && messages.every((message) => message.id !== id)) messages.push({ id, text })
    answer[mood](response)
  }
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end()
    else if (request.method === 'GET') response.end('{}')
    else void take(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on an IP address has an AddressInfo.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    messages,
    asked: () => asked,
    answer: (next: Mood) => void (mood = next),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
