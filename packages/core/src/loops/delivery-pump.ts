import { setImmediate } from 'node:timers/promises'

import { mostTogether, type Claimed, type Held, type Outcome } from '../deliveries/schema.ts'
import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import type { Logger } from '../ports/logger.ts'
import type { Route } from '../routes/schema.ts'
import { createDeliveryQueue, isEnd, type DeliveryQueue } from './delivery-queue.ts'
import type { Ready, Sender } from './sender.ts'

/** What this process does at once, of all companies. */
export interface Slots {
  sending: number
  held: number
  /** Told when there is room again. */
  readonly waiting: Set<() => void>
}

export interface PumpOptions {
  readonly companyId: string
  readonly sender: Sender
  readonly slots: Slots
  readonly logger: Logger
  readonly stopping: AbortSignal
}

/** Takes, sends and settles the deliveries of one company. */
export interface Pump {
  /** There may be something to take in a route. */
  wake(routeId: string): void
  /** A route says something else now, or nothing: what was taken of it and is not begun is handed back. */
  drop(routeId: string): void
  /** Works until nothing is due; never rejects. */
  run(): Promise<void>
}

interface Unsent extends Held {
  readonly routeId: string
}

interface Asked {
  readonly outcomes: readonly (readonly Outcome[])[]
  readonly unsent: readonly (readonly Unsent[])[]
  readonly wanted: readonly { readonly routeId: string; readonly limit: number }[]
}

interface Answer {
  readonly taken: readonly { readonly route: Route; readonly deliveries: readonly Claimed[] }[]
}

/** A pump with what it is about. */
interface Course extends PumpOptions {
  readonly host: Host
  readonly queues: Map<string, DeliveryQueue>
  /** What is to be said of what was taken; what goes as one is said at once, or others would take a part of it. */
  readonly outcomes: (readonly Outcome[])[]
  readonly unsent: (readonly Unsent[])[]
  /** Routes that changed while something was being taken, which is then by what they said before. */
  readonly dropped: Set<string>
  failingSinceMs: number | null
  nudge: PromiseWithResolvers<void>
}

/**
 * What ended is settled and what comes next is taken in one transaction, while what was taken before is sent: the slower the
 * database is, the more goes at once. Each delivery is sent by itself, so a receiver that is slow holds up no other.
 */
export function createPump(host: Host, options: PumpOptions): Pump {
  const { slots, stopping } = options
  const nudge = Promise.withResolvers<void>()
  const course: Course = { ...options, host, queues: new Map(), outcomes: [], unsent: [], dropped: new Set(), failingSinceMs: null, nudge }
  const tell = () => course.nudge.resolve()
  return {
    wake(routeId) {
      queueOf(course, routeId).isDue = true
      tell()
    },
    drop(routeId) {
      course.dropped.add(routeId)
      handBack(course, routeId)
      tell()
    },
    async run() {
      slots.waiting.add(tell)
      stopping.addEventListener('abort', tell)
      await work(course).finally(() => {
        slots.waiting.delete(tell)
        stopping.removeEventListener('abort', tell)
      })
    },
  }
}

async function work(course: Course): Promise<void> {
  for (;;) {
    course.nudge = Promise.withResolvers<void>()
    if (hasWork(course)) {
      const exchanged = exchange(course)
      begin(course)
      await exchanged
      continue
    }
    begin(course)
    // What it gave back has to be said, and nobody nudges for that.
    if (hasWork(course)) continue
    if (isIdle(course)) return
    await course.nudge.promise
    // What ends at the same moment is settled together.
    await setImmediate()
  }
}

function hasWork(course: Course): boolean {
  return course.outcomes.length + course.unsent.length > 0 || wantedWith(course, new Map()).length > 0
}

function isIdle({ queues, stopping }: Course): boolean {
  return [...queues.values()].every(({ held, isDue }) => held === 0 && (!isDue || stopping.aborted))
}

function queueOf({ host, queues }: Course, routeId: string): DeliveryQueue {
  const known = queues.get(routeId)
  if (known) return known
  const { deliveriesPerRoute: least, deliveryLeaseMs, deliveryTimeoutMs } = host.settings
  const usableMs = Math.max(0, deliveryLeaseMs - deliveryTimeoutMs)
  const most = Math.max(least, 2 * mostTogether)
  const queue = createDeliveryQueue({ least, most, usableMs, nowMs: () => host.clock.monotonicMs() })
  queues.set(routeId, queue)
  return queue
}

/** What is to be taken, when so many of each route are settled at the same time. */
function wantedWith({ host, queues, slots, stopping }: Course, settled: ReadonlyMap<string, number>): Asked['wanted'] {
  const { maxConcurrentDeliveries, deliveriesPerRoute } = host.settings
  if (stopping.aborted || slots.sending >= maxConcurrentDeliveries) return []
  const most = 2 * Math.max(maxConcurrentDeliveries, deliveriesPerRoute)
  let left = Math.min(mostTogether, most - slots.held + [...settled.values()].reduce((sum, count) => sum + count, 0))
  return [...queues].flatMap(([routeId, queue]) => {
    const limit = queue.isDue ? Math.min(left, queue.room(settled.get(routeId) ?? 0)) : 0
    left -= Math.max(0, limit)
    return limit > 0 ? [{ routeId, limit }] : []
  })
}

