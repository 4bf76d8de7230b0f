import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
import { KeyLeft, Role } from '../members/schema.ts'

/** A password as it is tried. What a new one has to be is said by `strength.ts`. */
export const PasswordInput = z.string().min(1).max(1_000)
export const LinkToken = z.string().min(1).max(200)

export const Session = z
  .object({
    id: Id,
    isCurrent: z.boolean().describe('Whether it is the one that asks.'),
    address: z.string().nullable().describe('Where it was begun, as far as the server knows.'),
    userAgent: z.string().nullable(),
    createdAt: IsoTime,
    lastUsedAt: IsoTime.describe('To the minute.'),
    expiresAt: IsoTime.describe('When it ends at the latest; it ends sooner when it is not used.'),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

export const Person = z
  .object({
    userId: Id,
    name: z.string(),
    email: z.string().nullable(),
    role: z.literal('owner').nullable().describe('In every company, and of the installation; null for the rights of memberships alone.'),
    memberships: z.array(z.object({ companyId: Id, role: Role })).describe('The companies in which they may act.'),
  })
  .meta({ id: 'Person' })
export type Person = z.infer<typeof Person>

export const Account = z
  .object({
    userId: Id,
    name: z.string(),
    email: z.string().nullable(),
    role: z
      .literal('owner')
      .nullable()
      .describe('Owner of the installation, and so of every company; null for the rights of memberships alone.'),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Account' })
export type Account = z.infer<typeof Account>

export const DeletedAccount = z
  .object({
    userId: Id,
    keysLeft: z
      .array(KeyLeft)
      .describe('Keys that they made for agents, 100 of a company at most. They go on working; revoke those that they may still know.'),
  })
  .meta({ id: 'DeletedAccount' })
export type DeletedAccount = z.infer<typeof DeletedAccount>

export const Credential = z
  .string()
  .describe('The token of the session. It is shown here and never again; over HTTP it is a cookie, and not in the answer.')

export const LoggedIn = z.object({ person: Person, session: Session, credential: Credential.optional() }).meta({ id: 'LoggedIn' })
export type LoggedIn = z.infer<typeof LoggedIn>

export const PasswordLink = z
  .object({ key: z.string().describe('The token that sets the password, once. It is shown here and never again.'), expiresAt: IsoTime })
  .meta({ id: 'PasswordLink' })
export type PasswordLink = z.infer<typeof PasswordLink>

export const AccountEventType = z.enum([
  'setup.opened',
  'account.created',
  'account.role_changed',
  'account.deleted',
  'account.login_failed',
  'session.began',
  'session.ended',
  'password.changed',
  'password.link_created',
  'password.link_ended',
])
export type AccountEventType = z.infer<typeof AccountEventType>

export const AccountEvent = z
  .object({
    id: Id,
    type: AccountEventType,
    userId: Id.nullable().describe('Whose account it is about; null when there is none, as for the address of nobody.'),
    actor: z.object({ kind: z.string(), id: z.string() }),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    data: z.record(z.string(), z.json()),
    at: IsoTime,
  })
  .meta({ id: 'AccountEvent' })
