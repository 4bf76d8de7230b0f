import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

import { EngineError, type Actor, type Operation } from '@engine/core'

import { sessionCookie } from './access/cookies.ts'
import { httpErrors } from './errors.ts'
import { statusOfKind } from './problem.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** How much one caller may ask of this process. What is left out is as `defaultLimits` say. */
export interface LimitOptions {
  /** Requests a minute with one credential; where somebody without one may call, of one address. */
  readonly perMinute?: number | undefined
  /** Requests a minute of one address whose credential is unknown: mistyped, guessed, revoked. Known ones go on beside them. */
  readonly unknownPerMinute?: number | undefined
  /** Requests a minute of one address to one webhook, of a plugin or of a trigger: of anybody, since nobody looked yet who sends them. */
  readonly receivedPerMinute?: number | undefined
  /**
   * Requests that are under way at once, from when their body is read: of the agents of one company, and as many of its people beside them, of somebody
   * with a role in several, and of one address whose requests say in their body who sends them. Streams do not count.
   */
  readonly concurrentPerCompany?: number | undefined
}

export const defaultLimits = {
  perMinute: 6_000,
  unknownPerMinute: 60,
  receivedPerMinute: 600,
  concurrentPerCompany: 64,
} as const satisfies LimitOptions

const windowSeconds = 60
/** When to come again that found its company busy: about as long as requests take. */
const busyRetryMs = 1_000

interface Asked {
  /** The address that it came from. */
  readonly place: string | null
  /** Counted by itself, and under way by itself: who says too much of anything else loses no work by it. */
  readonly isSignOfLife: boolean
}

interface Working extends Asked {
  readonly actor: Actor
}

/** What keeps work from being taken for lost, which it would be before a caller that was refused may come again. */
const signsOfLife: ReadonlySet<string> = new Set(['runs.heartbeat', 'nodes.heartbeat'])

export function isSignOfLife({ name }: Operation): boolean {
  return signsOfLife.has(name)
}

/** Counts in memory, so each process of several gives what it is asked to. */
export interface Limits {
  /** Answers a request within its budget, and tells the caller what is left of it. @throws `rate_limited` */
  around(request: WireRequest, given: Asked, answer: () => Promise<WireResponse>): Promise<WireResponse>
  /** Lets a request to a webhook come to what it is for, whatever it brings as a credential. @throws `rate_limited` */
  receive(webhook: string, place: string | null): Promise<void>
  /** Reads and answers a request within the bound of those whom it is counted with. @throws `rate_limited` */
  within<Output>(given: Working, work: () => Promise<Output>): Promise<Output>
}

export function createLimits({
  perMinute = defaultLimits.perMinute,
  unknownPerMinute = defaultLimits.unknownPerMinute,
  receivedPerMinute = defaultLimits.receivedPerMinute,
  concurrentPerCompany = defaultLimits.concurrentPerCompany,
}: LimitOptions): Limits {
  const known = new RateLimiterMemory({ keyPrefix: 'known', points: perMinute, duration: windowSeconds })
  const unknown = new RateLimiterMemory({ keyPrefix: 'unknown', points: unknownPerMinute, duration: windowSeconds })
  const received = new RateLimiterMemory({ keyPrefix: 'received', points: receivedPerMinute, duration: windowSeconds })
  const busy = new Map<string, number>()

  async function refuseStranger(address: string, credential: string | null): Promise<void> {
    const spent = await unknown.get(address)
    const isSpent = spent !== null && spent.consumedPoints >= unknownPerMinute
    // Who was let in a moment ago is none of those who guess from the same address.
    if (isSpent && (credential === null || (await known.get(credential)) === null)) throw refusal(unknown, spent)
  }

  return {
    async around(request, { place, ...given }, answer) {
      const address = networkOf(place ?? '')
      const credential = credentialOf(request)
      await refuseStranger(address, credential)
      const counted = `${credential ?? address}${given.isSignOfLife ? ' lives' : ''}`
      const budget = await take(known, counted)
      const response = await answer()
      if (response.status === statusOfKind.unauthenticated) {
        // A guess is not remembered as somebody known.
        if (credential !== null) await known.delete(counted)
        await take(unknown, address)
      }
      return { ...response, headers: { ...headersOf(budget, perMinute), ...response.headers } }
    },
    async receive(webhook, place) {
      await take(received, digestOf(`${networkOf(place ?? '')} ${webhook}`))
    },
    async within(given, work) {
      const { key, who } = busyAs(given)
      const count = busy.get(key) ?? 0
      if (count >= concurrentPerCompany)
        throw new EngineError(
          httpErrors.rate_limited,
          `${count} requests of ${who} are under way, and no more are taken at once. Try again when some of them are answered.`,
          { details: { most: concurrentPerCompany, retryAfterMs: busyRetryMs } },
        )
      busy.set(key, count + 1)
      try {
        return await work()
      } finally {
        const left = (busy.get(key) ?? 1) - 1
        if (left > 0) busy.set(key, left)
        else busy.delete(key)
      }
    },
  }
}