function begin(course: Course): void {
  for (const [routeId, queue] of course.queues) beginOf(course, routeId, queue)
}

function beginOf(course: Course, routeId: string, queue: DeliveryQueue): void {
  const { slots, stopping, host } = course
  if (stopping.aborted) handBack(course, routeId)
  while (queue.sending < host.settings.deliveriesPerRoute && slots.sending < host.settings.maxConcurrentDeliveries) {
    const ready = queue.next((held) => giveBack(course, routeId, held))
    if (!ready) break
    void send(course, queue, ready)
  }
}

function giveBack({ unsent }: Course, routeId: string, held: readonly Held[]): void {
  unsent.push(held.map((each) => ({ ...each, routeId })))
}

/** All that waits to be sent. */
function handBack(course: Course, routeId: string): void {
  course.queues.get(routeId)?.empty((held) => giveBack(course, routeId, held))
}

async function send(course: Course, queue: DeliveryQueue, ready: Ready): Promise<void> {
  const { slots, host } = course
  queue.sending += 1
  slots.sending += 1
  course.outcomes.push(await course.sender.send(ready))
  queue.sending -= 1
  slots.sending -= 1
  beginOf(course, ready.route.id, queue)
  course.nudge.resolve()
  if (slots.sending === host.settings.maxConcurrentDeliveries - 1) for (const tell of slots.waiting) tell()
}

async function exchange(course: Course): Promise<void> {
  const [outcomes, unsent] = [takeWhole(course.outcomes), takeWhole(course.unsent)]
  const settled = countByRoute([...outcomes, ...unsent])
  // What waits behind it may be due now.
  for (const outcome of outcomes.flat()) if (isEnd(outcome)) queueOf(course, outcome.routeId).isDue = true
  const asked: Asked = { outcomes, unsent, wanted: wantedWith(course, settled) }
  course.dropped.clear()
  const answer = await ask(course, asked)
  if (!answer) return
  forget(course, settled)
  const ready = Map.groupBy(await course.sender.prepare(course.companyId, answer.taken), ({ route }) => route.id)
  const taken = new Map(answer.taken.map(({ route, deliveries }) => [route.id, deliveries.length]))
  for (const { routeId, limit } of asked.wanted) {
    const count = taken.get(routeId) ?? 0
    course.slots.held += count
    queueOf(course, routeId).took(ready.get(routeId) ?? [], { count, limit })
    if (course.dropped.has(routeId)) handBack(course, routeId)
  }
}

/** What it was answered; null when it failed, and is asked for again or given up. */
async function ask(course: Course, asked: Asked): Promise<Answer | null> {
  const { host, companyId } = course
  try {
    const unsent = asked.unsent.flat().map(({ deliveryId, fence }) => ({ deliveryId, fence }))
    const input = { companyId, outcomes: asked.outcomes.flat(), unsent, wanted: asked.wanted }
    const answer = await executeAsEngine(host, 'deliveries.exchange', input)
    course.failingSinceMs = null
    // The registry's answer to deliveries.exchange.
    return answer as Answer
  } catch (error) {
    await failed(course, asked, error)
    return null
  }
}

/** Until their leases are over it can still be said what became of deliveries; then others send them again. */
async function failed(course: Course, asked: Asked, error: unknown): Promise<void> {
  const { host, companyId, stopping, logger } = course
  const nowMs = host.clock.monotonicMs()
  course.failingSinceMs ??= nowMs
  const isOver = stopping.aborted || nowMs - course.failingSinceMs > host.settings.deliveryLeaseMs
  const what = isOver ? 'they are sent again' : 'tried again'
  logger.error(`what became of deliveries could not be recorded; ${what}`, { companyId, error: String(error) })
  if (isOver) forget(course, countByRoute([...asked.outcomes, ...asked.unsent]))
  else {
    course.outcomes.unshift(...asked.outcomes)
    course.unsent.unshift(...asked.unsent)
  }
  await host.clock.sleep(host.settings.pollMs, stopping)
}

function forget(course: Course, counts: ReadonlyMap<string, number>): void {
  for (const [routeId, count] of counts) {
    course.slots.held -= count
    queueOf(course, routeId).settled(count)
  }
}

/** Takes as much out as goes in one exchange, without dividing what goes as one. */
function takeWhole<Item>(groups: (readonly Item[])[]): (readonly Item[])[] {
  let count = 0
  const end = groups.findIndex((group) => (count += group.length) > mostTogether)
  return groups.splice(0, end < 0 ? groups.length : end)
}

function countByRoute(given: readonly (readonly { readonly routeId: string }[])[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { routeId } of given.flat()) counts.set(routeId, (counts.get(routeId) ?? 0) + 1)
  return counts
}
