import { EngineError, type Actor, type Caller, type Engine, type Operation } from '@engine/core'

import { httpErrors } from '../errors.ts'
import { guardLocal } from '../local-guard.ts'
import { takesRequest } from '../received.ts'
import type { WireRequest } from '../wire.ts'
import { isCsrfToken, sessionCookie } from './cookies.ts'
import { admit, named, publicAddress, type PublicAddress } from './door.ts'
import { trustProxies } from './proxies.ts'

/** People log in with a password, and their browser keeps a session. */
export interface AccountsOptions {
  /**
   * Under which addresses people reach the server, such as `https://engine.example`; requests that name another are refused. The first
   * is where links lead to. Left out, it is reached on this machine alone.
   */
  readonly publicUrls?: readonly string[]
  /** Addresses of the proxies that are believed when they say who comes (`X-Forwarded-For`). Left out, none. */
  readonly trustedProxies?: readonly string[]
  /** Whether the names of this machine do too beside public addresses; for a server that listens there alone. */
  readonly letsLoopback?: boolean
}

export interface EntranceOptions {
  readonly engine: Engine
  readonly localActor?: Actor | undefined
  readonly accounts?: AccountsOptions | undefined
}

/** A request that was let in. */
export interface Visit {
  readonly request: WireRequest
  /** Which of the server's addresses it named; null where it has none of its own, in somebody's program. */
  readonly address: PublicAddress | null
  readonly caller: Caller
}

/** Who asks, and by what; nothing for the person at this machine. */
export interface Identity {
  readonly actor: Actor
  readonly credential: string | null
}

/** Who is let in, and as whom. */
export interface Entrance {
  readonly hasAccounts: boolean
  /** Where a request comes from, past trusted proxies; null where the host does not know. */
  addressOf(request: WireRequest): string | null
  /** A request with the path that the server is mounted at: as the program around it says, or as the public address has it that it names. */
  placed(request: WireRequest): WireRequest
  /** @throws `untrusted_origin` */
  visit(request: WireRequest): Visit
  /** Who a request acts for. @throws `unauthenticated`, `csrf_token` */
  identify(visit: Visit): Promise<Identity>
  /** The same for an operation, which may let a stranger in by what the request holds. */
  identifyFor(visit: Visit, operation: Operation): Promise<Identity>
  /** The session of a browser, whatever it asks for. */
  session(visit: Visit): Promise<(Identity & { readonly credential: string }) | null>
}

/** @throws for settings that contradict each other */
export function createEntrance({ engine, localActor, accounts }: EntranceOptions): Entrance {
  if (localActor && accounts) throw new Error('A server has accounts, or acts for the person at this machine without one; not both.')
  const addresses = (accounts?.publicUrls ?? []).map(publicAddress)
  const letsLoopback = accounts?.letsLoopback ?? addresses.length === 0
  const addressOf = trustProxies(accounts?.trustedProxies ?? [])
  const cookieOf = ({ request, address }: Visit) => (accounts && address ? sessionCookie(request, address.isSecure) : null)

  async function byCookie(visit: Visit): Promise<(Identity & { readonly credential: string }) | null> {
    const credential = cookieOf(visit)
    const actor = credential === null ? null : await engine.authenticate(credential)
    return credential !== null && actor?.kind === 'user' ? { actor, credential } : null
  }

  async function identify(visit: Visit): Promise<Identity> {
    const { request } = visit
    const header = request.header('authorization')
    if (header !== null) return byKey(engine, header)
    if (localActor) return { actor: localActor, credential: null }
    const session = await byCookie(visit)
    if (!session) throw new EngineError(httpErrors.unauthenticated, withoutKey(accounts !== undefined))
    if (!isRead(request) && !isCsrfToken(request.header('x-csrf-token'), session.credential)) throw csrfMissing()
    return session
  }

  return {
    hasAccounts: accounts !== undefined,
    addressOf,
    placed(request) {
      const base = request.basePath ? '' : (named(request, addresses)?.base ?? '')
      return base === '' ? request : { ...request, basePath: base }
    },
    visit(request) {
      const caller = { address: addressOf(request), userAgent: request.header('user-agent') }
      if (localActor) guardLocal(request)
      return { request, address: accounts ? admit(request, addresses, { letsLoopback }) : null, caller }
    },
    identify,
    async identifyFor(visit, operation) {
      const { access } = operation.definition
      if (!access.carriesCredential) return identify(visit)
      // What its headers say is for the operation to read, also about who sent it.
      if (takesRequest(operation)) return stranger
      const isKnown = localActor !== undefined || visit.request.header('authorization') !== null
      if (isKnown) return identify(visit)
      // A cookie that comes without its token says nothing of who asks.
      const session = await byCookie(visit)
      return session && isCsrfToken(visit.request.header('x-csrf-token'), session.credential) ? session : stranger
    },
    session: byCookie,
  }
}

/** Somebody whose call brings its own credential: the token of an invitation, the signature of a delivery. May nothing else. */
const stranger: Identity = { actor: { kind: 'user', id: 'anonymous', roles: {} }, credential: null }

async function byKey(engine: Engine, header: string): Promise<Identity> {
  const credential = /^Bearer\s+(\S+)$/i.exec(header)?.[1]
  const actor = credential === undefined ? null : await engine.authenticate(credential)
  if (actor && credential !== undefined) return { actor, credential }
  throw new EngineError(
    httpErrors.unauthenticated,
    'This key opens nothing here. It may be mistyped, revoked, expired, or of another server.',
  )
}

function withoutKey(hasAccounts: boolean): string {
  const advice = 'This request carries no key. Send yours as "Authorization: Bearer eng_…".'
  return hasAccounts ? `${advice} In a browser, log in.` : advice
}

function csrfMissing(): EngineError {
  const message =
    'This request changes something by the session of a browser and lacks the token of that session, x-csrf-token. GET /api/session has it.'
  return new EngineError(httpErrors.csrf_token, message)
}

function isRead({ method }: WireRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}
