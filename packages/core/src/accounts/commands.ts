import { z } from 'zod'

import { command } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { IsoTime } from '../kernel/schema.ts'
import { Email } from '../members/schema.ts'
import { findUserByEmail } from '../members/sql.ts'
import { endSessions, loggedIn } from '../sessions/life.ts'
import { forgiveAttempts } from './attempts.ts'
import { changePasswordOf } from './change.ts'
import { checkPassword, makePassword } from './check.ts'
import { loginRefused } from './errors.ts'
import { makeLink } from './links.ts'
import { ofAccounts, onceOnly } from './log.ts'
import { PasswordInput, PasswordLink } from './schema.ts'
import { findAccount, hasOwner } from './sql.ts'

const own = { scope: 'accounts:own', company: 'installation' } as const

export const logOut = command({
  title: 'Log out: the session that asks ends',
  input: z.strictObject({}),
  output: z.object({}),
  access: own,
  http: ['POST', '/accounts/log-out'],
  session: 'ends',
  ...onceOnly,
  async handle(context) {
    const { userId, sessionId } = loggedIn(context)
    await endSessions(context, userId, { reason: 'logged_out', which: ({ id }) => id === sessionId })
    return {}
  },
})

export const changePassword = command({
  title: 'Change your password',
  description: 'All your other sessions end. Keys go on working; revoke those that you do not trust.',
  input: z.strictObject({ currentPassword: PasswordInput, newPassword: PasswordInput }),
  output: z.object({}),
  access: own,
  http: ['POST', '/accounts/change-password'],
  ...onceOnly,
  async prepare(context, { currentPassword, newPassword }) {
    const { userId } = loggedIn(context)
    const known = await findAccount(context.db, userId)
    // A stolen session guesses no faster than anybody else.
    const { account } = await checkPassword(context, { email: known?.email ?? '', password: currentPassword })
    return { account, password: await makePassword(context, newPassword, account) }
  },
  async handle(context, _input, { account, password }) {
    const { userId, sessionId } = loggedIn(context)
    const current = await findAccount(context.tx, userId)
    if (current?.password !== account.password) throw loginRefused()
    await forgiveAttempts(context, account.email ?? '')
    await changePasswordOf(context, current, { password, keeps: sessionId })
    return {}
  },
})

export const createLink = command({
  title: 'Make a link by which somebody sets their password, once',
  description:
    'Give it to the person yourself. It works for a day, in the place of any before it, and their password of now goes on working until then.',
  input: z.strictObject({ email: Email }),
  output: PasswordLink,
  // Whoever sets the password of an owner is one.
  access: { scope: 'accounts:govern', company: 'installation' },
  http: ['POST', '/accounts/links'],
  creates: true,
  ...onceOnly,
  async handle(context, { email }) {
    const user = await findUserByEmail(context.tx, email)
    if (!user) throw notFound('person', email)
    return makeLink(context, { kind: 'password', user_id: user.id })
  },
})

export const openSetup = command({
  title: 'Make the link by which the first account is made, where there is no owner',
  description: 'In the place of any before it; for the console of a server alone.',
  input: z.strictObject({}),
  output: z.object({ link: z.object({ key: z.string(), expiresAt: IsoTime }).nullable() }),
  access: { scope: 'engine:internal', company: 'installation' },
  ...ofAccounts,
  async handle(context) {
    return { link: (await hasOwner(context.tx)) ? null : await makeLink(context, { kind: 'setup', user_id: null }) }
  },
})