async function take(limiter: RateLimiterMemory, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    throw refusal(limiter, error)
  }
}

const tooMany: Readonly<Record<string, string>> = {
  known: 'You have asked more often than this server answers one caller in a minute. Wait, then go on more slowly.',
  unknown: 'Too many requests of this address came with credentials that open nothing. Wait, and look which key is sent.',
  received: 'Your address has sent more to this webhook than it takes in a minute. Send it again later.',
}

function refusal({ keyPrefix }: RateLimiterMemory, { msBeforeNext }: RateLimiterRes): EngineError {
  return new EngineError(httpErrors.rate_limited, tooMany[keyPrefix] ?? httpErrors.rate_limited.cause, {
    details: { retryAfterMs: Math.max(1, Math.ceil(msBeforeNext)) },
  })
}

/** What is left, and when it is whole again, in seconds. */
function headersOf({ remainingPoints, msBeforeNext }: RateLimiterRes, quota: number): Record<string, string> {
  return {
    'ratelimit-policy': `"requests";q=${quota};w=${windowSeconds}`,
    ratelimit: `"requests";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1000)}`,
  }
}

/** A key, or the session of a browser. Nothing keeps the credential itself. */
function credentialOf(request: WireRequest): string | null {
  const header = request.header('authorization') ?? sessionCookie(request, true) ?? sessionCookie(request, false)
  return header === null ? null : digestOf(header)
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** One machine has as many IPv6 addresses as it likes; the network that it is in, its first 64 bits, is what it was given. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address
  const [before = '', after] = (address.split('%')[0] ?? '').split('::')
  const [head, tail] = [before, after ?? ''].map((part) => part.split(':').filter(Boolean))
  const filler = after === undefined ? [] : Array.from({ length: 8 - (head?.length ?? 0) - (tail?.length ?? 0) }, () => '0')
  return [...(head ?? []), ...filler, ...(tail ?? [])].slice(0, 4).join(':')
}

/** With whom a request is counted while it is under way. */
function busyAs({ actor, place, isSignOfLife: isLife }: Working): { key: string; who: string } {
  const id = 'id' in actor ? actor.id : ''
  if (isLife || actor.kind === 'node' || actor.kind === 'system') return { key: `${actor.kind} ${id}`, who: `one ${actor.kind}` }
  // Whatever agents do, somebody can stop them.
  if (actor.kind !== 'user') return { key: `agents ${actor.companyId}`, who: 'the agents of this company' }
  const [company, ...others] = Object.keys(actor.roles)
  if (company === undefined) return { key: `address ${networkOf(place ?? '')}`, who: 'this address that say who sends them in their body' }
  if (company === '*' || others.length > 0) return { key: `user ${id}`, who: 'one person' }
  return { key: `people ${company}`, who: 'the people of this company' }
}
