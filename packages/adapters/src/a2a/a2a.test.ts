import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { TaskState } from '@a2a-js/sdk'
import { until } from '@engine/testing'
import { afterEach, describe, expect, test } from 'vitest'

import type { JsonObject, RunContext } from '@engine/core/plugin'

import { anyContext, runAdapter, type RunOptions } from '../program/fixtures.ts'
import { serveAgent, type A2aServer, type Work } from './fixtures.ts'
import { a2aAdapter } from './index.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serve(work: Work, options: { cardUrl?: string } = {}): Promise<A2aServer> {
  const server = await serveAgent(work, options)
  closing.push(() => server.close())
  return server
}

function run(server: { readonly url: string }, { config, allow, ...options }: RunOptions & { config?: JsonObject; allow?: string[] } = {}) {
  return runAdapter(a2aAdapter({ allow: allow ?? ['127.0.0.1'] }), { url: server.url, pollSec: 0.05, ...config }, options)
}

describe('an agent elsewhere', () => {
  test('gets the task, is looked at while it works, and its artifacts are handed in', async () => {
    const server = await serve(async ({ text, say, make }) => {
      expect(text).toContain('Try it')
      say(TaskState.TASK_STATE_WORKING, 'Counting 🪑.')
      await new Promise((resolve) => setTimeout(resolve, 150))
      make('# 12 chairs')
      say(TaskState.TASK_STATE_COMPLETED, 'Done.')
    })
    const { outcome, events, log } = await run(server, { config: { headers: { Authorization: 'Bearer k' } } })
    expect(outcome).toEqual({ kind: 'needs_review' })
    expect(log('stdout')).toBe('Counting 🪑.\nDone.\n')
    expect(events.filter(({ type }) => type !== 'log')).toEqual([
      { type: 'session', state: { contextId: expect.any(String), asked: null } },
      { type: 'deliverable', title: 'Try it', content: '# 12 chairs', contentType: 'text/markdown' },
    ])
    expect(server.requests.map(({ method }) => method).slice(0, 3)).toEqual(['', 'SendMessage', 'GetTask'])
    for (const { headers } of server.requests) expect(headers).toMatchObject({ authorization: 'Bearer k', 'a2a-version': '1.0' })
  })

  test('may answer at once with a message, and needs no review when the configuration says so', async () => {
    const server = await serve(({ reply }) => reply('12 chairs.'))
    expect((await run(server)).outcome).toEqual({ kind: 'needs_review' })
    expect((await run(server, { config: { onResult: 'done' } })).outcome).toEqual({ kind: 'done', summary: '12 chairs.' })
  })

  test('that asks waits for the answer of a person, and goes on with its task', async () => {
    const server = await serve(({ text, isAnswer, say, make }) => {
      if (!isAnswer) return say(TaskState.TASK_STATE_INPUT_REQUIRED, 'Which room?')
      make(`The room is: ${text}`)
      say(TaskState.TASK_STATE_COMPLETED)
    })
    const first = await run(server)
    expect(first.outcome).toEqual({ kind: 'waiting', interaction: { ask: { kind: 'question', prompt: 'Which room?' } } })
    const session = first.events.findLast((event) => event.type === 'session')?.state ?? null
    const interaction: RunContext['interactions'][number] = {
      id: 'i',
      kind: 'question',
      origin: 'agent',
      prompt: 'Which room?',
      status: 'answered',
      answer: { text: 'The hall' },
      answeredBy: 'user:kim',
      answeredAt: null,
    }
    const context = { ...anyContext, run: { ...anyContext.run, fence: 2 }, interactions: [interaction] }
    const next = await run(server, { session, context })
    expect(next.outcome).toEqual({ kind: 'needs_review' })
    expect(next.events).toContainEqual(expect.objectContaining({ type: 'deliverable', content: 'The room is: The hall' }))
    expect(server.requests.map(({ method }) => method)).not.toContain('CancelTask')
  })

  test.each<[TaskState, object]>([
    [TaskState.TASK_STATE_FAILED, { kind: 'failed', class: 'unknown', message: expect.stringContaining('So it is.') }],
    [TaskState.TASK_STATE_REJECTED, { kind: 'failed', class: 'refused' }],
    [TaskState.TASK_STATE_CANCELED, { kind: 'failed', class: 'transient' }],
    [TaskState.TASK_STATE_AUTH_REQUIRED, { kind: 'blocked', reason: expect.stringContaining('So it is.') }],
    [TaskState.TASK_STATE_COMPLETED, { kind: 'needs_review' }],
  ])('that ends its task as state %i', async (state, outcome) => {
    const server = await serve(({ say }) => say(state, 'So it is.'))
    expect((await run(server)).outcome).toMatchObject(outcome)
  })

  test('is told when nobody waits any more', async () => {
    const server = await serve(async ({ say }) => {
      say(TaskState.TASK_STATE_WORKING)
      await new Promise(() => undefined)
    })
    const stop = new AbortController()
    const running = run(server, { signal: stop.signal })
    await until(
      () => server.requests.map(({ method }) => method),
      (methods) => methods.includes('GetTask'),
    )
    stop.abort('cancelled')
    expect((await running).outcome).toEqual({ kind: 'failed', class: 'transient', message: 'stopped: cancelled' })
    expect(server.requests.at(-1)?.method).toBe('CancelTask')
    expect((await run(server, { config: { timeoutSec: 1 } })).outcome).toMatchObject({ kind: 'failed', class: 'timeout' })
    expect(server.open.size).toBe(0)
  })
})

