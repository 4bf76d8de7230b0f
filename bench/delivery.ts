import { fork } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'

import { createRedactor, silentLogger, type DeliveryRequest } from '@engine/core/plugin'
import { createWebhookSecret, WebhookConfig, webhookDestination } from '@engine/deliveries/webhook'

import { interleave, type BenchOptions, type Variant } from './lib/measure.ts'
import { comparisonColumns, comparisonRow, type Bar, type Report } from './lib/report.ts'

const atOnce = 8
const warmUp = 2_000
/** About what an event about a task weighs. */
const value = { type: 'task.completed', timestamp: '2026-11-21T10:00:00.000Z', data: { id: randomUUID(), title: 'x'.repeat(450) } }
const bar: Bar = { goal: 'B23', figure: 'CPU ratio', wants: 'at most', must: 1.6, isStrict: true }

/** B23: what a webhook costs this process, against a request of Node with the same signature. The receiver is another process. */
export async function benchDelivery({ rounds, ms }: BenchOptions): Promise<Report> {
  const receiver = fork(join(import.meta.dirname, 'probes', 'receiver.mjs'))
  try {
    const [port] = await once(receiver, 'message')
    const url = `http://127.0.0.1:${port}/hook`
    const secret = createWebhookSecret()
    const variants = [byRequest(url, secret), byWebhook(url, secret), byFetch(url, secret)]
    for (const variant of variants) await variant.run(warmUp)
    const operations = Math.max(500, ms * 8)
    const [baseline, ...others] = await interleave(variants, { rounds, operations })
    if (!baseline) throw new Error('nothing was measured')
    const rows = others.map((measured, index) => comparisonRow(measured, { baseline, bars: index === 0 ? { cpu: bar } : {} }))
    const bench = `delivery: webhooks of ${JSON.stringify(value).length} bytes, ${atOnce} at once, connections kept open`
    return { bench, columns: comparisonColumns, rows: [comparisonRow(baseline, { baseline }), ...rows] }
  } finally {
    receiver.disconnect()
  }
}

/** So many sends, `atOnce` of them under way at any time. */
function variant(name: string, send: () => Promise<void>): Variant {
  return {
    name,
    async run(operations) {
      let left = operations
      const sendOn = async () => {
        for (; left > 0; left -= 1) await send()
      }
      await Promise.all(Array.from({ length: atOnce }, sendOn))
    },
  }
}

function signed(secret: string, body: string): Record<string, string> {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1_000))]
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` }
}

function byRequest(url: string, secret: string): Variant {
  const agent = new Agent({ keepAlive: true })
  return variant('http.request, keep-alive and HMAC', async () => {
    const body = JSON.stringify(value)
    const headers = { ...signed(secret, body), 'content-length': String(Buffer.byteLength(body)) }
    const ended = Promise.withResolvers<void>()
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => ended.resolve())
      response.on('error', ended.reject)
    })
    sent.on('error', ended.reject)
    sent.end(body)
    await ended.promise
  })
}

function byWebhook(url: string, secret: string): Variant {
  const destination = webhookDestination({ allow: ['127.0.0.1'] })
  const config = WebhookConfig.parse({ url, secrets: [secret] })
  const event = { id: randomUUID(), type: value.type, companyId: randomUUID(), occurredAt: value.timestamp, data: value.data }
  const shared = { config, attempt: 1, event, files: [], logger: silentLogger, redactor: createRedactor([]) }
  return variant('the webhook destination', async () => {
    const body: DeliveryRequest<WebhookConfig>['body'] = { kind: 'json', value }
    const { signal } = new AbortController()
    const { kind } = await destination.deliver({ ...shared, deliveryId: randomUUID(), body, signal })
    if (kind !== 'delivered') throw new Error(`a webhook was ${kind}`)
  })
}

function byFetch(url: string, secret: string): Variant {
  return variant('fetch and HMAC, for comparison', async () => {
    const body = JSON.stringify(value)
    const response = await fetch(url, { method: 'POST', body, headers: signed(secret, body) })
    await response.arrayBuffer()
  })
}
