import { generateKeyPairSync } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { until } from '@engine/testing'
import { afterEach, describe, expect, test } from 'vitest'

import type { JsonObject } from '@engine/core/plugin'

import { anyContext, runAdapter, type RunOptions } from '../program/fixtures.ts'
import { readDevice } from './device.ts'
import { serveGateway, type FakeGateway, type GatewayOptions, type Job } from './fixtures.ts'
import { openClawAdapter } from './index.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const token = 'gateway-token'
const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

async function serve(work: (job: Job) => unknown, options: GatewayOptions = {}): Promise<FakeGateway> {
  const gateway = await serveGateway(work, { token, ...options })
  closing.push(() => gateway.close())
  return gateway
}

function run(
  gateway: { readonly url: string },
  { config, allow, ...options }: RunOptions & { config?: JsonObject; allow?: string[] } = {},
) {
  return runAdapter(openClawAdapter({ allow: allow ?? ['127.0.0.1'] }), { url: gateway.url, token, ...config }, options)
}

const ends = (job: Job) => job.end('# 12 chairs', { input: 100, output: 20, cacheRead: 50, cacheWrite: 5, total: 175 })

describe('an agent of a gateway', () => {
  test('gets the task, is heard while it works, and its last message is handed in with what it used', async () => {
    const gateway = await serve((job) => {
      expect(job.message).toContain('Try it')
      expect(job.extraSystemPrompt).toContain('You are Ada')
      job.event('lifecycle', { phase: 'start', startedAt: 1 })
      job.event('assistant', { text: 'Counting', delta: 'Counting' })
      job.event('assistant', { text: 'Counting 🪑.', delta: ' 🪑.' })
      job.event('tool', { phase: 'start', name: 'count', toolCallId: 't', args: { room: 'hall' } })
      job.event('tool', { phase: 'result', name: 'count', toolCallId: 't', isError: false, result: { chairs: 12 } })
      job.event('lifecycle', { phase: 'end', endedAt: 2 })
      ends(job)
    })
    const { outcome, events, log } = await run(gateway)
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('stdout')).toBe('Counting 🪑.')
    expect(events.filter(({ type }) => type !== 'log')).toEqual([
      { type: 'session', state: { sessionKey: expect.stringMatching(/^engine:/) } },
      { type: 'tool_call', name: 'count', input: { room: 'hall' }, output: { chairs: 12 }, isError: false },
      {
        type: 'usage',
        usage: {
          provider: 'anthropic',
          model: 'claude-sonnet-5',
          inputTokens: 155,
          outputTokens: 20,
          cachedInputTokens: 50,
          cacheWriteTokens: 5,
        },
      },
      { type: 'deliverable', title: 'Try it', content: '# 12 chairs', contentType: 'text/markdown' },
    ])
    expect(gateway.methods()).toEqual(['connect', 'agent'])
  })

  test('goes on with its conversation in the next run, and is the one that the configuration names', async () => {
    const keys: (string | undefined)[][] = []
    const gateway = await serve((job) => {
      keys.push([job.agentId, job.sessionKey])
      ends(job)
    })
    const config = { agentId: 'counter', onResult: 'done' }
    const first = await run(gateway, { config })
    expect(first.outcome).toEqual({ kind: 'done', summary: '# 12 chairs' })
    const session = first.events.findLast((event) => event.type === 'session')?.state ?? null
    await run(gateway, { config, session, context: { ...anyContext, run: { ...anyContext.run, fence: 2 } } })
    const sessionKey = `agent:counter:engine:${first.runId}`
    expect(keys).toEqual([
      ['counter', sessionKey],
      ['counter', sessionKey],
    ])
  })

  test('of another run is not heard', async () => {
    const gateway = await serve((job) => {
      gateway.tell({ runId: 'other', seq: 1, stream: 'assistant', ts: 1, data: { text: 'theirs', delta: 'theirs' } })
      job.event('assistant', { text: 'mine', delta: 'mine' })
      ends(job)
    })
    const { log } = await run(gateway)
    expect(log('stdout')).toBe('mine')
  })

  test.each<[string, (job: Job) => void, object]>([
    [
      'refused for now',
      (job) => job.refuse({ code: 'UNAVAILABLE', message: 'busy', retryAfterMs: 700 }),
      { class: 'overloaded', retryAfterMs: 700 },
    ],
    ['refused', (job) => job.refuse({ code: 'INVALID_REQUEST', message: 'unknown agent' }), { class: 'bad_request' }],
    ['too slow for the gateway', (job) => job.refuse({ code: 'AGENT_TIMEOUT', message: 'too slow' }), { class: 'timeout' }],
    ['refused by a word of a later version', (job) => job.refuse({ code: 'TIRED', message: 'no' }), { class: 'unknown' }],
    [
      'stopped over there',
      (job) => job.finish({ status: 'ok', result: { payloads: [], meta: { aborted: true } } }),
      { class: 'transient' },
    ],
    [
      'too long for its model',
      (job) => job.finish({ status: 'ok', result: { meta: { error: { kind: 'context_overflow', message: 'too long' } } } }),
      { class: 'bad_request', message: expect.stringContaining('context_overflow') },
    ],
    ['ended by the time limit of the gateway', (job) => job.finish({ status: 'timeout' }), { class: 'timeout' }],
    ['without words', (job) => job.end(' '), { class: 'bad_request' }],
    ['answered with what is none', (job) => job.finish({ status: 7 }), { class: 'bad_request' }],
  ])('that is %s fails the run', async (_what, work, failure) => {
    const gateway = await serve(work)
    expect((await run(gateway)).outcome).toMatchObject({ kind: 'failed', ...failure })
  })

  test('is stopped when nobody waits any more', async () => {
    const gateway = await serve((job) => job.event('assistant', { text: 'Hm.', delta: 'Hm.' }))
    const stop = new AbortController()
    const running = run(gateway, { signal: stop.signal })
    await until(
      () => gateway.open.size,
      (size) => size === 1,
    )
    stop.abort('cancelled')
    expect((await running).outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: cancelled' })
    expect(gateway.methods()).toEqual(['connect', 'agent', 'sessions.abort'])
    expect(gateway.open.size).toBe(0)
    expect((await run(gateway, { config: { timeoutSec: 1 } })).outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
  })
})

describe('a connection that is lost', () => {
  test('while the agent works is made again, and the work is found and not begun twice', async () => {
    const heard = Promise.withResolvers<void>()
    const gateway = await serve(async (job) => {
      job.event('assistant', { text: 'Here. ', delta: 'Here. ' })
      await heard.promise
      gateway.cut()
      await until(
        () => gateway.methods(),
        (methods) => methods.includes('agent.wait'),
      )
      job.event('assistant', { text: 'Still here.', delta: 'Still here.' })
      ends(job)
    })
    const { outcome, events, log } = await run(gateway, { onEvent: ({ type }) => type === 'log' && heard.resolve() })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(events).toContainEqual(expect.objectContaining({ type: 'deliverable', content: '# 12 chairs' }))
    expect(log('stdout')).toBe('Here. Still here.')
    expect(log('system')).toContain('Connecting again')
    expect(log('system')).toContain('What this run used is not known')
    expect(gateway.begun).toBe(1)
    expect(gateway.methods().filter((method) => method === 'agent')).toHaveLength(1)
  })

  test('before the gateway said that it had the task asks the same again, which begins nothing twice', async () => {
    let cuts = 1
    const gateway = await serve(
      async (job) => {
        await new Promise((resolve) => setTimeout(resolve, 100))
        ends(job)
      },
      {
        odd: (method, _id, socket) => {
          if (method !== 'agent' || cuts === 0) return false
          cuts -= 1
          setTimeout(() => socket.terminate(), 0)
          return true
        },
      },
    )
    expect((await run(gateway)).outcome).toEqual({ kind: 'needs_review' })
    expect(gateway.begun).toBe(1)
  })

  test('because the gateway was started again fails the run, since its work is gone', async () => {
    const heard = Promise.withResolvers<void>()
    const gateway = await serve(async (job) => {
      job.event('assistant', { text: 'Here.', delta: 'Here.' })
      await heard.promise
      gateway.restart()
    })
    const { outcome } = await run(gateway, { onEvent: ({ type }) => type === 'log' && heard.resolve() })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'transient', message: expect.stringContaining('started again') })
    expect(gateway.begun).toBe(1)
  })

  test('to a gateway that has just come up is made again over a slow line, and its work is not taken for lost', async () => {
    const delays = [0]
    const heard = Promise.withResolvers<void>()
    const gateway = await serve(
      async (job) => {
        job.event('assistant', { text: 'Here.', delta: 'Here.' })
        await heard.promise
        gateway.cut()
        await until(
          () => gateway.methods(),
          (methods) => methods.includes('agent.wait'),
        )
        ends(job)
      },
      { helloDelayMs: () => delays.shift() ?? 500 },
    )
    const { outcome } = await run(gateway, { onEvent: ({ type }) => type === 'log' && heard.resolve() })
    expect(outcome).toEqual({ kind: 'needs_review' })
  })

  test('is not taken to be so while this process is too busy to listen', async () => {
    const gateway = await serve(
      (job) => {
        job.event('assistant', { text: 'Here.', delta: 'Here.' })
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
        setTimeout(() => ends(job), 0)
      },
      { tickIntervalMs: () => 100 },
    )
    const { outcome, log } = await run(gateway)
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('system')).toBe('')
    expect(gateway.methods()).toEqual(['connect', 'agent'])
  })

  test('is noticed when the gateway says nothing any more', async () => {
    const ticks = [50]
    const gateway = await serve(
      async (job) => {
        await until(
          () => gateway.methods(),
          (methods) => methods.includes('agent.wait'),
        )
        ends(job)
      },
      { tickIntervalMs: () => ticks.shift() ?? 15_000 },
    )
    const { outcome, log } = await run(gateway)
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('system')).toContain('said nothing')
  })
})

