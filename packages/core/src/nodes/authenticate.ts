import type { NodeActor } from '../kernel/actor.ts'
import type { Host } from '../kernel/host.ts'
import { hashSecret } from '../kernel/secret.ts'
import { isoTime } from '../ports/clock.ts'
import { Id } from '../kernel/schema.ts'
import { findNodeByToken, isCutOff } from './sql.ts'

/** Null for a token that is unknown or too old, and when the node, or the key that it registered with, was revoked. */
export async function authenticateNode(host: Host, token: string): Promise<NodeActor | null> {
  const node = await findNodeByToken(host.db, { hash: hashSecret(token), now: isoTime(host.clock.now()) })
  return node && { kind: 'node', id: node.id }
}

/** Whether the credential of a run opens nothing any more because the node that executes it was let go. */
export async function isOfRevokedNode(host: Host, run: { worker_id: string | null }): Promise<boolean> {
  // Whoever works from outside has a name there, and no row.
  return Id.safeParse(run.worker_id).success && run.worker_id !== null && isCutOff(host.db, run.worker_id)
}
