import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'

import { findBuild } from '../lib/build.ts'

/** How many ask at once. */
export const callers = 8

/** A server of the bench, in a process of its own. */
export interface Server {
  readonly name: string
  readonly child: ChildProcess
  readonly port: number
  readonly agent: Agent
}

/** @param given the probe, and what it opens */
export async function startProbe(name: string, given: { probe: string; database: string }): Promise<Server> {
  const { nodeArguments } = findBuild()
  const child = fork(join(import.meta.dirname, '../probes', `${given.probe}.mjs`), [given.database], {
    execArgv: [...nodeArguments],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  if (!child.stdout) throw new Error(`${name} has no output`)
  const [line] = await once(child.stdout, 'data')
  return { name, child, port: Number(String(line)), agent: new Agent({ keepAlive: true, maxSockets: callers }) }
}

export async function stop({ child, agent }: Server): Promise<void> {
  agent.destroy()
  const ended = once(child, 'exit')
  child.disconnect()
  await ended
}

/** What is asked for, of any server: the same path and the same body. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: object
}

/** Resolves when the whole answer was read. @throws for one that is no success */
export function send(server: Server, asked: Asked): Promise<void> {
  const { port, agent } = server
  const { method, path, body } = asked
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
      const { statusCode = 0 } = response
      if (statusCode >= 400) reject(new Error(`${method} ${path} was answered ${statusCode}`))
      response.resume().on('end', resolve).on('error', reject)
    })
    sent.on('error', (error) => {
      // A connection that waited for its turn too long, which the server let go at the same moment: it saw nothing of this.
      if (sent.reusedSocket && Object(error).code === 'ECONNRESET') resolve(send(server, asked))
      else reject(error)
    })
    sent.end(text)
  })
}
