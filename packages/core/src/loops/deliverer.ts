import { setImmediate } from 'node:timers/promises'

import { systemActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { dueRoutes } from '../deliveries/sql.ts'
import type { Claimed, Outcome } from '../deliveries/schema.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Route } from '../routes/schema.ts'
import { createSender, type Sender } from './sender.ts'

/** How soon after a look the next one may follow, milliseconds; what happens between is seen by it. */
const restMs = 20

interface Pump {
  /** There may be more to take. */
  wake(): void
}

interface Slots {
  taken: number
}

/**
 * Sends deliveries in as many processes as there are: each is taken for a while, sent outside of any transaction, and settled by its
 * fence. Each route goes by itself, so one whose receiver is slow holds up no other.
 */
export function createDeliverer(host: Host, logger: Logger): Pick<Loop, 'start' | 'stop'> {
  const { bus, clock, settings, destinations } = host
  const pumps = new Map<string, Pump & { readonly ended: Promise<void> }>()
  const slots: Slots = { taken: 0 }
  const stopping = new AbortController()
  const aborting = new AbortController()
  const sender = createSender(host, { logger, signal: aborting.signal })
  const loop = createLoop({ name: 'deliverer', pass, pollMs: settings.pollMs, clock, vitals: host.vitals, logger })
  const forget: (() => void)[] = []

  async function pass(signal: AbortSignal): Promise<boolean> {
    const due = destinations.types.length === 0 ? [] : await dueRoutes(host.db, isoTime(clock.now()))
    for (const { id, destination_type } of due) {
      if (signal.aborted || !destinations.types.includes(destination_type)) continue
      const known = pumps.get(id)
      if (known) known.wake()
      else pumps.set(id, startPump(id))
    }
    // Whatever is recorded meanwhile wakes this loop, and thousands of events need not be as many looks.
    await clock.sleep(restMs, signal)
    return false
  }

  function startPump(routeId: string) {
    const { pump, run } = createPump(host, { routeId, sender, slots, logger, stopping: stopping.signal })
    const ended = run().then((isWell) => {
      pumps.delete(routeId)
      // What failed is tried again after the poll.
      if (isWell) loop.wake()
    })
    return { ...pump, ended }
  }

  return {
    start() {
      if (destinations.types.length === 0) return
      forget.push(
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
      const waited = new AbortController()
      await Promise.race([ended, clock.sleep(settings.stopGraceMs, waited.signal)])
      waited.abort()
      aborting.abort()
      await ended
    },
  }
}

interface PumpOptions {
  readonly routeId: string
  readonly sender: Sender
  readonly slots: Slots
  readonly logger: Logger
  readonly stopping: AbortSignal
}

/** Takes, sends and settles the deliveries of one route until nothing is due; `run` resolves with whether that went well. */
function createPump(host: Host, { routeId, sender, slots, logger, stopping }: PumpOptions): { pump: Pump; run(): Promise<boolean> } {
  const { settings } = host
  const sending = new Set<Promise<void>>()
  const outcomes: Outcome[] = []
  let nudge = Promise.withResolvers<void>()
  let isNudged = false

  const pump = {
    wake() {
      isNudged = true
      nudge.resolve()
    },
  }

  function send(together: Parameters<Sender['send']>[0]): void {
    slots.taken += 1
    const sent = sender.send(together).then((came) => {
      outcomes.push(...came)
      sending.delete(sent)
      slots.taken -= 1
    })
    sending.add(sent)
  }

  async function take(): Promise<number> {
    const free = Math.min(settings.deliveriesPerRoute - sending.size, settings.maxConcurrentDeliveries - slots.taken, mostTaken)
    if (free <= 0 || stopping.aborted) return 0
    const { route, deliveries } = await claim(host, { routeId, limit: free })
    if (!route || deliveries.length === 0) return 0
    const prepared = await sender.prepare(route, deliveries)
    // What goes together goes as one.
    for (const group of Map.groupBy(deliveries, ({ id, digestId }) => digestId ?? id).values()) send({ route, deliveries: group, prepared })
    return deliveries.length
  }

  const settle = () => record(host, { routeId, outcomes: outcomes.splice(0, mostTaken), logger })

  async function run(): Promise<boolean> {
    try {
      for (;;) {
        isNudged = false
        nudge = Promise.withResolvers<void>()
        const taken = await take()
        if (taken === 0 && sending.size === 0 && outcomes.length === 0 && !isNudged) return true
        if (outcomes.length === 0 && sending.size > 0) await Promise.race([nudge.promise, ...sending])
        // What ends at the same moment is settled together, and makes room for as many.
        await setImmediate()
        await settle()
      }
    } catch (error) {
      logger.error('deliveries of a route could not be taken; tried again', { routeId, error: String(error) })
      return false
    } finally {
      await Promise.all(sending)
      while (outcomes.length > 0) await settle()
    }
  }

  return { pump, run }
}

interface Recording {
  readonly routeId: string
  readonly outcomes: readonly Outcome[]
  readonly logger: Logger
}

async function record(host: Host, { routeId, outcomes, logger }: Recording): Promise<void> {
  if (outcomes.length === 0) return
  try {
    await execute(host, 'deliveries.settle', { input: { routeId, outcomes }, call: { actor: systemActor } })
  } catch (error) {
    // Its route is gone, and with it what was open; otherwise others send it again when the lease is over.
    if (EngineError.isInstance(error) && error.kind === 'missing') return
    logger.error('what became of deliveries could not be recorded; they are sent again', { routeId, error: String(error) })
  }
}

/** As many as one command takes. */
const mostTaken = 100

async function claim(host: Host, input: { routeId: string; limit: number }): Promise<{ route: Route | null; deliveries: Claimed[] }> {
  const answer = await execute(host, 'deliveries.claim', { input, call: { actor: systemActor } })
  // The registry's answer to deliveries.claim.
  return answer as { route: Route | null; deliveries: Claimed[] }
}
