import { dueRoutes } from '../deliveries/claims.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { isoTime, type Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { createPump, type Pump, type Slots } from './delivery-pump.ts'
import { createSender } from './sender.ts'

/** How soon after a look the next one may follow, milliseconds, and by how much longer than it took; what happens between is seen by it. */
const restMs = 20
const restShare = 9
/** After these nothing is sent any more by what a route said before. */
const changes = ['route.updated', 'route.disabled', 'route.deleted'] as const

/**
 * Sends deliveries in as many processes as there are: each is taken for a while, sent outside of any transaction, and settled by its
 * fence. Here is found in which companies something is due; each of them is pumped by itself.
 */
export function createDeliverer(host: Host, logger: Logger): Pick<Loop, 'start' | 'stop'> {
  const { bus, clock, settings, destinations } = host
  const pumps = new Map<string, Pump & { readonly ended: Promise<void> }>()
  const slots: Slots = { sending: 0, held: 0, waiting: new Set() }
  const stopping = new AbortController()
  const aborting = new AbortController()
  const sender = createSender(host, { logger, signal: aborting.signal })
  const loop = createLoop({ name: 'deliverer', pass, pollMs: settings.pollMs, clock, vitals: host.vitals, logger })
  const forget: (() => void)[] = []

  async function pass(signal: AbortSignal): Promise<boolean> {
    const beganMs = clock.monotonicMs()
    const due = await dueRoutes(host.db, isoTime(clock.now()))
    const tookMs = clock.monotonicMs() - beganMs
    for (const { id, company_id: companyId, destination_type: type } of due) {
      if (signal.aborted || !destinations.types.includes(type)) continue
      const pump = pumps.get(companyId) ?? prepared(companyId)
      pump.wake(id)
    }
    // Whatever is recorded meanwhile wakes this loop, and thousands of events need not be as many looks.
    await clock.sleep(Math.max(restMs, Math.min(restShare * tookMs, settings.pollMs)), signal)
    return false
  }

  function prepared(companyId: string): Pump {
    const pump = createPump(host, { companyId, sender, slots, logger, stopping: stopping.signal })
    // It begins when all its routes are known that were found at the same time.
    const ended = Promise.resolve()
      .then(() => pump.run())
      .catch((error: unknown) => logger.error('deliveries of a company could not be sent', { companyId, error: String(error) }))
      .finally(() => {
        pumps.delete(companyId)
        if (!stopping.signal.aborted) loop.wake()
      })
    pumps.set(companyId, { ...pump, ended })
    return pump
  }

  return {
    start() {
      if (destinations.types.length === 0) return
      forget.push(
        ...changes.map((type) => bus.on(type, ({ companyId, entity }) => pumps.get(companyId)?.drop(entity.id))),
        bus.onAny(() => loop.wake()),
        bus.onHint(() => loop.wake()),
      )
      loop.start()
    },
    async stop() {
      for (const end of forget) end()
      stopping.abort()
      await loop.stop()
      const ended = Promise.all([...pumps.values()].map((pump) => pump.ended))
      await atMost(ended, settings.stopGraceMs, clock)
      aborting.abort()
      await ended
    },
  }
}

async function atMost(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  const waited = new AbortController()
  await Promise.race([work, clock.sleep(ms, waited.signal)])
  waited.abort()
}
