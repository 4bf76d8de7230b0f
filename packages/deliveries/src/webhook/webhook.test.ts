import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createRedactor, silentLogger, type DeliveryRequest, type DeliveryResult } from '@engine/core/plugin'
import { testDestination } from '@engine/testing/destinations'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'

import { openHttpReceiver, type Exchange } from '../remote/fixtures.ts'
import { createWebhookSecret, verify, WebhookConfig, webhookDestination, WebhookError } from './index.ts'

const secret = `whsec_${Buffer.from('canary-4711-canary-4711-canary').toString('base64')}`
const token = 'Bearer canary-token-4711'
const allow = ['127.0.0.1']

/** By the library of Standard Webhooks, which is not ours. */
function isSignedWith(key: string, { headers, body }: Exchange): boolean {
  const webhook = new Webhook(key)
  if (headers['content-type'] === 'application/json') webhook.verify(body.toString(), headers)
  // It verifies JSON only, and signs any text.
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1_000)
  const wanted = webhook.sign(headers['webhook-id'] ?? '', sentAt, body.toString())
  return (headers['webhook-signature'] ?? '').split(' ').includes(wanted)
}

testDestination({
  name: 'the webhook',
  create: () => webhookDestination({ allow }),
  leastConfig: { url: 'https://hooks.example/engine' },
  async receiver() {
    const receiver = await openHttpReceiver({
      isRight: (exchange) => exchange.headers['authorization'] === token && isSignedWith(secret, exchange),
      idOf: ({ headers }) => headers['webhook-id'] ?? '',
    })
    const config = { url: `${receiver.origin}/hook`, headers: { Authorization: token }, secrets: [secret] }
    return { ...receiver, config, wrongConfig: { ...config, secrets: [createWebhookSecret()] } }
  },
  secrets: [secret, token],
})

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function receiver(take?: (exchange: Exchange) => { status: number; headers?: Record<string, string>; body?: string }) {
  const opened = await openHttpReceiver({ isRight: () => true, idOf: ({ headers }) => headers['webhook-id'] ?? '', ...(take && { take }) })
  closing.push(opened.dispose)
  return opened
}

type Wish = Partial<DeliveryRequest<unknown>> & { config: { url: string } & Record<string, unknown> }

function deliver({ config, ...wish }: Wish, allowed: readonly string[] = allow): Promise<DeliveryResult> {
  return webhookDestination({ allow: allowed }).deliver({
    deliveryId: '019abc',
    attempt: 1,
    event: { id: 'event', type: 'task.completed', companyId: 'company', occurredAt: '2026-11-21T10:00:00.000Z', data: {} },
    body: { kind: 'json', value: { type: 'task.completed', data: { title: 'Größe' } } },
    files: [],
    signal: new AbortController().signal,
    logger: silentLogger,
    redactor: createRedactor([]),
    ...wish,
    config: WebhookConfig.parse(config),
  })
}

