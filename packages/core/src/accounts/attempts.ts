import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { sha256 } from '../kernel/json.ts'
import { Id } from '../kernel/schema.ts'
import { isoTime } from '../ports/clock.ts'
import { tooManyAttempts } from './errors.ts'
import { countTry, familiarMs, forgottenMs, waitOf } from './lockout.ts'
import { logAccount, ofAccounts } from './log.ts'
import { networkOf } from './network.ts'
import { forgetAttempts, lockAttempts, writeAttempt } from './sql.ts'
import type { AttemptKind, LoginAttemptTable } from './table.ts'

const internal = { scope: 'engine:internal', company: 'installation' } as const

const Place = { email: z.string(), address: z.string().nullable() }

export const countAttempt = command({
  title: 'Count a try to log in, before the password is looked at',
  description: 'Counted first, many tries at once are no more than one after the other. They are taken back when the password is right.',
  input: z.strictObject(Place),
  output: z.object({ isTold: z.boolean().describe('Whether the log is to tell of it, should it fail.') }),
  access: internal,
  ...ofAccounts,
  async handle(context, place) {
    const now = context.clock.now()
    const counters = await lockAttempts(context.tx, freshCounters(context.now, place))
    const waitMs = waitOf(counters, now)
    if (waitMs > 0) throw tooManyAttempts(waitMs)
    await forgetAttempts(context.tx, { tried: isoTime(now - forgottenMs), succeeded: isoTime(now - familiarMs) })
    let isTold = false
    for (const counter of counters) {
      const { count, blockedUntil } = countTry(counter, now)
      const blocked = blockedUntil === null ? null : isoTime(blockedUntil)
      await writeAttempt(context.tx, counter.key, { count, last_at: context.now, blocked_until: blocked })
      // The first of a day and each that brings a wait: with the waits, so many entries and no more.
      isTold ||= blocked !== null || (counter.kind !== 'address' && count === 1)
    }
    return { isTold }
  },
})

export const recordFailure = command({
  title: 'Write into the log of accounts that somebody could not log in',
  input: z.strictObject({ userId: Id.nullable(), address: z.string().nullable(), userAgent: z.string().nullable() }),
  output: z.object({}),
  access: internal,
  ...ofAccounts,
  async handle(context, { userId, ...caller }) {
    await logAccount(context, 'account.login_failed', { userId, caller })
    return {}
  },
})

/** Takes the tries back that turned out to be right. Of an address only this one: it may try other accounts. */
export async function forgiveAttempts(context: CommandContext, email: string): Promise<void> {
  const place = { email, address: context.caller.address }
  for (const counter of await lockAttempts(context.tx, freshCounters(context.now, place))) {
    const count = counter.kind === 'address' ? Math.max(0, counter.count - 1) : 0
    const stays = counter.kind === 'address' ? {} : { succeeded_at: counter.kind === 'pair' ? context.now : null }
    await writeAttempt(context.tx, counter.key, { count, blocked_until: null, ...stays })
  }
}

/** What a try is counted by, as it is when nothing was tried. Without an address only by the account. */
function freshCounters(now: string, { email, address }: { email: string; address: string | null }): LoginAttemptTable[] {
  const fresh = (kind: AttemptKind, parts: readonly string[]): LoginAttemptTable => ({
    key: sha256(JSON.stringify([kind, ...parts])),
    kind,
    count: 0,
    last_at: now,
    blocked_until: null,
    succeeded_at: null,
  })
  const account = fresh('account', [email])
  return address === null ? [account] : [account, fresh('address', [networkOf(address)]), fresh('pair', [email, networkOf(address)])]
}
