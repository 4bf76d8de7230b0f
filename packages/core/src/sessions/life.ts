import type { CommandContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import type { Actor } from '../kernel/actor.ts'
import { newSecret } from '../kernel/secret.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import { isoTime } from '../ports/clock.ts'
import { accountErrors } from '../accounts/errors.ts'
import { logAccount } from '../accounts/log.ts'
import { deleteSessions, insertSession, sessionsOf } from './sql.ts'
import type { SessionTable } from './table.ts'

/** How many sessions somebody may have; the one that was used least lately makes room. */
const mostSessions = 50
const mostCharacters = 300

/** Whether a session still lasts. */
export function isLive(
  session: Pick<SessionTable, 'last_used_at' | 'expires_at'>,
  now: number,
  { sessionIdleMs }: Pick<EngineSettings, 'sessionIdleMs'>,
): boolean {
  return session.expires_at > isoTime(now) && Date.parse(session.last_used_at) > now - sessionIdleMs
}

/** Begins a session of a person, always by a new token, whatever the caller came with. */
export async function beginSession(context: CommandContext, userId: string): Promise<{ row: SessionTable; credential: string }> {
  const { address, userAgent } = context.caller
  const { secret, hash } = newSecret('session')
  const now = context.clock.now()
  const existing = await sessionsOf(context.tx, userId)
  const live = existing.filter((session) => isLive(session, now, context.settings))
  const stay = live.toSorted((left, right) => (left.last_used_at < right.last_used_at ? 1 : -1)).slice(0, mostSessions - 1)
  const ids = existing.filter((session) => !stay.includes(session)).map(({ id }) => id)
  await deleteSessions(context.tx, { userId, ids })
  const row: SessionTable = {
    id: context.newId(),
    user_id: userId,
    token_hash: hash,
    address,
    user_agent: userAgent === null ? null : userAgent.slice(0, mostCharacters),
    created_at: context.now,
    last_used_at: context.now,
    expires_at: isoTime(now + context.settings.sessionLifeMs),
  }
  await insertSession(context.tx, row)
  await logAccount(context, 'session.began', { userId, data: { sessionId: row.id }, by: { kind: 'user', id: userId } })
  return { row, credential: secret }
}

export type EndReason = 'logged_out' | 'revoked' | 'revoked_by_admin' | 'password_changed' | 'account_deleted'

/** Ends sessions of a person: from this commit on their tokens open nothing. @returns how many there were */
export async function endSessions(
  context: CommandContext,
  userId: string,
  { reason, which }: { reason: EndReason; which: (session: SessionTable) => boolean },
): Promise<number> {
  const wanted = (await sessionsOf(context.tx, userId)).filter(which).map(({ id }) => id)
  const ended = await deleteSessions(context.tx, { userId, ids: wanted })
  for (const sessionId of ended) await logAccount(context, 'session.ended', { userId, data: { sessionId, reason } })
  return ended.length
}

/** The person and the session that a call comes from. @throws `not_logged_in` for a key, an agent, or the host itself */
export function loggedIn({ actor }: { actor: Actor }): { userId: string; sessionId: string } {
  if (actor.kind === 'user' && actor.sessionId !== undefined) return { userId: actor.id, sessionId: actor.sessionId }
  throw new EngineError(accountErrors.not_logged_in, 'This is for somebody who is logged in, and you are not: you have no session here.')
}
