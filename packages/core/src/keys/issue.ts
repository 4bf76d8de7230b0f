import { eventActor, type Actor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import type { Scope } from '../kernel/permissions.ts'
import { assertFuture } from '../kernel/future.ts'
import { newSecret } from '../kernel/secret.ts'
import type { NewKey } from './schema.ts'
import { changeKey, insertKey } from './sql.ts'
import { toKey, type KeyTable } from './table.ts'

const shownCharacters = 12

type Holder = { readonly kind: 'user'; readonly memberId: string } | { readonly kind: 'agent'; readonly agentId: string }

interface Wish {
  readonly name: string
  readonly scopes?: readonly Scope[] | undefined
  readonly expiresAt?: string | null | undefined
}

/** Makes a key for a member or an agent of the company. Its text is in the answer and nowhere else. */
export async function issueKey(context: CommandContext, holder: Holder, wish: Wish): Promise<NewKey> {
  assertFuture(context, wish.expiresAt)
  const scopes = grantedScopes(context.actor, wish.scopes)
  const { secret, hash } = newSecret(holder.kind)
  const { kind, id } = eventActor(context.actor)
  const row: KeyTable = {
    id: context.newId(),
    company_id: context.companyId,
    kind: holder.kind,
    member_id: holder.kind === 'user' ? holder.memberId : null,
    agent_id: holder.kind === 'agent' ? holder.agentId : null,
    name: wish.name,
    prefix: secret.slice(0, shownCharacters),
    hash,
    scopes: scopes && JSON.stringify(scopes),
    expires_at: wish.expiresAt ?? null,
    revoked_at: null,
    last_used_at: null,
    created_by_kind: kind,
    created_by_id: id,
    version: 1,
    created_at: context.now,
    updated_at: context.now,
  }
  await insertKey(context.tx, row)
  context.emit('key.created', keyRef(row), { ...aboutKey(row), scopes, expiresAt: row.expires_at })
  return { ...toKey(row), key: secret }
}

/** A limited key makes keys that are limited at least as much. */
function grantedScopes(actor: Actor, wanted: readonly Scope[] | undefined): Scope[] | null {
  const own = 'scopes' in actor ? actor.scopes : undefined
  const granted = wanted ?? own
  if (granted === undefined) return null
  const beyond = own ? granted.filter((scope) => !own.includes(scope)) : []
  if (beyond.length > 0) {
    throw new EngineError(kernelErrors.forbidden, `Your key is limited and can not pass on what it lacks: ${beyond.join(', ')}.`, {
      details: { beyond, yours: [...(own ?? [])] },
    })
  }
  return [...new Set(granted)]
}

/** Takes a key's worth away; it is refused from this commit on. */
export async function revokeKey(context: CommandContext, key: KeyTable, reason: string): Promise<KeyTable> {
  const next = await changeKey(context, key, { revoked_at: context.now })
  context.emit('key.revoked', keyRef(next), { ...aboutKey(next), reason })
  return next
}

function aboutKey(key: KeyTable) {
  return { kind: key.kind, memberId: key.member_id, agentId: key.agent_id, name: key.name, prefix: key.prefix }
}

function keyRef(key: KeyTable) {
  return { type: 'key' as const, id: key.id, version: key.version }
}
