import { payloadsOf, type Payload } from '../deliveries/payload.ts'
import type { Claimed, Outcome } from '../deliveries/schema.ts'
import { shownText } from '../kernel/checks.ts'
import { EngineError } from '../kernel/errors.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Host } from '../kernel/host.ts'
import { createRedactor, type Redactor } from '../kernel/redactor.ts'
import { isoTime } from '../ports/clock.ts'
import type { DeliveryResult, Destination, DigestEntry } from '../ports/destination.ts'
import type { Logger } from '../ports/logger.ts'
import { render, Unrenderable } from '../routes/render.ts'
import type { Route } from '../routes/schema.ts'
import { createAccessNotes, type AccessNotes } from '../secrets/notes.ts'
import { openReferences, type OpenedSecret } from '../secrets/open.ts'
import { createDeadlines } from './deadlines.ts'
import { redactedLogger } from './redacted-logger.ts'

/** What is kept of an answer, and of why something did not arrive. */
const longestText = 2_048
const longestReference = 500

/** What deliveries of one route have in common for as long as it takes to send them. */
interface Prepared {
  readonly destination: Destination
  readonly config: unknown
  readonly redactor: Redactor
  /** Through which none of its secrets come. */
  readonly logger: Logger
  readonly payloads: ReadonlyMap<number, Payload>
}

/** Or why nothing can be sent at the moment, or never as it is. */
type Preparation = Prepared | DeliveryResult

/** What can be sent. */
export interface Ready {
  readonly route: Route
  /** Those that are sent as one; mostly that is one. */
  readonly deliveries: readonly Claimed[]
  readonly prepared: Preparation
}

type Taken = Pick<Ready, 'route' | 'deliveries'>

export interface Sender {
  /** Opens the secrets of routes and reads what their deliveries say, of one company. Never rejects. */
  prepare(companyId: string, taken: readonly Taken[]): Promise<Ready[]>
  /** Sends deliveries as one. Never rejects, and takes no longer than it may. */
  send(ready: Ready): Promise<Outcome[]>
}

/** A delivery with what is sent of it. */
type Entry = DigestEntry & { readonly delivery: Claimed }

export function createSender(host: Host, { logger, signal }: { logger: Logger; signal: AbortSignal }): Sender {
  const { clock, settings } = host
  const noted = createAccessNotes()
  const deadlines = createDeadlines(clock, settings.deliveryTimeoutMs)
  const live = new Set<() => void>()
  signal.addEventListener('abort', () => live.forEach((end) => end()), { once: true })

  /** What came of it within the time that it may take. */
  function tried(entries: readonly Entry[], prepared: Prepared): Promise<{ result: DeliveryResult; isInterrupted: boolean }> {
    const late: DeliveryResult = { kind: 'retry', reason: `it was not sent within ${settings.deliveryTimeoutMs} ms` }
    const own = lazyAbort()
    return new Promise((resolve) => {
      const end = (result: DeliveryResult) => {
        inTime()
        live.delete(interrupt)
        own.abort()
        resolve({ result, isInterrupted: signal.aborted && result.kind === 'retry' })
      }
      const interrupt = () => end(late)
      const inTime = deadlines.begin(interrupt)
      live.add(interrupt)
      if (signal.aborted) return interrupt()
      deliver(host, { entries, prepared, own }).then(end, (error: unknown) => end(failed(error)))
    })
  }

  return {
    async prepare(companyId, taken) {
      const seqs = new Set(taken.flatMap(({ deliveries }) => deliveries.map(({ eventSeq }) => eventSeq)))
      // An event that several routes send is read once.
      const payloads =
        seqs.size === 0 ? new Map<number, Payload>() : await payloadsOf(host, { companyId, seqs: [...seqs] }).catch(unprepared)
      const prepared = taken
        .filter(({ deliveries }) => deliveries.length > 0)
        .map(async ({ route, deliveries }) => {
          const ready = 'kind' in payloads ? payloads : await prepare(host, { route, payloads, noted, logger }).catch(unprepared)
          // What goes together goes as one.
          const groups = Map.groupBy(deliveries, ({ deliveryId, digestId }) => digestId ?? deliveryId)
          return [...groups.values()].map((group) => ({ route, deliveries: group, prepared: ready }))
        })
      return (await Promise.all(prepared)).flat()
    },
    async send({ route, deliveries, prepared }) {
      const startedAt = isoTime(clock.now())
      const about = (delivery: Claimed, isInterrupted = false) => ({ delivery, routeId: route.id, startedAt, isInterrupted })
      if ('kind' in prepared) return deliveries.map((delivery) => toOutcome(prepared, { ...about(delivery), redactor: createRedactor([]) }))
      const { redactor } = prepared
      const entries: Entry[] = []
      const outcomes: Outcome[] = []
      for (const delivery of deliveries) {
        const entry = entryOf(route, delivery, prepared)
        if ('kind' in entry) outcomes.push(toOutcome(entry, { ...about(delivery), redactor }))
        else entries.push(entry)
      }
      if (entries.length === 0) return outcomes
      const { result, isInterrupted } = await tried(entries, prepared)
      return [...outcomes, ...entries.map(({ delivery }) => toOutcome(result, { ...about(delivery, isInterrupted), redactor }))]
    },
  }
}