describe('a webhook', () => {
  test('is a request with the body as the route made it, signed for both secrets of a rotation', async () => {
    const { origin, taken } = await receiver()
    const secrets = [createWebhookSecret(), createWebhookSecret()]
    expect(await deliver({ config: { url: `${origin}/hook?a=1`, method: 'PUT', secrets } })).toEqual({ kind: 'delivered', status: 200 })
    const [exchange] = taken
    expect(exchange).toMatchObject({ method: 'PUT', path: '/hook?a=1' })
    expect(exchange?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': '019abc' })
    expect(JSON.parse(exchange?.body.toString() ?? '')).toEqual({ type: 'task.completed', data: { title: 'Größe' } })
    for (const key of secrets) expect(exchange && isSignedWith(key, exchange)).toBe(true)
    expect(() => exchange && isSignedWith(createWebhookSecret(), exchange)).toThrow()
  })

  test('of a template has its text and content type, and that text is what is signed', async () => {
    const { origin, taken } = await receiver()
    const [key] = [createWebhookSecret()]
    const body = { kind: 'text', text: 'Schön & gut', contentType: 'text/plain; charset=utf-8' } as const
    await deliver({ config: { url: origin, secrets: [key] }, body })
    expect(taken[0]?.body.toString()).toBe('Schön & gut')
    expect(taken[0]?.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(verify(taken[0]?.body ?? '', { secrets: [key], headers: taken[0]?.headers ?? {} }).id).toBe('019abc')
  })

  test('without a secret has no signature', async () => {
    const { origin, taken } = await receiver()
    await deliver({ config: { url: origin } })
    expect(taken[0]?.headers).not.toHaveProperty('webhook-signature')
    expect(taken[0]?.headers).toHaveProperty('webhook-timestamp')
  })

  test('with a secret that is none is parked, and nothing is sent', async () => {
    const { origin, asked } = await receiver()
    const result = await deliver({ config: { url: origin, secrets: [createWebhookSecret(), 'whsec_c2hvcnQ='] } })
    expect(result).toMatchObject({ kind: 'parked', reason: expect.stringContaining('whsec_') })
    expect(asked()).toBe(0)
  })

  test.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [302, 'parked'],
    [400, 'parked'],
    [404, 'parked'],
    [408, 'retry'],
    [410, 'parked'],
    [425, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ])('that is answered with %i is %s', async (status, kind) => {
    const { origin, asked } = await receiver(() => ({ status, headers: { location: '/elsewhere', 'retry-after': '3' } }))
    const result = await deliver({ config: { url: origin } })
    expect(result).toMatchObject({ kind, status, ...(kind === 'retry' && { retryAfterMs: 3_000 }) })
    // A redirect is not followed: its signature is for the first place only.
    expect(asked()).toBe(1)
  })

  test('tells 2 KiB of an answer, however long that is', async () => {
    const { origin } = await receiver(() => ({ status: 200, body: 'x'.repeat(3_000_000) }))
    const result = await deliver({ config: { url: origin } })
    expect(result).toEqual({ kind: 'delivered', status: 200, response: 'x'.repeat(2_048) })
  })

  test('goes to no private network that the operator does not allow', async () => {
    const { origin, asked } = await receiver()
    for (const url of [origin, origin.replace('http:', 'https:'), 'https://[::ffff:7f00:1]/', 'https://169.254.169.254/latest'])
      expect(await deliver({ config: { url } }, [])).toMatchObject({ kind: 'parked' })
    expect(asked()).toBe(0)
  })

  test('that nobody takes, or whose host nobody knows, is tried again', async () => {
    expect(await deliver({ config: { url: 'http://127.0.0.1:1/' } })).toMatchObject({ kind: 'retry' })
    expect(await deliver({ config: { url: 'https://nobody.invalid/' } })).toMatchObject({ kind: 'retry' })
  })

  test('that is not answered in its time is tried again', async () => {
    const { origin, answer } = await receiver()
    answer('silent')
    expect(await deliver({ config: { url: origin, timeoutSec: 1 } })).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('1000 ms'),
    })
  })

  test('whose answer stops in the middle is tried again', async () => {
    const server = createServer((_, response) => void response.writeHead(200, { 'content-length': '10' }).write('half'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    // A server that listens on a port has one.
    const { port } = server.address() as AddressInfo
    expect(await deliver({ config: { url: `http://127.0.0.1:${port}/`, timeoutSec: 1 } })).toMatchObject({ kind: 'retry' })
  })

  test('goes over the connection of the one before', async () => {
    const { origin, taken } = await receiver()
    const destination = webhookDestination({ allow })
    for (const deliveryId of ['1', '2', '3']) {
      const config = WebhookConfig.parse({ url: origin })
      const signal = new AbortController().signal
      const event = { id: 'event', type: 'a.b', companyId: 'company', occurredAt: '', data: {} }
      const body = { kind: 'json', value: {} } as const
      const rest = { attempt: 1, files: [], logger: silentLogger, redactor: createRedactor([]) }
      await destination.deliver({ config, deliveryId, event, body, signal, ...rest })
    }
    expect(taken.length).toBe(3)
    expect(new Set(taken.map(({ port }) => port)).size).toBe(1)
  })
})

test.each(['host', 'Content-Length', 'transfer-encoding', 'Webhook-Signature', 'webhook-id', 'a b', 'x\r\ny'])(
  'the header "%s" is not for a route to set',
  (name) => {
    expect(WebhookConfig.safeParse({ url: 'https://hooks.example/', headers: { [name]: 'x' } }).success).toBe(false)
  },
)
test('a header holds no second one', () => {
  expect(WebhookConfig.safeParse({ url: 'https://hooks.example/', headers: { 'x-a': 'x\r\nx-b: y' } }).success).toBe(false)
})

describe('verify', () => {
  const key = createWebhookSecret()
  const body = '{"a":1}'
  const now = new Date(1_700_000_000_000)
  const headers = {
    'webhook-id': 'id-1',
    'webhook-timestamp': '1700000000',
    // Signed by the library of Standard Webhooks.
    'webhook-signature': new Webhook(key).sign('id-1', now, body),
  }
  const codeOf = (change: Record<string, string | undefined>, others: { body?: string; secrets?: string[]; nowMs?: number } = {}) => {
    try {
      verify(others.body ?? body, { secrets: [key], nowMs: now.getTime(), headers: { ...headers, ...change }, ...others })
      return 'taken'
    } catch (error) {
      return error instanceof WebhookError ? error.code : String(error)
    }
  }

  test('takes what the library of Standard Webhooks signed, with any secret that is valid, in any shape of headers', () => {
    const options = { nowMs: now.getTime(), secrets: [createWebhookSecret(), key] }
    expect(verify(body, { ...options, headers })).toEqual({ id: 'id-1', timestamp: 1_700_000_000 })
    expect(verify(Buffer.from(body), { ...options, headers: new Headers(headers) }).id).toBe('id-1')
    expect(codeOf({ 'webhook-signature': `v1,AAAA v1a,x ${headers['webhook-signature']}` })).toBe('taken')
    expect(codeOf({}, { secrets: [key.slice('whsec_'.length)] })).toBe('taken')
  })

  test.each<[string, string, Parameters<typeof codeOf>]>([
    ['another body', 'mismatch', [{}, { body: '{"a":2}' }]],
    ['another id', 'mismatch', [{ 'webhook-id': 'id-2' }]],
    ['another time', 'mismatch', [{ 'webhook-timestamp': '1700000001' }]],
    ['another secret', 'mismatch', [{}, { secrets: [createWebhookSecret()] }]],
    ['a signature of another version', 'mismatch', [{ 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') }]],
    ['a signature that was cut', 'mismatch', [{ 'webhook-signature': headers['webhook-signature'].slice(0, 30) }]],
    ['an old request', 'too_old', [{}, { nowMs: now.getTime() + 301_000 }]],
    ['a request of the future', 'too_new', [{}, { nowMs: now.getTime() - 301_000 }]],
    ['no signature', 'malformed', [{ 'webhook-signature': undefined }]],
    ['a time that is none', 'malformed', [{ 'webhook-timestamp': 'NaN' }]],
    ['no secret', 'malformed', [{}, { secrets: [] }]],
  ])('refuses %s as %s', (_, code, given) => expect(codeOf(...given)).toBe(code))

  test('takes what is 300 seconds old', () => expect(codeOf({}, { nowMs: now.getTime() + 300_000 })).toBe('taken'))
})
