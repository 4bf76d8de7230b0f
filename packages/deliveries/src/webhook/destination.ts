import { randomUUID } from 'node:crypto'

import {
  createRedactor,
  DESTINATION_SPEC,
  type AdapterTestReport,
  type DeliveryBody,
  type DeliveryRequest,
  type DeliveryResult,
  type Destination,
  type DestinationTest,
  webhookKey,
} from '@engine/core/plugin'
import { createOutbound, credentialHeaders, type Outbound, type OutboundOptions } from '@engine/outbound'

import { reportOf, send } from '../remote/send.ts'
import { WebhookConfig } from './config.ts'
import { sign } from './signature.ts'

/** Sends to a URL, signed as Standard Webhooks has it. Targets that are not public need `allow`, which is the operator's (PROMISES S8). */
export function webhookDestination(options: OutboundOptions = {}): Destination<WebhookConfig> {
  const outbound = createOutbound(options)
  return {
    spec: DESTINATION_SPEC,
    type: 'webhook',
    title: 'A URL that takes signed requests',
    configSchema: WebhookConfig,
    secretFields: ['url', 'headers', 'secrets'],
    alwaysSecret: ['secrets', ...credentialHeaders.map((name) => `headers.${name}`)],
    deliver: (request) => post(outbound, request),
    test: (request) => tryWebhook(outbound, request),
  }
}

type Posted = Pick<DeliveryRequest<WebhookConfig>, 'config' | 'deliveryId' | 'body' | 'signal' | 'redactor' | 'trace'>

async function post(outbound: Outbound, { config, deliveryId, body, signal, redactor, trace }: Posted): Promise<DeliveryResult> {
  const keys = config.secrets.map(webhookKey).filter((key) => key !== null)
  if (keys.length < config.secrets.length)
    return { kind: 'parked', reason: 'A secret of this route is no key of a webhook: `whsec_` and base64 of 24 to 64 bytes.' }
  const { text, contentType } = written(body)
  const timestamp = Math.floor(Date.now() / 1_000)
  const signature = keys.length > 0 && { 'webhook-signature': sign(keys, { id: deliveryId, timestamp, body: text }) }
  return send(outbound, {
    url: config.url,
    method: config.method,
    headers: {
      'user-agent': 'Engine',
      ...config.headers,
      ...trace,
      'content-type': contentType,
      'webhook-id': deliveryId,
      'webhook-timestamp': String(timestamp),
      ...signature,
    },
    body: text,
    timeoutMs: config.timeoutSec * 1_000,
    signal,
    redactor,
  })
}

function written(body: DeliveryBody): { text: string; contentType: string } {
  return body.kind === 'text' ? body : { text: JSON.stringify(body.value), contentType: 'application/json' }
}

/** Sends a sample with the real signature: whoever takes it has the same secret. */
async function tryWebhook(outbound: Outbound, { config, signal }: DestinationTest<WebhookConfig>): Promise<AdapterTestReport> {
  const value = { type: 'engine.test', timestamp: new Date().toISOString(), data: {} }
  const redactor = createRedactor([])
  const result = await post(outbound, { config, deliveryId: randomUUID(), body: { kind: 'json', value }, signal, redactor })
  const how = config.secrets.length > 0 ? 'signed' : 'unsigned'
  return reportOf('delivery', result, `The receiver took a sample, ${how}, of the type engine.test.`)
}
