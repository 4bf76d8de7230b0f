import { eventActor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Caller } from '../kernel/call.ts'
import type { AccountEventType } from './schema.ts'

/** What is of accounts is of no company: it stands in a log of its own, and no company can be archived around it. */
export const ofAccounts = {
  unaudited: 'an account is of no company, in whose log it would stand; it has a log of its own',
  whenArchived: 'an account is of no company',
  locks: 'rows',
} as const

/** Commands whose answers or effects belong to one moment take no Idempotency-Key. */
export const onceOnly = {
  ...ofAccounts,
  answersOnce: 'what it answers or ends is of this one call, and is kept nowhere',
  needsOwnTransaction: 'a password is looked at outside of any transaction',
  mcp: { leftOut: 'it is for people, with what they alone know' },
} as const

interface Entry {
  readonly userId: string | null
  readonly data?: JsonObject
  /** Who came, when it is not the caller. */
  readonly by?: { readonly kind: string; readonly id: string }
  readonly caller?: Caller
}

/** Writes an entry in the same transaction as what it tells of. */
export async function logAccount(context: CommandContext, type: AccountEventType, entry: Entry): Promise<void> {
  const { kind, id } = entry.by ?? eventActor(context.actor)
  const { address, userAgent } = entry.caller ?? context.caller
  const row = {
    id: context.newId(),
    user_id: entry.userId,
    type,
    actor_kind: kind,
    actor_id: id,
    address,
    user_agent: userAgent,
    data: JSON.stringify(entry.data ?? {}),
    at: context.now,
  }
  await context.tx.insertInto('account_events').values(row).execute()
}
