import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Secret, SecretAccess, SecretStatus, SecretUse, SecretVersion } from './schema.ts'
import { findSecret } from './sql.ts'
import { toAccess, toSecret, toUse, toVersion } from './table.ts'

export const get = query({
  title: 'Show a secret without its value',
  input: z.strictObject({ secretId: Id }),
  output: Secret,
  access: { scope: 'secrets:read', company: 'secret' },
  http: ['GET', '/secrets/:secretId'],
  async handle(context, input) {
    const secret = await findSecret(context.db, input.secretId)
    if (!secret) throw notFound('secret', input.secretId)
    return toSecret(secret)
  },
})

export const list = query({
  title: 'List secrets without their values',
  input: z.strictObject({ companyId: Id, status: SecretStatus.optional(), ...pageInput }),
  output: pageOf(Secret),
  access: { scope: 'secrets:read', company: 'company' },
  http: ['GET', '/companies/:companyId/secrets'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('secrets')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toSecret, key: (row) => [row.id] })
  },
})

const ofSecret = z.strictObject({ secretId: Id, ...pageInput })
const access = { scope: 'secrets:read', company: 'secret' } as const

export const versions = query({
  title: 'List when a secret got which value, newest first',
  input: ofSecret,
  output: pageOf(SecretVersion),
  access,
  http: ['GET', '/secrets/:secretId/versions'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('secret_versions')
      .select(['company_id', 'secret_id', 'number', 'status', 'created_by_kind', 'created_by_id', 'created_at', 'destroyed_at'])
      .where('company_id', '=', context.companyId)
      .where('secret_id', '=', input.secretId)
      .orderBy('number', 'desc')
      .limit(input.limit + 1)
    if (input.cursor) rows = rows.where('number', '<', Number(decodeCursor(input.cursor, ['number'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toVersion, key: (row) => [row.number] })
  },
})

export const uses = query({
  title: 'List where a secret goes: what it is bound to, and which configurations name it',
  input: ofSecret,
  output: pageOf(SecretUse),
  access,
  http: ['GET', '/secrets/:secretId/uses'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('secret_uses')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('secret_id', '=', input.secretId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toUse, key: (row) => [row.id] })
  },
})

export const accesses = query({
  title: 'List which runs and routes wanted a secret, newest first',
  description: 'The newest 1,000 are kept.',
  input: ofSecret,
  output: pageOf(SecretAccess),
  access,
  http: ['GET', '/secrets/:secretId/accesses'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('secret_accesses')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('secret_id', '=', input.secretId)
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    if (input.cursor) rows = rows.where('id', '<', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toAccess, key: (row) => [row.id] })
  },
})
