// An engine in a process of its own, for tests that kill it: sends deliveries to a server of the test.
import { z } from 'zod'

import { createEngine } from '@engine/core'
import { DESTINATION_SPEC, type DeliveryResult, type Destination } from '@engine/core/plugin'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

const Config = z.strictObject({ url: z.string() })

export const posting: Destination<z.infer<typeof Config>> = {
  spec: DESTINATION_SPEC,
  type: 'posting',
  title: 'Posts to a server',
  configSchema: Config,
  async deliver({ config, event, deliveryId, signal }): Promise<DeliveryResult> {
    const body = JSON.stringify({ deliveryId, eventId: event.id })
    const response = await fetch(config.url, { method: 'POST', body, signal }).catch(() => null)
    if (!response) return { kind: 'retry', reason: 'no answer' }
    await response.text()
    const { status } = response
    const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000
    return response.ok ? { kind: 'delivered', status } : { kind: 'retry', reason: 'refused', status, retryAfterMs }
  },
  test: async () => ({ checks: [] }),
}

if (import.meta.main) {
  const [, , where = ''] = process.argv
  const engine = await createEngine({
    storage: where.startsWith('postgres:') ? postgres(where) : sqlite(where),
    destinations: [posting],
    settings: { pollMs: 50, sweepMs: 3_600_000, deliveryTimeoutMs: 300, deliveryLeaseMs: 600, deliveriesPerRoute: 8, sealMs: 3_600_000 },
  })
  await engine.start()
  console.log('READY')
}
