import { eventsAt, payloadOf, type Payload } from '../deliveries/payload.ts'
import type { Claimed, Outcome } from '../deliveries/schema.ts'
import { shownText } from '../kernel/checks.ts'
import { EngineError } from '../kernel/errors.ts'
import type { Host } from '../kernel/host.ts'
import { createRedactor, type Redactor } from '../kernel/redactor.ts'
import { isoTime } from '../ports/clock.ts'
import type { DeliveryResult, Destination } from '../ports/destination.ts'
import type { Logger } from '../ports/logger.ts'
import { render, Unrenderable } from '../routes/render.ts'
import type { Route } from '../routes/schema.ts'
import { openReferences } from '../secrets/open.ts'
import { redactedLogger } from './redacted-logger.ts'

/** What is kept of an answer, and of why something did not arrive. */
const longestText = 2_048
const longestReference = 500

/** What deliveries of one route have in common for as long as it takes to send them. */
interface Prepared {
  readonly destination: Destination
  readonly config: unknown
  readonly redactor: Redactor
  readonly payloads: ReadonlyMap<number, Payload>
}

/** Or why nothing can be sent at the moment, or never as it is. */
type Preparation = Prepared | DeliveryResult

interface Sending {
  readonly route: Route
  readonly delivery: Claimed
  readonly prepared: Preparation
}

export interface Sender {
  /** Opens the secrets of a route and reads what its deliveries say. Never rejects. */
  prepare(route: Route, deliveries: readonly Claimed[]): Promise<Preparation>
  /** Sends one delivery. Never rejects, and takes no longer than it may. */
  send(sending: Sending): Promise<Outcome>
}

export function createSender(host: Host, { logger, signal }: { logger: Logger; signal: AbortSignal }): Sender {
  const { clock, settings } = host

  async function deliver({ route, delivery, prepared }: Sending, timeout: AbortSignal): Promise<DeliveryResult> {
    if ('kind' in prepared) return prepared
    const { destination, config, redactor } = prepared
    const payload = prepared.payloads.get(delivery.eventSeq)
    if (!payload) return { kind: 'parked', reason: 'its event is not in the log any more' }
    const body = render(route, payload.whole)
    const attributes = {
      'engine.destination': route.destinationType,
      'engine.event.type': payload.event.type,
      'engine.delivery.attempt': delivery.attempt,
    }
    return host.tracing.span('deliver', { kind: 'producer', attributes }, async (traced) => {
      const result = await destination.deliver({
        config,
        deliveryId: delivery.id,
        attempt: delivery.attempt,
        event: payload.event,
        body,
        files: payload.files,
        signal: timeout,
        logger: redactedLogger(logger, redactor),
        redactor,
        trace: host.tracing.headers(traced.context),
      })
      traced.set({ 'engine.delivery.result': result.kind })
      return result
    })
  }

  return {
    prepare: (route, deliveries) => prepare(host, route, deliveries).catch(unprepared),
    async send(sending) {
      const { delivery, prepared } = sending
      const startedAt = isoTime(clock.now())
      const own = new AbortController()
      const over = AbortSignal.any([own.signal, signal])
      const late = waitFor(host, over).then((): DeliveryResult => {
        own.abort('it took too long')
        return { kind: 'retry', reason: `it was not sent within ${settings.deliveryTimeoutMs} ms` }
      })
      const result = await Promise.race([deliver(sending, over).catch(failed), late])
      const isInterrupted = signal.aborted && result.kind === 'retry'
      own.abort('it is over')
      const redactor = 'kind' in prepared ? createRedactor([]) : prepared.redactor
      return toOutcome(result, { delivery, startedAt, redactor, isInterrupted })
    },
  }
}

/** Resolves when a delivery may take no longer, or is over. */
async function waitFor({ clock, settings }: Host, over: AbortSignal): Promise<void> {
  await clock.sleep(settings.deliveryTimeoutMs, over)
}

async function prepare(host: Host, route: Route, deliveries: readonly Claimed[]): Promise<Prepared> {
  const { db, destinations, secrets } = host
  const { companyId } = route
  const destination = destinations.get(route.destinationType)
  const opened = await openReferences({ db, secrets }, { companyId, config: route.config, fields: destination.secretFields })
  const config = destinations.parseConfig(route.destinationType, opened.config)
  const events = await eventsAt(db, { companyId, seqs: deliveries.map(({ eventSeq }) => eventSeq) })
  const payloads = new Map<number, Payload>()
  for (const [seq, event] of events) payloads.set(seq, await payloadOf(host, event))
  return { destination, config, redactor: opened.redactor, payloads }
}

/** A secret that is gone, or a configuration that is none, stays so until somebody changes it. */
function unprepared(error: unknown): DeliveryResult {
  const isFinal = EngineError.isInstance(error) && (error.kind === 'rule' || error.kind === 'invalid')
  return { kind: isFinal ? 'parked' : 'retry', reason: error instanceof Error ? error.message : String(error) }
}

function failed(error: unknown): DeliveryResult {
  const reason = error instanceof Error ? error.message : String(error)
  return error instanceof Unrenderable ? { kind: 'parked', reason } : { kind: 'retry', reason: `the destination failed: ${reason}` }
}

interface About {
  readonly delivery: Claimed
  readonly startedAt: string
  readonly redactor: Redactor
  readonly isInterrupted: boolean
}

/** What a destination says, as far as it can be kept: without secrets, and bounded. */
function toOutcome(result: DeliveryResult, { delivery, startedAt, redactor, isInterrupted }: About): Outcome {
  const shown = (text: string | undefined, longest: number) => (text === undefined ? null : shownText(redactor, String(text), longest))
  return {
    deliveryId: delivery.id,
    fence: delivery.fence,
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
