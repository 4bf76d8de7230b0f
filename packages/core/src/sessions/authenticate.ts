import type { UserActor } from '../kernel/actor.ts'
import type { Host } from '../kernel/host.ts'
import type { Role } from '../kernel/permissions.ts'
import { hashSecret } from '../kernel/secret.ts'
import { isoTime } from '../ports/clock.ts'
import { isLive } from './life.ts'
import { findSessionHolder, noteSessionUse, type SessionHolder } from './sql.ts'

/** How often at most it is noted that a session is in use, milliseconds. */
const notedEveryMs = 60_000

/** Who is logged in by a token, with the roles that they have now; null when nobody is. */
export async function authenticateSession(host: Host, token: string): Promise<UserActor | null> {
  const now = host.clock.now()
  const rows = await findSessionHolder(host.db, hashSecret(token))
  const actor = actorOfSession(host, rows)
  const [session] = rows
  const since = isoTime(now - notedEveryMs)
  if (actor && session && session.last_used_at <= since) {
    // A session works also where nothing can be written at the moment.
    await noteSessionUse(host.db, { id: session.id, now: isoTime(now), since }).catch(() => undefined)
  }
  return actor
}

/** @param rows those of one session */
export function actorOfSession(host: Pick<Host, 'clock' | 'settings'>, rows: readonly SessionHolder[]): UserActor | null {
  const [session] = rows
  if (!session || !isLive(session, host.clock.now(), host.settings)) return null
  const { id: sessionId, user_id: id, installation_role: everywhere } = session
  return { kind: 'user', id, sessionId, roles: everywhere === null ? rolesOf(rows) : { '*': everywhere } }
}

function rolesOf(rows: readonly SessionHolder[]): Record<string, Role> {
  return Object.fromEntries(rows.flatMap(({ company_id: id, role }) => (id === null || role === null ? [] : [[id, role]])))
}
