import type { Clock } from '../ports/clock.ts'
import { EMBEDDER_SPEC, type Embedder } from '../ports/embedder.ts'
import type { Logger } from '../ports/logger.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { backoffMs } from './retry.ts'
import type { EngineSettings } from './settings.ts'

/** An embedder as Engine uses it: it answers in time, with vectors of length one, or rejects; and rests after it failed. */
export interface GuardedEmbedder {
  readonly id: string
  /** True for a while after it failed: it rejects then without being asked. */
  isResting(): boolean
  embed(texts: readonly string[], options: { timeoutMs: number; signal?: AbortSignal }): Promise<Float32Array[]>
}

interface Guard {
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: Pick<EngineSettings, 'retryBaseMs' | 'retryCapMs'>
  random(): number
}

/** The longest rest: what is down is asked once in a while, so that it is noticed when it is back. */
const longestRestMs = 60_000

/** @throws `invalid_input` for an embedder of another version of the port, or one that does not say what it is */
export function guardEmbedder(embedder: Embedder | undefined, guard: Guard): GuardedEmbedder | null {
  if (!embedder) return null
  refuseUnfit(embedder)
  let failures = 0
  let restsUntil = -Infinity

  function rest(error: unknown): void {
    failures += 1
    const { retryBaseMs, retryCapMs } = guard.settings
    const capMs = Math.min(retryCapMs, longestRestMs)
    // At least half of it: whoever comes next should not find it asked again at once.
    const restMs = Math.ceil(
      (Math.min(capMs, retryBaseMs * 2 ** (failures - 1)) + backoffMs(failures, { baseMs: retryBaseMs, capMs, random: guard.random })) / 2,
    )
    restsUntil = guard.clock.monotonicMs() + restMs
    guard.logger.error('the embedder failed; searches go by words alone until it is asked again', {
      embedder: embedder?.id ?? '',
      restMs,
      error: String(error),
    })
  }

  const isResting = () => guard.clock.monotonicMs() < restsUntil

  return {
    id: embedder.id,
    isResting,
    async embed(texts, options) {
      if (isResting()) throw new Error(`the embedder ${embedder.id} failed a moment ago and rests`)
      try {
        const vectors = await inTime(guard.clock, { ...options, ask: (signal) => embedder.embed(texts, { signal }) })
        const units = vectorsOf(vectors, { count: texts.length, dimensions: embedder.dimensions })
        failures = 0
        return units
      } catch (error) {
        if (!options.signal?.aborted) rest(error)
        throw error
      }
    },
  }
}

function refuseUnfit({ spec, id, dimensions }: Embedder): void {
  const isFit =
    spec === EMBEDDER_SPEC && id.length > 0 && id.length <= 200 && Number.isInteger(dimensions) && dimensions > 0 && dimensions <= 8_192
  if (isFit) return
  throw new EngineError(
    kernelErrors.invalid_input,
    `An embedder has the spec ${EMBEDDER_SPEC}, an id of 1 to 200 characters and 1 to 8192 dimensions; this one says ${spec}, "${id.slice(0, 200)}" and ${dimensions}.`,
  )
}

interface Question<Answer> {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  ask(signal: AbortSignal): Promise<Answer>
}

/** Waits no longer than it may, whatever the one who is asked makes of the signal. */
async function inTime<Answer>(clock: Clock, { timeoutMs, signal, ask }: Question<Answer>): Promise<Answer> {
  const [answered, late] = [new AbortController(), new AbortController()]
  const until = signal ? AbortSignal.any([signal, late.signal]) : late.signal
  const stopped = Promise.withResolvers<never>()
  until.addEventListener('abort', () => stopped.reject(until.reason), { once: true })
  // It settles also when nobody waits for it any more.
  stopped.promise.catch(() => undefined)
  void clock.sleep(timeoutMs, answered.signal).then(() => {
    if (!answered.signal.aborted) late.abort(new Error(`no answer in ${timeoutMs} ms`))
  })
  try {
    until.throwIfAborted()
    return await Promise.race([ask(until), stopped.promise])
  } finally {
    answered.abort()
  }
}

function vectorsOf(vectors: readonly (readonly number[])[], { count, dimensions }: { count: number; dimensions: number }): Float32Array[] {
  if (!Array.isArray(vectors) || vectors.length !== count)
    throw new Error(`it gave ${Array.isArray(vectors) ? vectors.length : 'no'} vectors for ${count} texts`)
  return vectors.map((vector) => {
    if (vector.length !== dimensions) throw new Error(`it says that it has ${dimensions} dimensions, but gave a vector of ${vector.length}`)
    return unitVector(vector)
  })
}

/** The same direction with the length one; a vector without a direction stays as it is, and is like no other. */
function unitVector(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector)
  if (!Number.isFinite(length)) throw new Error('it gave a vector with something else than numbers in it')
  return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / length))
}
