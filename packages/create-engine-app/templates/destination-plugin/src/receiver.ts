import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import type { Answering, Received, Receiver } from '@engine/testing/destinations'

export const token = 'canary-8c1f0e'

const answers: Record<Answering, (response: ServerResponse, said: string) => void> = {
  take: (response) => response.end('taken'),
  busy: (response) => response.writeHead(503).end(),
  refuse: (response) => response.writeHead(400).end('no'),
  silent: () => undefined,
  gone: (response) => response.destroy(),
  echo: (response, said) => response.writeHead(400).end(said),
}

/** The other side, on this machine: it takes what comes with its token, and answers as it is told to. */
export async function openReceiver(): Promise<Receiver> {
  let how: Answering = 'take'
  let asked = 0
  const received: Received[] = []
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    asked += 1
    const [body, { authorization = '' }] = [await text(request), request.headers]
    if (authorization !== `Bearer ${token}`) return void response.writeHead(401).end()
    if (how === 'take') received.push({ id: String(request.headers['x-delivery-id']), text: body })
    answers[how](response, `${authorization} ${body}`)
  }
  const server = createServer((request, response) => void take(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    config: { url, token },
    wrongConfig: { url, token: 'wrong' },
    answer: (next) => void (how = next),
    received: () => received,
    asked: () => asked,
    async dispose() {
      server.closeAllConnections()
      server.close()
    },
  }
}
