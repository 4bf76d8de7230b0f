import { z } from 'zod'

import { command } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Name } from '../kernel/schema.ts'
import { addUser } from '../members/join.ts'
import { Email } from '../members/schema.ts'
import { findUser, findUserByEmail } from '../members/sql.ts'
import { forgiveAttempts } from './attempts.ts'
import { addAccount, changeAccount, changePasswordOf, enter } from './change.ts'
import { checkPassword, makePassword } from './check.ts'
import { loginRefused } from './errors.ts'
import { requireLink, useLink } from './links.ts'
import { onceOnly } from './log.ts'
import { LinkToken, LoggedIn, PasswordInput } from './schema.ts'
import { findAccount, hasOwner } from './sql.ts'

const entrance = { scope: 'accounts:enter', company: 'installation', carriesCredential: true } as const

export const logIn = command({
  title: 'Log in',
  description: 'A wrong address is answered as a wrong password is. After some tries in vain the next ones have to wait, longer each time.',
  input: z.strictObject({ email: Email, password: PasswordInput }),
  output: LoggedIn,
  access: entrance,
  http: ['POST', '/accounts/log-in'],
  session: 'begins',
  ...onceOnly,
  prepare: checkPassword,
  async handle(context, _input, { account, upgraded }) {
    const current = await findAccount(context.tx, account.user_id)
    // Another password was set since this one was looked at.
    if (current?.password !== account.password) throw loginRefused()
    if (upgraded !== null) await changeAccount(context, current, { password: upgraded })
    await forgiveAttempts(context, account.email ?? '')
    return enter(context, account.user_id)
  },
})

export const setUp = command({
  title: 'Make the first account, which owns the installation',
  description:
    'The token is the credential: a server without an owner shows one on its console when it starts. It works once, for an hour.',
  input: z.strictObject({ token: LinkToken, name: Name, email: Email, password: PasswordInput }),
  output: LoggedIn,
  access: entrance,
  http: ['POST', '/accounts/set-up'],
  session: 'begins',
  creates: true,
  ...onceOnly,
  async prepare(context, { token, password, ...owner }) {
    const link = await requireLink(context, token, 'setup')
    return { link, password: await makePassword(context, password, owner) }
  },
  async handle(context, { name, email }, { link, password }) {
    await useLink(context, link)
    if (await hasOwner(context.tx)) throw ruleViolated('This installation has an owner already. Log in, or ask them for an invitation.')
    const user = (await findUserByEmail(context.tx, email)) ?? (await addUser(context, { name, email }))
    const account = await findAccount(context.tx, user.id)
    if (account) await changePasswordOf(context, account, { password, role: 'owner', keeps: null })
    else await addAccount(context, { userId: user.id, password, role: 'owner' })
    return enter(context, user.id)
  },
})

export const setPassword = command({
  title: 'Set your password by a link, and log in',
  description: 'The token of the link is the credential. All sessions of before end.',
  input: z.strictObject({ token: LinkToken, password: PasswordInput }),
  output: LoggedIn,
  access: entrance,
  http: ['POST', '/accounts/set-password'],
  session: 'begins',
  ...onceOnly,
  async prepare(context, input) {
    const link = await requireLink(context, input.token, 'password')
    const user = await findUser(context.db, link.user_id ?? '')
    if (!user) throw notFound('person', 'of this link')
    return { link, user, password: await makePassword(context, input.password, user) }
  },
  async handle(context, _input, { link, user, password }) {
    await useLink(context, link)
    const account = await findAccount(context.tx, user.id)
    if (account) await changePasswordOf(context, account, { password, keeps: null })
    else await addAccount(context, { userId: user.id, password, role: null })
    await forgiveAttempts(context, user.email ?? '')
    return enter(context, user.id)
  },
})
