import { randomUUID } from 'node:crypto'

import {
  createRedactor,
  DESTINATION_SPEC,
  type DeliveryRequest,
  type DeliveryResult,
  type Destination,
  type DestinationTest,
} from '@engine/core/plugin'
import { createOutbound, type Outbound, type OutboundOptions } from '@engine/outbound'
import { z } from 'zod'

import { address } from '../remote/address.ts'
import { reportOf, send } from '../remote/send.ts'
import { messageOf } from './message.ts'

/** Which channel is told, and how. */
export const SlackConfig = z.strictObject({
  url: address(/^(https?|secret)$/).describe(
    'The address of an incoming webhook. Who has it can write to the channel: use a reference to a secret.',
  ),
  style: z.enum(['blocks', 'plain']).default('blocks'),
  timeoutSec: z.number().min(1).max(30).default(10),
})
export type SlackConfig = z.infer<typeof SlackConfig>

/** Tells a channel of Slack, by an incoming webhook. */
export function slackDestination(options: OutboundOptions = {}): Destination<SlackConfig> {
  const outbound = createOutbound(options)
  return {
    spec: DESTINATION_SPEC,
    type: 'slack',
    title: 'A channel of Slack',
    configSchema: SlackConfig,
    secretFields: ['url'],
    // Who has the address of a channel can write to it.
    alwaysSecret: ['url'],
    deliver: (request) => tell(outbound, request),
    async test({ config, signal }) {
      return reportOf('message', await tell(outbound, sample(config, signal)), 'The channel took a message that says that it is a test.')
    },
  }
}

type Telling = Pick<DeliveryRequest<SlackConfig>, 'config' | 'deliveryId' | 'event' | 'body' | 'files' | 'signal' | 'redactor'>

function tell(outbound: Outbound, telling: Telling): Promise<DeliveryResult> {
  const { config, signal, redactor } = telling
  return send(outbound, {
    url: config.url,
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(messageOf(telling, config.style)),
    timeoutMs: config.timeoutSec * 1_000,
    signal,
    redactor,
  })
}

function sample(config: SlackConfig, signal: DestinationTest<SlackConfig>['signal']): Telling {
  const data = { title: 'This is a test of a route' }
  return {
    config,
    deliveryId: randomUUID(),
    event: { id: randomUUID(), type: 'engine.test', companyId: '', occurredAt: new Date().toISOString(), data },
    body: { kind: 'json', value: data },
    files: [],
    signal,
    redactor: createRedactor([]),
  }
}