describe('a server', () => {
  test('in a private network is refused unless the host allows it', async () => {
    const server = await serve(({ reply }) => reply('Here.'))
    expect((await run(server, { allow: [] })).outcome).toMatchObject({ kind: 'failed', class: 'config' })
    expect(server.requests).toEqual([])
  })

  test('gets no credentials when a card of another origin names it', async () => {
    const thief = await serve(({ reply }) => reply('Thanks.'))
    const server = await serve(({ reply }) => reply('Here.'), { cardUrl: `${thief.url}/rpc` })
    expect((await run(server)).outcome).toMatchObject({
      kind: 'failed',
      class: 'config',
      message: expect.stringContaining('another origin'),
    })
    expect(thief.requests).toEqual([])
  })

  test.each<[string, RequestListener, object]>([
    ['401', (_, response) => response.writeHead(401).end(), { class: 'auth' }],
    ['429', (_, response) => response.writeHead(429, { 'retry-after': '7' }).end(), { class: 'rate_limited', retryAfterMs: 7_000 }],
    ['503', (_, response) => response.writeHead(503).end(), { class: 'overloaded' }],
    ['a redirect', (_, response) => response.writeHead(302, { location: 'https://elsewhere.example/' }).end(), { class: 'config' }],
    [
      'half an answer',
      (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
      { class: 'overloaded' },
    ],
    ['a card without an interface', (_, response) => response.end('{"supportedInterfaces": []}'), { class: 'config' }],
    ['an old card', (_, response) => response.end('{"url": "/rpc", "protocolVersion": "0.3.0"}'), { class: 'bad_request' }],
  ])('that answers with %s ends the run', async (_what, listener, failure) => {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    // A server that listens on a port has one.
    const { port } = server.address() as AddressInfo
    expect((await run({ url: `http://127.0.0.1:${port}` })).outcome).toMatchObject({ kind: 'failed', ...failure })
  })

  test('that does not know the method says so', async () => {
    const card = { supportedInterfaces: [{ url: '/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }
    const error = { jsonrpc: '2.0', id: 1, error: { code: -32_601, message: 'Method not found' } }
    const server = createServer(({ method }, response) => response.end(JSON.stringify(method === 'GET' ? card : error)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    // A server that listens on a port has one.
    const { port } = server.address() as AddressInfo
    const { outcome } = await run({ url: `http://127.0.0.1:${port}` })
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', message: expect.stringContaining('SendMessage') })
  })
})
