export interface Retry {
  /** How often a call that can be repeated is made at most, the first time included. */
  readonly tries: number
  readonly baseMs: number
  readonly capMs: number
  /** A server that wants to be left alone for longer is told of at once, instead of waited for. */
  readonly mostWaitMs: number
}

export const defaultRetry: Retry = { tries: 4, baseMs: 200, capMs: 5_000, mostWaitMs: 30_000 }

/** What somebody says of it; what they leave open stays the default. */
export type RetryOptions = { readonly [Name in keyof Retry]?: Retry[Name] | undefined }

export function retryOf(given: RetryOptions = {}): Retry {
  return { ...defaultRetry, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

interface Failure {
  /** 1 for the first. */
  readonly attempt: number
  /** What the server asked for. */
  readonly retryAfterMs: number | null
  /** In [0, 1). */
  readonly random: number
}

/** How long to wait before the next try: full jitter, after what the server asked for. Null when there is to be none. */
export function waitMs({ tries, baseMs, capMs, mostWaitMs }: Retry, { attempt, retryAfterMs, random }: Failure): number | null {
  if (attempt >= tries) return null
  const asked = retryAfterMs ?? 0
  if (asked > mostWaitMs) return null
  return asked + Math.floor(random * Math.min(capMs, baseMs * 2 ** (attempt - 1)))
}

/** Rejects with the signal's reason when that aborts first; leaves no timer and no listener. */
export async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const stop = () => reject(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}
