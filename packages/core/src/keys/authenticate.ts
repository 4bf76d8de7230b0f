import type { Actor, AgentActor, NodeActor, RunActor, UserActor } from '../kernel/actor.ts'
import type { Host } from '../kernel/host.ts'
import { hashSecret, isSecret, type SecretKind } from '../kernel/secret.ts'
import { authenticateNode, isOfRevokedNode } from '../nodes/authenticate.ts'
import { isoTime } from '../ports/clock.ts'
import { findRunByCredential } from '../runs/sql.ts'
import { actorOfSession, authenticateSession } from '../sessions/authenticate.ts'
import { findSessionHolders } from '../sessions/sql.ts'
import { findHolder, findHolders, noteUse, type KeyHolder } from './sql.ts'
import { scopesOf } from './table.ts'

/** How often at most it is noted that a key is in use, milliseconds. */
const notedEveryMs = 60_000

/**
 * Who a credential or a key acts for, by what is true now: a member's role is looked up at each call. Null for one that is
 * unknown, revoked or expired, or whose holder may not act; nothing tells which of these it is.
 */
export async function authenticate(host: Host, credential: string): Promise<RunActor | AgentActor | UserActor | NodeActor | null> {
  if (isSecret('run', credential)) return authenticateRun(host, credential)
  if (isSecret('node', credential)) return authenticateNode(host, credential)
  if (isSecret('session', credential)) return authenticateSession(host, credential)
  if (!isSecret('user', credential) && !isSecret('agent', credential)) return null
  const now = host.clock.now()
  const holder = await findHolder(host.db, { hash: hashSecret(credential) })
  const actor = holder && isValid(holder, isoTime(now)) ? actorOf(holder) : null
  if (!holder || !actor) return null
  const since = isoTime(now - notedEveryMs)
  if (holder.last_used_at === null || holder.last_used_at <= since) {
    // A key works also where nothing can be written at the moment.
    await noteUse(host.db, { companyId: holder.company_id, id: holder.id, now: isoTime(now), since }).catch(() => undefined)
  }
  return actor
}

/**
 * The same for many at once, as cheap as for one: sessions and keys take one statement each. Notes no use. Of runs and nodes there are
 * few, and each is asked for.
 */
export async function authenticateAll(host: Host, credentials: readonly string[]): Promise<ReadonlyMap<string, Actor | null>> {
  const hashes = new Map(credentials.map((credential) => [hashSecret(credential), credential]))
  const hashesOf = (kinds: readonly SecretKind[]) =>
    [...hashes].filter(([, credential]) => kinds.some((kind) => isSecret(kind, credential))).map(([hash]) => hash)
  const found = new Map<string, Actor | null>(credentials.map((credential) => [credential, null]))
  const keep = (hash: string, actor: Actor | null) => found.set(hashes.get(hash) ?? '', actor)
  const now = isoTime(host.clock.now())
  for (const part of chunks(hashesOf(['user', 'agent'])))
    for (const holder of await findHolders(host.db, part)) keep(holder.hash, isValid(holder, now) ? actorOf(holder) : null)
  for (const part of chunks(hashesOf(['session'])))
    for (const [hash, rows] of Map.groupBy(await findSessionHolders(host.db, part), (row) => row.token_hash))
      keep(hash, actorOfSession(host, rows))
  for (const hash of hashesOf(['run', 'node'])) keep(hash, await authenticate(host, hashes.get(hash) ?? ''))
  return found
}

/** SQLite takes so many parameters, and no statement should be longer. */
const mostAtOnce = 500

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / mostAtOnce) }, (_, at) => items.slice(at * mostAtOnce, (at + 1) * mostAtOnce))
}

/** Whether a run still may act is decided by its lease, in each call; but none of a node that was let go may. */
async function authenticateRun(host: Host, credential: string): Promise<RunActor | null> {
  const run = await findRunByCredential(host.db, hashSecret(credential))
  if (!run || (await isOfRevokedNode(host, run))) return null
  return { kind: 'run', id: run.id, companyId: run.company_id, agentId: run.agent_id, taskId: run.task_id, fence: run.fence ?? -1 }
}

function isValid(holder: KeyHolder, now: string): boolean {
  return holder.revoked_at === null && (holder.expires_at === null || holder.expires_at > now)
}

/** Null for a member who is disabled or removed, and for an agent that is not hired yet or no longer. */
function actorOf(holder: KeyHolder): AgentActor | UserActor | null {
  const scopes = scopesOf(holder)
  const limit = scopes && { scopes }
  if (holder.agent_id !== null) {
    if (holder.agent_status === null || holder.agent_status === 'pending_approval' || holder.agent_status === 'terminated') return null
    return { kind: 'agent', id: holder.agent_id, companyId: holder.company_id, ...limit }
  }
  if (holder.user_id === null || holder.role === null || holder.member_status !== 'active') return null
  return { kind: 'user', id: holder.user_id, roles: { [holder.company_id]: holder.role }, ...limit }
}
