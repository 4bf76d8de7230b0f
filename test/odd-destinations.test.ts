import { expect, onTestFinished, test } from 'vitest'

import { DESTINATION_SPEC, z } from '@engine/core/plugin'
import type { DeliveryResult, Destination } from '@engine/core/plugin'

import { createWorld, until } from './support/engine.ts'

/** A destination whose results are not what types say, as plain JavaScript may have it. */
function answering(type: string, deliver: () => unknown): Destination {
  return {
    spec: DESTINATION_SPEC,
    type,
    title: type,
    configSchema: z.strictObject({}),
    deliver: deliver as () => Promise<DeliveryResult>,
    test: async () => ({ checks: [] }),
  }
}

test.each<[string, unknown]>([
  ['a kind that there is not', { kind: 'sent' }],
  ['a text', 'delivered'],
  ['nothing', undefined],
  ['a pause beyond all time', { kind: 'retry', reason: 'later', retryAfterMs: 1e300 }],
  ['a pause and a status that are texts', { kind: 'retry', reason: 'later', retryAfterMs: '5', status: 'busy' }],
  ['a reason and an answer that are no texts', { kind: 'parked', reason: { why: 'no' }, response: 5 }],
  ['no reason', { kind: 'retry' }],
])(
  'a destination that answers with %s keeps nothing of others from being kept, and is tried as often as its route says',
  async (_, said) => {
    let sent = 0
    const well = answering('well', async () => {
      sent += 1
      return { kind: 'delivered' }
    })
    const { engine, companyId } = await createWorld({ destinations: [well, answering('odd', async () => said)] })
    onTestFinished(() => engine.stop())
    for (const destinationType of ['well', 'odd'])
      await engine.routes.create({
        companyId,
        name: destinationType,
        events: ['task.created'],
        destinationType,
        config: {},
        retry: { maxAttempts: 1 },
      })
    await engine.tasks.create({ companyId, title: 'A' })
    await engine.start()
    const { items } = await until(
      () => engine.deliveries.list({ companyId }),
      (page) => page.items.every(({ status }) => ['delivered', 'parked'].includes(status)),
    )
    expect([items.map(({ status }) => status).toSorted((left, right) => left.localeCompare(right)), sent]).toEqual([
      ['delivered', 'parked'],
      1,
    ])
  },
)
