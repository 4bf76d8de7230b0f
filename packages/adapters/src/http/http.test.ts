import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createRedactor, silentLogger, type AdapterEvent, type JsonObject, type RunCallbacks } from '@engine/core/plugin'
import { afterEach, describe, expect, test } from 'vitest'

import { anyContext, anyMeter } from '../program/fixtures.ts'
import { httpAdapter } from './index.ts'
import { fillTemplate, MissingValue } from './template.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Reply = (received: Received, response: ServerResponse) => void

/** A remote agent; `reply` gets each request whole. */
async function serve(reply: Reply) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const whole = { method, url, headers, body: Buffer.concat(chunks).toString() }
      received.push(whole)
      reply(whole, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on a port has one.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/run`, received }
}

interface Json {
  readonly status?: number
  readonly headers?: Record<string, string>
}

function json(response: ServerResponse, body: unknown, { status = 200, headers }: Json = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

interface Options {
  readonly config?: object
  readonly session?: JsonObject
  readonly signal?: AbortSignal
  readonly allow?: readonly string[]
  readonly emit?: (event: AdapterEvent) => Promise<void>
  /** What is called back, in this order; nothing more comes then. */
  readonly callbacks?: readonly object[]
}

function callbacksOf(bodies: readonly object[]): RunCallbacks {
  const left = bodies.map((body) => JSON.stringify(body))
  return {
    async next(signal) {
      const body = left.shift()
      if (body !== undefined) return body
      await once(signal, 'abort')
      throw new Error('nothing was called back')
    },
  }
}

async function run(url: string, options: Options = {}) {
  const adapter = httpAdapter({ allow: options.allow ?? ['127.0.0.1'] })
  const config = adapter.configSchema.parse({ url, ...options.config })
  const events: AdapterEvent[] = []
  const session = await adapter.start({ config, runId: 'run-1', env: {}, redactor: createRedactor([]), logger: silentLogger, cap: null })
  const outcome = await session.run({
    context: anyContext,
    session: options.session ?? null,
    tools: [],
    meter: anyMeter,
    signal: options.signal ?? new AbortController().signal,
    ...(options.callbacks && { callbacks: callbacksOf(options.callbacks) }),
    async emit(event) {
      await options.emit?.(event)
      events.push(event)
    },
  })
  return { outcome, events }
}

describe('an agent behind a URL', () => {
  test('gets the context of the run, and its answer is what it made', async () => {
    const { url, received } = await serve((_, response) =>
      json(response, {
        log: 'thinking\n',
        usage: { inputTokens: 5, provider: 'mine', billingType: 'credits', cumulative: true },
        progress: { percent: 90 },
        session: { thread: 'b' },
        comment: 'Nearly.',
        deliverable: { title: 'Report', content: '# Report', contentType: 'text/markdown' },
      }),
    )
    const { outcome, events } = await run(url, { config: { headers: { Authorization: 'Bearer k' } }, session: { thread: 'a' } })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(events.map((event) => event.type)).toEqual(['log', 'usage', 'progress', 'session', 'comment', 'deliverable'])
    expect(received).toHaveLength(1)
    expect(received[0]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer k', 'idempotency-key': 'run-1', 'content-type': 'application/json' },
    })
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ ...anyContext, session: { thread: 'a' } })
  })

  test('says how it ended, or is done when it says nothing', async () => {
    const outcomes = [{ kind: 'blocked', reason: 'no access' }, undefined]
    const { url } = await serve((_, response) => {
      const outcome = outcomes.shift()
      if (outcome) json(response, { outcome })
      else response.writeHead(204).end()
    })
    expect((await run(url)).outcome).toEqual({ kind: 'blocked', reason: 'no access' })
    expect((await run(url)).outcome).toEqual({ kind: 'done' })
  })

  test('gets what a template makes of the context', async () => {
    const { url, received } = await serve((_, response) => response.writeHead(204).end())
    const payload = {
      prompt: 'Do {{ task.title }} ({{task.identifier}})',
      criteria: '{{task.acceptanceCriteria}}',
      n: 1,
      deep: [{ x: '{{run.attempt}}' }],
    }
    await run(url, { config: { payload } })
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ prompt: 'Do Try it (ENG-1)', criteria: [], n: 1, deep: [{ x: 1 }] })
  })

  test('is not asked when the template leads to nothing', async () => {
    const { url, received } = await serve((_, response) => response.writeHead(204).end())
    const { outcome } = await run(url, { config: { payload: { x: '{{task.nothing}}' } } })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('{{task.nothing}}') })
    expect(received).toEqual([])
  })

  test.each([
    [400, 'bad_request'],
    [401, 'auth'],
    [402, 'quota'],
    [403, 'auth'],
    [404, 'config'],
    [408, 'timeout'],
    [422, 'bad_request'],
    [429, 'rate_limited'],
    [500, 'transient'],
    [502, 'overloaded'],
    [503, 'overloaded'],
    [504, 'timeout'],
    [529, 'overloaded'],
    [302, 'config'],
  ])('that answers %i failed: %s', async (status, expected) => {
    const { url, received } = await serve((_, response) =>
      response.writeHead(status, { location: '/elsewhere', 'retry-after': '7' }).end('x'),
    )
    const { outcome } = await run(url, { config: { headers: { 'x-key': 'S3CRET' } } })
    expect(outcome).toMatchObject({ kind: 'failed', class: expected })
    expect('isProviderFault' in outcome).toBe(status >= 500)
    if (status !== 302) expect(outcome).toMatchObject({ retryAfterMs: 7_000 })
    expect(JSON.stringify(outcome)).not.toContain('S3CRET')
    expect(received).toHaveLength(1)
  })

  test.each(['<html>', '[]', '{"outcome":{"kind":"finished"}}', '{"unknown":1}', '{"deliverable":{"title":"x"}}'])(
    'that answers %s failed, with what is wrong about it',
    async (body) => {
      const { url } = await serve((_, response) => response.end(body))
      const { outcome, events } = await run(url)
      expect(outcome).toMatchObject({ kind: 'failed', class: 'bad_request', message: expect.stringContaining('docs/adapters.md') })
      expect(events).toEqual([])
    },
  )

  test('that is cut off in the middle of its answer, or not there, is overloaded', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"log"')
      setImmediate(() => response.destroy())
    })
    expect((await run(url)).outcome).toMatchObject({ kind: 'failed', class: 'overloaded' })
    expect((await run('http://127.0.0.1:1/')).outcome).toMatchObject({ kind: 'failed', class: 'overloaded' })
  })

  test('that says nothing in time has failed: for one request, and for the whole run', async () => {
    const { url } = await serve(() => undefined)
    expect((await run(url, { config: { requestTimeoutSec: 1 } })).outcome).toMatchObject({ class: 'timeout' })
    expect((await run(url, { config: { timeoutSec: 1 } })).outcome).toMatchObject({
      class: 'timeout',
      message: expect.stringContaining('within 1 s'),
    })
  })

  test('in a private network is refused unless the host allows it', async () => {
    const { url, received } = await serve((_, response) => response.end())
    expect((await run(url.replace('http:', 'https:'), { allow: [] })).outcome).toMatchObject({ kind: 'failed', class: 'config' })
    expect((await run(url, { allow: [] })).outcome).toMatchObject({ kind: 'failed', class: 'config' })
    expect(received).toEqual([])
  })

  test('waits with its next event until the last one was recorded, and ends with one that is refused', async () => {
    const { url } = await serve((_, response) => json(response, { log: 'a', comment: 'b' }))
    let isOpen = false
    const emit = async () => {
      expect(isOpen).toBe(false)
      isOpen = true
      await new Promise((resolve) => setTimeout(resolve, 5))
      isOpen = false
    }
    expect((await run(url, { emit })).events).toHaveLength(2)
    await expect(run(url, { emit: async () => Promise.reject(new Error('refused')) })).rejects.toThrow('refused')
  })
})

describe('work behind a 202', () => {
  test('is looked at until it has an outcome', async () => {
    const answers = [
      () => ({ status: 202, body: { progress: { percent: 50 } } }),
      () => ({ status: 503, body: {} }),
      () => ({ status: 200, body: { outcome: { kind: 'done' }, comment: 'Ready.' } }),
    ]
    const { url, received } = await serve(({ method }, response) => {
      if (method === 'POST') return json(response, { log: 'begun' }, { status: 202, headers: { location: '/jobs/1', 'retry-after': '0' } })
      const { status, body } = answers.shift()?.() ?? { status: 500, body: {} }
      json(response, body, { status, headers: { 'retry-after': '0' } })
    })
    const { outcome, events } = await run(url, { config: { headers: { 'x-key': 'k' } } })
    expect(outcome).toEqual({ kind: 'done' })
    expect(events.map(({ type }) => type)).toEqual(['log', 'progress', 'comment'])
    expect(received.map(({ method, url: path, headers }) => [method, path, headers['x-key']])).toEqual([
      ['POST', '/run', 'k'],
      ['GET', '/jobs/1', 'k'],
      ['GET', '/jobs/1', 'k'],
      ['GET', '/jobs/1', 'k'],
    ])
  })

  test('is looked at in peace by whoever is asked to come back at once, for ever', async () => {
    const { url, received } = await serve(({ method }, response) =>
      json(response, method === 'POST' ? { statusUrl: '/jobs/1' } : {}, { status: 202, headers: { 'retry-after': '0' } }),
    )
    expect((await run(url, { config: { timeoutSec: 1 } })).outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
    expect(received.length).toBeGreaterThan(2)
    expect(received.length).toBeLessThanOrEqual(11)
  })

  test('is given up when nobody says how it goes', async () => {
    const { url, received } = await serve(({ method }, response) => {
      if (method === 'POST') return json(response, { statusUrl: '/jobs/1' }, { status: 202, headers: { 'retry-after': '0' } })
      response.writeHead(500, { 'retry-after': '0' }).end()
    })
    expect((await run(url)).outcome).toMatchObject({ kind: 'failed', class: 'overloaded' })
    expect(received).toHaveLength(6)
  })

  test.each(['https://elsewhere.example/jobs/1', '//elsewhere.example/x', 'http://[', undefined])(
    'is not looked for at %s',
    async (statusUrl) => {
      const { url, received } = await serve((_, response) =>
        json(response, { ...(statusUrl !== undefined && { statusUrl }) }, { status: 202 }),
      )
      expect((await run(url)).outcome).toMatchObject({
        kind: 'failed',
        class: 'bad_request',
        message: expect.stringContaining('same origin'),
      })
      expect(received).toHaveLength(1)
    },
  )

  test('is cancelled over there when its run is stopped here', async () => {
    const stop = new AbortController()
    const { url, received } = await serve(({ method, url: path }, response) => {
      if (path === '/cancel') return void response.end()
      if (method === 'POST')
        return json(response, { statusUrl: '/s', cancelUrl: '/cancel' }, { status: 202, headers: { 'retry-after': '0' } })
      stop.abort('cancelled')
    })
    expect((await run(url, { signal: stop.signal })).outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: cancelled' })
    expect(received.at(-1)).toMatchObject({ method: 'POST', url: '/cancel' })
  })
})

describe('an agent that calls back', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const config = { callback: { baseUrl: 'https://engine.example/base/', secrets: [secret] } }
  const aboutIt = { runId: 'run-1' }
  const accepts = (_: Received, response: ServerResponse) => response.writeHead(202).end()

  test('is told where, and ends its run by a call that does not say otherwise', async () => {
    const { url, received } = await serve(accepts)
    const callbacks = [
      { ...aboutIt, isDone: false, log: 'half' },
      { runId: 'run-2', comment: 'Of another.' },
      { ...aboutIt, comment: 'Ready.', deliverable: { title: 'R', content: 'x' } },
    ]
    const { outcome, events } = await run(url, { config, callbacks })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(events.map(({ type }) => type)).toEqual(['log', 'log', 'comment', 'deliverable'])
    expect(events[1]).toMatchObject({ stream: 'system', text: expect.stringContaining('another run') })
    expect(received).toHaveLength(1)
    expect(received[0]?.headers['engine-callback-url']).toBe('https://engine.example/base/api/runs/run-1/callbacks')
  })

  test('is asked besides where it names a status, and the first that is the end counts', async () => {
    const { url, received } = await serve(({ method }, response) => {
      if (method === 'POST') return json(response, { statusUrl: '/s' }, { status: 202, headers: { 'retry-after': '0' } })
      json(response, { outcome: { kind: 'done' } })
    })
    expect((await run(url, { config, callbacks: [{ ...aboutIt, isDone: false }] })).outcome).toEqual({ kind: 'done' })
    expect(received.map(({ method }) => method)).toEqual(['POST', 'GET'])
    const blocked = { ...aboutIt, outcome: { kind: 'blocked', reason: 'no access' } }
    expect((await run(url, { config, callbacks: [blocked] })).outcome).toEqual(blocked.outcome)
    expect(received.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST'])
  })

  test.each([{}, { ...aboutIt, statusUrl: '/s' }, { ...aboutIt, isDone: false, outcome: { kind: 'done' } }])(
    'has failed when it says %j',
    async (body) => {
      const { url } = await serve(accepts)
      expect((await run(url, { config, callbacks: [body] })).outcome).toMatchObject({ kind: 'failed', class: 'bad_request' })
    },
  )

  test('is waited for as long as the run may last, and not where no call can reach it', async () => {
    const { url, received } = await serve(accepts)
    expect((await run(url, { config: { ...config, timeoutSec: 1 }, callbacks: [] })).outcome).toMatchObject({ class: 'timeout' })
    expect((await run(url, { config })).outcome).toMatchObject({ class: 'bad_request', message: expect.stringContaining('statusUrl') })
    expect(received.map(({ headers }) => 'engine-callback-url' in headers)).toEqual([true, false])
  })
})

test('a run that was stopped before it began asks nobody', async () => {
  const { url, received } = await serve((_, response) => response.end())
  expect((await run(url, { signal: AbortSignal.abort('cancelled') })).outcome).toMatchObject({ kind: 'failed', class: 'transient' })
  expect(received).toEqual([])
})

describe('a template', () => {
  test('reads what a value says as text and nothing else', () => {
    const context = { task: { title: '{{task.secret}} {{', secret: 'S' } }
    expect(fillTemplate({ a: '{{task.title}}', b: 'x {{task.title}}' }, context)).toEqual({
      a: '{{task.secret}} {{',
      b: 'x {{task.secret}} {{',
    })
  })

  test.each(['{{constructor}}', '{{task.constructor.name}}', '{{task.__proto__}}', '{{toString}}', '{{task.title.length}}'])(
    'finds nothing at %s',
    (text) => {
      expect(() => fillTemplate({ x: text }, { task: { title: 't' } })).toThrow(MissingValue)
    },
  )
})

describe('trying a configuration', () => {
  const report = async (url: string, allow: string[]) => {
    const adapter = httpAdapter({ allow })
    const config = adapter.configSchema.parse({ url })
    return adapter.test?.({ config, env: {}, signal: new AbortController().signal })
  }

  test('finds a server, one that refuses the credentials, none, and an address that may not be asked', async () => {
    const { url, received } = await serve(({ url: path }, response) => response.writeHead(path === '/run' ? 405 : 401).end())
    const statuses = async (target: string, allow = ['127.0.0.1']) => (await report(target, allow))?.checks.map(({ status }) => status)
    expect(await statuses(url)).toEqual(['passed', 'passed'])
    expect(await statuses(url.replace('/run', '/key'))).toEqual(['passed', 'failed'])
    expect(await statuses('http://127.0.0.1:1/')).toEqual(['passed', 'failed'])
    expect(await statuses(url, [])).toEqual(['failed'])
    expect(received.map(({ method }) => method)).toEqual(['HEAD', 'HEAD'])
  })
})

test.each([
  {},
  { url: 'ftp://example.com' },
  { url: 'https://example.com', method: 'GET' },
  { url: 'https://example.com', headers: { Host: 'x' } },
  { url: 'https://example.com', headers: { 'x-a': 'a\r\nb: c' } },
  { url: 'https://example.com', unknown: 1 },
])('a configuration is refused: %j', (config) => {
  expect(httpAdapter().configSchema.safeParse(config).success).toBe(false)
})

test('a payload that is larger than 64 KiB is refused', () => {
  const holds = (length: number) =>
    httpAdapter().configSchema.safeParse({ url: 'https://example.com', payload: { a: 'x'.repeat(length) } }).success
  // With the eight letters around it.
  expect([holds(65_528), holds(65_529)]).toEqual([true, false])
})