describe('a device', () => {
  test('is let in by the proof of its key, which the nonce of the gateway goes into', async () => {
    const { id } = readDevice(key)
    const gateway = await serve(ends, { devices: [id] })
    expect((await run(gateway, { config: { deviceKey: key } })).outcome).toEqual({ kind: 'needs_review' })
  })

  test('that the gateway does not know is named, with what lets it in', async () => {
    const gateway = await serve(ends, { devices: [] })
    const { outcome } = await run(gateway, { config: { deviceKey: key } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'auth', message: expect.stringContaining(readDevice(key).id) })
    expect((await run(gateway)).outcome).toMatchObject({ class: 'auth', message: expect.stringContaining('set deviceKey') })
    expect(gateway.begun).toBe(0)
  })

  test('whose key is none is refused before anybody is asked', async () => {
    const gateway = await serve(ends)
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const deviceKey of ['no key', rsa])
      expect((await run(gateway, { config: { deviceKey } })).outcome).toMatchObject({ kind: 'failed', class: 'config' })
    expect(gateway.requests).toEqual([])
  })
})

describe('a gateway', () => {
  test('in a private network is refused unless the host allows it, by name as well', async () => {
    const gateway = await serve(ends)
    expect((await run(gateway, { allow: [] })).outcome).toMatchObject({ kind: 'failed', class: 'config' })
    const adapter = openClawAdapter({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    const { port } = new URL(gateway.url)
    const { outcome } = await runAdapter(adapter, { url: `wss://gateway.example:${port}`, token })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('not public') })
    expect(gateway.requests).toEqual([])
  })

  test('is connected to at the address that was checked, wherever its name leads a moment later', async () => {
    const gateway = await serve(ends)
    const answers = ['127.0.0.1', '127.0.0.1', '192.0.2.1']
    const resolve = async () => [{ address: answers.shift() ?? '192.0.2.1', family: 4 }]
    const adapter = openClawAdapter({ allow: ['gateway.example'], resolve })
    const { port } = new URL(gateway.url)
    const { outcome } = await runAdapter(adapter, { url: `ws://gateway.example:${port}`, token })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(answers).toEqual(['192.0.2.1'])
  })

  test('with another token lets nobody in, which a test of the configuration says as well', async () => {
    const gateway = await serve(ends)
    expect((await run(gateway, { config: { token: 'old' } })).outcome).toMatchObject({ class: 'auth' })
    const adapter = openClawAdapter({ allow: ['127.0.0.1'] })
    const trial = async (given: string) => {
      const config = adapter.configSchema.parse({ url: gateway.url, token: given })
      return (await adapter.test?.({ config, env: {}, signal: new AbortController().signal }))?.checks
    }
    expect(await trial('old')).toEqual([{ name: 'gateway', status: 'failed', message: expect.stringContaining('AUTH_TOKEN_MISMATCH') }])
    expect(await trial(token)).toEqual([{ name: 'gateway', status: 'passed', message: expect.stringContaining('2026.9.6') }])
    expect(gateway.begun).toBe(0)
  })

  test('of a later version of the protocol is refused', async () => {
    expect((await run(await serve(ends, { protocol: 5 }))).outcome).toMatchObject({ kind: 'failed', class: 'bad_request' })
    expect((await run(await serve(ends, { protocol: 3 }))).outcome).toMatchObject({ kind: 'failed', class: 'config' })
  })

  test.each<[string, GatewayOptions, object]>([
    ['never asks who is there', { nonce: null }, { class: 'timeout' }],
    ['asks with an empty nonce', { nonce: '' }, { class: 'bad_request' }],
    ['checks another nonce than it sent', { odd: lie }, { class: 'auth' }],
    ['never answers', { odd: () => true }, { class: 'timeout' }],
    ['sends no JSON', { odd: (_method, _id, socket) => says(socket, 'Hello there {"what": ') }, { class: 'bad_request' }],
    ['sends a frame of another kind', { odd: (_method, _id, socket) => says(socket, '{"type": "dance"}') }, { class: 'bad_request' }],
    ['sends bytes', { odd: (_method, _id, socket) => says(socket, Buffer.from([1, 2])) }, { class: 'bad_request' }],
    ['sends more than anybody reads', { odd: (_method, _id, socket) => says(socket, 'x'.repeat(9 * 1_048_576)) }, { class: 'bad_request' }],
    [
      'answers with half a greeting',
      { odd: (_m, id, socket) => says(socket, `{"type":"res","id":"${id}","ok":true}`) },
      { class: 'bad_request' },
    ],
    ['goes away', { odd: (_method, _id, socket) => socket.close(1_012, 'restart') === undefined }, { class: 'overloaded' }],
  ])('that %s ends the run', async (_what, options, failure) => {
    const gateway = await serve(ends, options)
    const { outcome } = await run(gateway, { config: { requestTimeoutSec: 1, deviceKey: key } })
    expect(outcome).toMatchObject({ kind: 'failed', ...failure })
    expect(gateway.begun).toBe(0)
  })

  test.each<[string, RequestListener, object]>([
    ['401', (_, response) => response.writeHead(401).end(), { class: 'auth' }],
    ['429', (_, response) => response.writeHead(429, { 'retry-after': '7' }).end(), { class: 'rate_limited', retryAfterMs: 7_000 }],
    ['a page', (_, response) => response.end('<html>'), { class: 'config' }],
    ['a redirect', (_, response) => response.writeHead(302, { location: 'wss://elsewhere.example/' }).end(), { class: 'config' }],
  ])('that answers with %s instead of a WebSocket ends the run', async (_what, listener, failure) => {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    // A server that listens on a port has one.
    const { port } = server.address() as AddressInfo
    expect((await run({ url: `ws://127.0.0.1:${port}` })).outcome).toMatchObject({ kind: 'failed', ...failure })
  })

  test('that is not there is overloaded, and is not asked again and again by one run', async () => {
    expect((await run({ url: 'ws://127.0.0.1:1' })).outcome).toMatchObject({ kind: 'failed', class: 'overloaded' })
  })

  test('without encryption needs to be allowed, even where it is public', async () => {
    const { outcome } = await run({ url: 'ws://192.0.2.1' }, { allow: [] })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config' })
  })
})

function says(socket: { send(data: string | Buffer): void }, data: string | Buffer): true {
  socket.send(data)
  return true
}

/** Refuses the proof as a gateway does that expects another one. */
function lie(_method: string, id: string, socket: { send(data: string): void }): true {
  const error = { code: 'INVALID_REQUEST', message: 'device nonce mismatch', details: { code: 'DEVICE_AUTH_NONCE_MISMATCH' } }
  return says(socket, JSON.stringify({ type: 'res', id, ok: false, error }))
}
