import { patternsOf } from '../events/patterns.ts'
import { settledSeq } from '../events/numbers.ts'
import { eventsAfter } from '../events/sql.ts'
import { EngineError } from '../kernel/errors.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { executeAsEngine } from '../kernel/execute.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { backoffMs } from '../kernel/retry.ts'
import { keepBooks } from '../kernel/transaction.ts'
import { inTime } from '../plugin-host/in-time.ts'
import type { PluginRuntime } from '../plugin-host/runtime.ts'
import type { PluginSubscriptionDefinition } from '../plugin-host/types.ts'
import { inCompany, isActiveIn, type RunningPlugin } from '../plugin-host/work.ts'
import { claimCursor, dueCursors, findSubscription, noteScan, restCursor, scanLog, settleCursor } from '../plugins/position.ts'
import type { PluginCursorTable } from '../plugins/table.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'

/** How many events one look at the log takes, and how many of a company one claim works on. */
const scannedAtOnce = 1_000
const handledAtOnce = 50
const dueAtOnce = 100
/** How often an event may fail before its subscription is parked in that company. */
const mostAttempts = 8
/** How long a plugin may take for one event, and how long one claim goes on to the next ones, milliseconds. */
const handledMs = 60_000
const goesOnMs = 30_000
/** After how long a claimed position is another's, milliseconds: with each event it is claimed anew. */
const claimMs = handledMs + 15_000

interface Subscribed {
  readonly plugin: RunningPlugin
  readonly name: string
  readonly definition: PluginSubscriptionDefinition
}

/**
 * Tells plugins of events, in as many processes as there are: which companies have something new is noted from the log, each company
 * is claimed for a while, and its position is written with a fence. An event is told at least once, in the order of its company.
 */
export function createSubscriptionLoop(host: Host, runtime: PluginRuntime, logger: Logger): Pick<Loop, 'start' | 'stop'> {
  const { bus, clock, settings } = host
  const subscribed = runtime.running.flatMap((plugin): Subscribed[] =>
    Object.entries(plugin.definition.subscribe ?? {}).map(([name, definition]) => ({ plugin, name, definition })),
  )
  const loop = createLoop({ name: 'subscriptions', pass, pollMs: settings.pollMs, clock, vitals: host.vitals, logger })
  const working = new Map<string, Promise<void>>()
  const forget: (() => void)[] = []

  async function pass(signal: AbortSignal): Promise<boolean> {
    let hasMore = false
    for (const one of subscribed) hasMore = (await scan(host, one)) || hasMore
    const plugins = [...new Set(subscribed.map(({ plugin }) => plugin.definition.id))]
    const due = await dueCursors(host.db, { now: isoTime(clock.now()), plugins, limit: dueAtOnce })
    for (const cursor of due) {
      const one = subscribed.find(({ plugin, name }) => plugin.definition.id === cursor.plugin && name === cursor.subscription)
      const key = `${cursor.plugin} ${cursor.subscription} ${cursor.company_id}`
      if (!one || signal.aborted || working.has(key)) continue
      const work = tell(one, cursor, signal).finally(() => working.delete(key))
      working.set(key, work)
    }
    return hasMore
  }

  async function tell(one: Subscribed, cursor: PluginCursorTable, signal: AbortSignal): Promise<void> {
    try {
      if (await tellCompany(host, one, { cursor, signal })) loop.wake()
    } catch (error) {
      logger.error('a subscription could not go on; tried again', { plugin: cursor.plugin, error: String(error) })
    }
  }

  return {
    start() {
      if (subscribed.length === 0) return
      const { wake } = loop
      forget.push(bus.onAny(wake), bus.onHint(wake))
      loop.start()
    },
    async stop() {
      for (const end of forget) end()
      await loop.stop()
      // What does not end by itself is left behind; it is somebody else's when its claim is over.
      const waited = new AbortController()
      await Promise.race([Promise.all(working.values()), clock.sleep(settings.stopGraceMs, waited.signal)])
      waited.abort()
    },
  }
}

function wants({ events }: PluginSubscriptionDefinition, type: string): boolean {
  return patternsOf(type).some((pattern) => events.includes(pattern))
}

/** Notes which companies have something new for a subscription. @returns whether there is more to look through */
async function scan(host: Host, { plugin, name, definition }: Subscribed): Promise<boolean> {
  const subscription = await findSubscription(host.db, { plugin: plugin.definition.id, name })
  if (!subscription) return false
  const upTo = await settledSeq(host.db)
  const events = await scanLog(host.db, { after: subscription.scanned_to, upTo, limit: scannedAtOnce })
  const last = events.at(-1)
  if (!last) return false
  const companies = [...new Set(events.filter(({ type }) => wants(definition, type)).map((event) => event.company_id))]
  await noteScan(host.db, { subscription, scannedTo: last.seq, companies, now: isoTime(host.clock.now()) })
  return events.length === scannedAtOnce
}

