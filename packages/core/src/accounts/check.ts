import type { PrepareContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import { accountErrors, loginRefused } from './errors.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { findAccountByEmail, type KnownAccount } from './sql.ts'
import { passwordProblem } from './strength.ts'

export interface Checked {
  readonly account: KnownAccount
  /** The password as it is kept from now on, when what is kept of it was made by older parameters. */
  readonly upgraded: string | null
}

/**
 * Looks at a password, after the try was counted. An address that nobody has takes the same answer and the same work as a wrong password.
 * @throws `login_refused`, `too_many_attempts`
 */
export async function checkPassword(context: PrepareContext, given: { email: string; password: string }): Promise<Checked> {
  const { address, userAgent } = context.caller
  const { passwordCost } = context.settings
  // The answer of this operation is by its own schema.
  const { isTold } = (await context.perform('accounts.countAttempt', { email: given.email, address })) as { isTold: boolean }
  const account = await findAccountByEmail(context.db, given.email)
  const { isRight, isOutdated } = await verifyPassword(given.password, account?.password ?? null, passwordCost)
  if (!account || !isRight) {
    if (isTold) await context.perform('accounts.recordFailure', { userId: account?.user_id ?? null, address, userAgent })
    throw loginRefused()
  }
  return { account, upgraded: isOutdated ? await hashPassword(given.password, passwordCost) : null }
}

/** What is kept of a new password. @throws `weak_password` */
export async function makePassword(
  { settings }: Pick<PrepareContext, 'settings'>,
  password: string,
  owner: { name: string; email: string | null },
): Promise<string> {
  const problem = passwordProblem(password, owner)
  if (problem !== null) throw new EngineError(accountErrors.weak_password, problem)
  return hashPassword(password, settings.passwordCost)
}