/** A signal that costs nothing when nobody asks for it. */
interface LazyAbort {
  readonly signal: AbortSignal
  abort(): void
}

function lazyAbort(): LazyAbort {
  let controller: AbortController | null = null
  let isOver = false
  return {
    get signal() {
      controller ??= new AbortController()
      if (isOver) controller.abort('it is over')
      return controller.signal
    },
    abort() {
      isOver = true
      controller?.abort('it is over')
    },
  }
}

interface Delivering {
  readonly entries: readonly Entry[]
  readonly prepared: Prepared
  readonly own: LazyAbort
}

async function deliver(host: Host, { entries, prepared, own }: Delivering): Promise<DeliveryResult> {
  const last = entries.at(-1)
  if (!last) return { kind: 'parked', reason: 'there is nothing to send' }
  const { destination, config, redactor, logger } = prepared
  const { delivery, ...told } = last
  const attributes = {
    'engine.destination': destination.type,
    'engine.event.type': told.event.type,
    'engine.delivery.attempt': delivery.attempt,
  }
  return host.tracing.span('deliver', { kind: 'producer', attributes }, async (traced) => {
    const said = await destination.deliver({
      config,
      ...told,
      deliveryId: delivery.digestId ?? delivery.deliveryId,
      attempt: delivery.attempt,
      ...(delivery.digestId !== null && { digest: entries.map(({ event, body, files }) => ({ event, body, files })) }),
      get signal() {
        return own.signal
      },
      logger,
      redactor,
      trace: host.tracing.headers(traced.context),
    })
    const result = requireResult(said)
    traced.set({ 'engine.delivery.result': result.kind })
    return result
  })
}

/** @throws for what is no result: kept with those of others, it would keep all of them from being kept */
function requireResult(said: DeliveryResult | null | undefined): DeliveryResult {
  if (said?.kind === 'delivered' || said?.kind === 'retry' || said?.kind === 'parked') return said
  throw new Error("it did not say what came of it: { kind: 'delivered' }, or 'retry' or 'parked' with a reason")
}

/** What is sent of a delivery, or why nothing is. */
function entryOf(route: Route, delivery: Claimed, { payloads }: Prepared): Entry | DeliveryResult {
  const payload = payloads.get(delivery.eventSeq)
  if (!payload) return { kind: 'parked', reason: 'its event is not in the log any more' }
  try {
    // Other routes send the same event, and what a destination does to what it is given is its own matter.
    const { event, whole } = structuredClone({ event: payload.event, whole: payload.whole })
    return { delivery, event, body: render(route, whole), files: payload.files }
  } catch (error) {
    return failed(error)
  }
}

interface Preparing {
  readonly route: Route
  readonly payloads: Prepared['payloads']
  readonly noted: AccessNotes
  readonly logger: Logger
}

async function prepare(host: Host, { route, payloads, noted, logger }: Preparing): Promise<Prepared> {
  const { db, destinations, secrets } = host
  const { companyId } = route
  const destination = destinations.get(route.destinationType)
  const note = (wanted: readonly OpenedSecret[]) => noted(host, { companyId: route.companyId, routeId: route.id }, wanted)
  const opened = await openReferences({ db, secrets }, { companyId, config: route.config, fields: destination.secretFields, note })
  const config = destinations.parseConfig(route.destinationType, opened.config)
  const { redactor } = opened
  return { destination, config, redactor, logger: redactedLogger(logger, redactor), payloads }
}

/** A secret that is gone, or a configuration that is none, stays so until somebody changes it. */
function unprepared(error: unknown): DeliveryResult {
  const isFinal = EngineError.isInstance(error) && (error.kind === 'rule' || error.kind === 'invalid')
  return { kind: isFinal ? 'parked' : 'retry', reason: messageOf(error) }
}

function failed(error: unknown): DeliveryResult {
  const reason = messageOf(error)
  return error instanceof Unrenderable ? { kind: 'parked', reason } : { kind: 'retry', reason: `the destination failed: ${reason}` }
}

interface About {
  readonly delivery: Claimed
  readonly routeId: string
  readonly startedAt: string
  readonly redactor: Redactor
  readonly isInterrupted: boolean
}

/** What a destination says, as far as it can be kept: without secrets, and bounded. */
function toOutcome(result: DeliveryResult, { delivery, routeId, startedAt, redactor, isInterrupted }: About): Outcome {
  const shown = (text: string | undefined, longest: number) => (text === undefined ? null : shownText(redactor, String(text), longest))
  return {
    deliveryId: delivery.deliveryId,
    fence: delivery.fence,
    attempt: delivery.attempt,
    tries: delivery.tries,
    triedSince: delivery.triedSince,
    digestId: delivery.digestId,
    routeId,
    result: isInterrupted ? 'interrupted' : result.kind,
    reason: result.kind === 'delivered' ? null : shown(result.reason, longestText),
    responseStatus: wholeNumber(result.status),
    response: shown(result.response, longestText),
    reference: result.kind === 'delivered' ? shown(result.reference, longestReference) : null,
    retryAfterMs: result.kind === 'retry' ? wholeNumber(result.retryAfterMs) : null,
    startedAt,
  }
}

function wholeNumber(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? Math.min(Math.ceil(value), Number.MAX_SAFE_INTEGER) : null
}
