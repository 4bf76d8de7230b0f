import { createHash } from 'node:crypto'

import type { JsonObject } from '@engine/core/plugin'
import { z } from 'zod'

/** An id becomes an argument of the program: it can be no option. */
const SessionId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/)

const SessionState = z.object({
  sessionId: SessionId,
  fingerprint: z.string(),
})

export interface KnownSession {
  readonly sessionId: string
}

/** Programs keep their conversations in a home folder by the folder that they work in: elsewhere they do not find them. */
export function sessionFingerprint(place: { readonly command: string; readonly cwd: string; readonly home: string | undefined }): string {
  return createHash('sha256')
    .update(JSON.stringify([place.command, place.cwd, place.home]))
    .digest('hex')
    .slice(0, 32)
}

/** Null for a state of another place, or one that this version does not know. */
export function readSession(state: JsonObject | null, fingerprint: string): KnownSession | null {
  const parsed = SessionState.safeParse(state)
  return parsed.success && parsed.data.fingerprint === fingerprint ? parsed.data : null
}

/** Null when the id is none that could be given to the program again. */
export function writeSession(session: KnownSession, fingerprint: string): JsonObject | null {
  const parsed = SessionState.safeParse({ ...session, fingerprint })
  return parsed.success ? parsed.data : null
}
