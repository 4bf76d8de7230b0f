import { z } from 'zod'

import { DESTINATION_SPEC, type DeliveryRequest, type DeliveryResult, type Destination } from '@engine/core/plugin'

interface ScriptedConfig {
  readonly to: string
  readonly token?: string | undefined
}

/** What it was asked to send. */
export type SentDelivery = DeliveryRequest<ScriptedConfig>

export interface ScriptedDestination extends Destination<ScriptedConfig> {
  /** What it was asked to send, in the order of asking. */
  readonly sent: SentDelivery[]
  /** What it does with a delivery; everything arrives when nothing else is said. */
  script: (request: SentDelivery) => Promise<DeliveryResult>
}

/** A destination that does what its test says. */
export function scriptedDestination(): ScriptedDestination {
  const sent: SentDelivery[] = []
  const destination: ScriptedDestination = {
    spec: DESTINATION_SPEC,
    type: 'scripted',
    title: 'Does what its test says',
    configSchema: z.strictObject({ to: z.string().default('here'), token: z.string().optional() }),
    secretFields: ['token'],
    digests: true,
    sent,
    script: async () => ({ kind: 'delivered' }),
    deliver(request) {
      sent.push(request)
      return destination.script(request)
    },
    test: async ({ config }) => ({
      checks: [{ name: 'receiver', status: config.to === 'nowhere' ? 'failed' : 'passed', message: `it was asked with ${config.token}` }],
    }),
  }
  return destination
}
