import type { Engine, Operation } from '@engine/core'

import { json, type WireResponse } from '../wire.ts'
import { csrfTokenOf, setSessionCookie } from './cookies.ts'
import type { Entrance, Visit } from './entrance.ts'

/** Who a browser is logged in as, and what its pages have to send beside the cookie; nobody without a session. */
export async function showSession({ engine, entrance, isLocal }: Place, visit: Visit): Promise<WireResponse> {
  const mode = isLocal ? 'local_trusted' : entrance.hasAccounts ? 'authenticated' : 'keys'
  const session = await entrance.session(visit)
  if (!session) return json(200, { mode, person: null, csrfToken: null })
  const person = await engine.as(session.actor).accounts.me()
  return json(200, { mode, person, csrfToken: csrfTokenOf(session.credential) })
}

interface Place {
  readonly engine: Engine
  readonly entrance: Entrance
  readonly isLocal: boolean
}

/** Puts the token of a session that began into a cookie, and nowhere else; takes the cookie back of one that ended. */
export function keepSession(
  operation: Operation,
  output: unknown,
  { address }: Visit,
): { output: unknown; headers: Record<string, string> } {
  const { definition } = operation
  const effect = definition.kind === 'command' ? definition.session : undefined
  if (effect === undefined || !address) return { output, headers: {} }
  if (effect === 'ends') return { output, headers: { 'set-cookie': setSessionCookie(null, address.isSecure) } }
  // What begins a session answers with an object, by the rule of `session`.
  const { credential, ...rest } = output as { credential?: string }
  if (credential === undefined) return { output, headers: {} }
  const cookie = setSessionCookie(credential, address.isSecure)
  return { output: { ...rest, csrfToken: csrfTokenOf(credential) }, headers: { 'set-cookie': cookie } }
}
