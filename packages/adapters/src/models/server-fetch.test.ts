// PROMISES S8: where the host says which servers of models there may be, no other one in its network is asked.
import type * as dns from 'node:dns/promises'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'

import { fakeAnthropic, fakeGemini, fakeOpenAi } from '@engine/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { anthropicAdapter } from '../anthropic/index.ts'
import { geminiAdapter } from '../gemini/index.ts'
import { openAiAdapter } from '../openai/index.ts'
import { runAdapter } from '../program/fixtures.ts'
import { modelServers } from './server-fetch.ts'

const models = {
  anthropic: [anthropicAdapter, fakeAnthropic],
  openai: [openAiAdapter, fakeOpenAi],
  gemini: [geminiAdapter, fakeGemini],
} as const

/** Where the name rebound.example leads, each time that somebody asks. */
const addresses: string[] = vi.hoisted(() => [])
vi.mock('node:dns/promises', async (original) => {
  const { lookup, ...others } = await original<typeof dns>()
  const rebound = async (...asked: Parameters<typeof lookup>) =>
    asked[0] === 'rebound.example' ? [{ address: addresses.shift(), family: 4 }] : lookup(...asked)
  return { ...others, lookup: rebound }
})

/** Something in the network of the server, which nobody has any business with. */
async function insider() {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  // A server that listens on a port has one.
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

describe.each(Object.entries(models))('the server of a model of %s', (_, [create, open]) => {
  test('is not asked in a network that the host does not allow, by a run or by a test of the configuration', async () => {
    const { port, connections } = await insider()
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254']) {
      const config = { model: 'a-model', apiKey: 'a-key', baseUrl: `https://${host}:${port}/v1` }
      const { outcome } = await runAdapter(create({ allow: [] }), config)
      expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('not public') })
      const adapter = create({ allow: [] })
      const report = await adapter.test?.({
        config: adapter.configSchema.parse(config) as never,
        env: {},
        signal: AbortSignal.timeout(5_000),
      })
      expect(report?.checks).toMatchObject([{ status: 'failed', message: expect.stringContaining('not public') }])
    }
    const plain = await runAdapter(create({ allow: [] }), { model: 'a-model', apiKey: 'a-key', baseUrl: 'http://models.example/v1' })
    expect(plain.outcome).toMatchObject({ class: 'config', message: expect.stringContaining('not encrypted') })
    expect(connections()).toBe(0)
  })

  test('is not asked when its name leads there by the time of the call, which is said as when it led there before', async () => {
    const { port, connections } = await insider()
    addresses.push('1.1.1.1', '127.0.0.1')
    const config = { model: 'a-model', apiKey: 'a-key', baseUrl: `https://rebound.example:${port}/v1` }
    const { outcome } = await runAdapter(create({ allow: [] }), config)
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringMatching(/^https:\/\/rebound.*not public/) })
    expect([addresses, connections()]).toEqual([[], 0])
  })

  test('is asked where the host allows it, and where it says nothing', async () => {
    const fake = await open({ answers: () => ({ text: 'Done.' }) })
    onTestFinished(() => fake.close())
    const config = { model: 'a-model', apiKey: 'a-key', baseUrl: fake.baseUrl, onText: 'done' }
    for (const options of [{ allow: ['127.0.0.1'] }, { allow: ['127.0.0.0/8'] }, { allow: 'any' }, {}] as const)
      expect((await runAdapter(create(options), config)).outcome).toMatchObject({ kind: 'done' })
    expect(fake.calls).toHaveLength(4)
  })
})

describe('a server that the host allows', () => {
  async function serve(listener: RequestListener): Promise<string> {
    const server = createHttpServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }

  const ask = (url: string, init?: RequestInit) => modelServers({ allow: ['127.0.0.1'] }).fetchOf(url)(url, init)

  test('is not asked any more when the call is given up, whatever was collected meanwhile', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const ended = Promise.withResolvers<void>()
    const url = await serve((_, response) => {
      response.on('close', ended.resolve)
      response.write('first')
    })
    const ending = new AbortController()
    const { body } = await ask(url, { signal: ending.signal })
    const reader = body?.getReader() ?? expect.unreachable()
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('first')
    // What is held by nobody goes with the turn in which it was made at the earliest.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    ending.abort()
    await expect(reader.read()).rejects.toThrow()
    await ended.promise
    await expect(ask(url, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('streams to as many as ask, and takes back its connections from answers without a body', async () => {
    const begun = new Set<object>()
    const url = await serve((request, response) => {
      if (request.url === '/empty') return void response.writeHead(204).end()
      begun.add(response)
      response.write('first')
    })
    const ending = new AbortController()
    const answers = await Promise.all(Array.from({ length: 80 }, () => ask(url, { signal: ending.signal })))
    expect([answers.length, begun.size]).toEqual([80, 80])
    ending.abort()
    const fetch = modelServers({ allow: ['127.0.0.1'] }).fetchOf(url)
    for (let call = 0; call < 5; call += 1) expect((await fetch(`${url}empty`)).status).toBe(204)
  })

  test('may pack its answers, but not answer by what is no status', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/odd') return void response.writeHead(777).end('x')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"ok":true}'))
    })
    expect(await (await ask(url)).json()).toEqual({ ok: true })
    await expect(ask(`${url}odd`)).rejects.toThrow('status 777')
    await expect(ask(url, { method: 'DELETE' })).rejects.toThrow('DELETE')
  })

  test('is nothing that the server of the provider itself needs, which is asked as fetch does', () => {
    const { fetchOf } = modelServers({ allow: [] })
    expect(fetchOf(undefined)).toBe(fetchOf(undefined))
    expect(fetchOf(undefined)).not.toBe(fetchOf('https://models.example'))
  })
})
