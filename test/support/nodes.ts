import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { onTestFinished } from 'vitest'

import type { AskServer, Engine } from '@engine/core'
import { expressHandler } from '@engine/http'

import { overNetwork, type Call } from '../http-fixtures.ts'

export interface NodeServer {
  readonly url: string
  readonly call: Call
  readonly ask: AskServer
}

/** An engine behind HTTP as a host serves it to other machines: whoever brings no key is nobody. */
export async function serveToNodes(engine: Engine): Promise<NodeServer> {
  const handler = expressHandler({ engine })
  // The handler takes what Express gives, which is what node gives.
  const server = createServer((request, response) =>
    handler(request as Parameters<typeof handler>[0], response as Parameters<typeof handler>[1], () => response.end()),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  // A server that listens on an IP address has an AddressInfo.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const call = overNetwork(url)
  const ask: AskServer = async ({ method, path, body, credential }) =>
    call(method, path, { ...(body && { body }), ...(credential !== null && { credential }) })
  return { url, call, ask }
}

export const describedNode = { name: 'far', host: 'far', pid: 1, engineVersion: '1.0.0', adapters: ['scripted'], capacity: 4 }

/** A node that only a test plays. @returns what it comes with */
export async function registerNode({ engine, call }: { engine: Engine; call: Call }, described: object = {}) {
  const { key, id: nodeKeyId } = await engine.nodes.createKey({ name: 'North' })
  const answer = await call('POST', '/api/nodes/register', { body: { ...describedNode, ...described, key } })
  return { key, nodeKeyId, workerId: answer.at('workerId'), credential: answer.at('credential') }
}