interface Telling {
  readonly cursor: PluginCursorTable
  readonly signal: AbortSignal
}

/** Tells a plugin what is new in one company. @returns whether it may have more to do at once */
async function tellCompany(host: Host, one: Subscribed, { cursor, signal }: Telling): Promise<boolean> {
  const { plugin, definition } = one
  const companyId = cursor.company_id
  const isAsleep = !(await isActiveIn(host, plugin, companyId))
  const fence = await claimCursor(host.db, cursor, isoTime(host.clock.now() + claimMs))
  if (fence === null) return false
  const claimed = { key: { companyId, plugin: cursor.plugin, subscription: cursor.subscription }, fence }
  const rest = () => keepBooks(host.db, (tx) => restCursor(tx, { ...claimed, marks: cursor.marks, now: isoTime(host.clock.now()) }))
  // Whoever enables the plugin wakes it, and it goes on where it is now.
  if (isAsleep) {
    await rest()
    return false
  }
  const events = await eventsAfter(host.db, { companyId, after: cursor.after_seq, limit: handledAtOnce })
  const until = host.clock.now() + goesOnMs
  for (const event of events) {
    const isLate = host.clock.now() > until || signal.aborted
    const failure = isLate || !wants(definition, event.type) ? null : await handle(host, one, { event, signal })
    if (failure !== null) return fail(host, { ...claimed, event, attempts: cursor.attempts + 1, failure })
    const isSettled = !isLate && (await advance(host, claimed, event.seq))
    if (!isSettled) return giveBack(host, claimed)
    cursor = { ...cursor, attempts: 0 }
  }
  if (events.length === handledAtOnce) return giveBack(host, claimed)
  await rest()
  // What was found while it worked is due at once.
  return true
}

type Claimed = Omit<Parameters<typeof settleCursor>[1], 'changes'>

async function advance(host: Host, claimed: Claimed, seq: number): Promise<boolean> {
  const now = host.clock.now()
  const changes = { after_seq: seq, attempts: 0, reason: null, next_at: isoTime(now + claimMs), updated_at: isoTime(now) }
  return keepBooks(host.db, (tx) => settleCursor(tx, { ...claimed, changes }))
}

/** Lets anybody go on at once with what is left. */
async function giveBack(host: Host, claimed: Claimed): Promise<boolean> {
  const now = isoTime(host.clock.now())
  return keepBooks(host.db, (tx) => settleCursor(tx, { ...claimed, changes: { next_at: now, updated_at: now } }))
}

/** @returns why the plugin could not take the event; null when it did */
async function handle(
  host: Host,
  { plugin, definition }: Subscribed,
  { event, signal }: { event: AnyEvent; signal: AbortSignal },
): Promise<string | null> {
  try {
    await inCompany(host, plugin, {
      companyId: event.companyId,
      signal,
      async work(context) {
        try {
          // The subscription asked for events of this type. What never ends would keep all later events from it, and nobody would know.
          const taken = async () => definition.handle(context, event as never)
          await inTime(host.clock, handledMs, taken())
        } catch (error) {
          context.log.error(`An event of type ${event.type} could not be handled: ${textOf(error)}`, { seq: event.seq, eventId: event.id })
          throw error
        }
      },
    })
    return null
  } catch (error) {
    return textOf(error)
  }
}

function textOf(error: unknown): string {
  return messageOf(error).slice(0, 2_000)
}

/** Tries an event again after a pause, or parks its subscription in this company. */
async function fail(
  host: Host,
  { key, fence, event, attempts, failure: reason }: Claimed & { event: AnyEvent; attempts: number; failure: string },
): Promise<boolean> {
  if (attempts >= mostAttempts) {
    const input = { ...key, seq: event.seq, fence, attempts, reason }
    await executeAsEngine(host, 'plugins.park', input).catch((error: unknown) => {
      if (!EngineError.isInstance(error) || error.kind !== 'missing') throw error
    })
    return false
  }
  const { retryBaseMs: baseMs, retryCapMs: capMs } = host.settings
  const wait = backoffMs(attempts, { baseMs, capMs, random: host.random })
  const changes = { attempts, reason, next_at: isoTime(host.clock.now() + wait), updated_at: isoTime(host.clock.now()) }
  await keepBooks(host.db, (tx) => settleCursor(tx, { key, fence, changes }))
  return false
}
