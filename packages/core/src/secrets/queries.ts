import { z } from 'zod'

import { pageById, pageByNumber } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Secret, SecretAccess, SecretStatus, SecretUse, SecretVersion } from './schema.ts'
import { locatedSecrets } from './sql.ts'
import { toAccess, toSecret, toUse, toVersion } from './table.ts'

export const get = query({
  title: 'Show a secret without its value',
  input: z.strictObject({ secretId: Id }),
  output: Secret,
  access: { scope: 'secrets:read', company: 'secret' },
  http: ['GET', '/secrets/:secretId'],
  handle: async (context) => toSecret(locatedSecrets.of(context)),
})

export const list = query({
  title: 'List secrets without their values',
  input: z.strictObject({ companyId: Id, status: SecretStatus.optional(), ...pageInput }),
  output: pageOf(Secret),
  access: { scope: 'secrets:read', company: 'company' },
  http: ['GET', '/companies/:companyId/secrets'],
  async handle(context, input) {
    let rows = context.db.selectFrom('secrets').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    return pageById(rows, input, { item: toSecret })
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
    const rows = context.db
      .selectFrom('secret_versions')
      .select(['company_id', 'secret_id', 'number', 'status', 'created_by_kind', 'created_by_id', 'created_at', 'destroyed_at'])
      .where('company_id', '=', context.companyId)
      .where('secret_id', '=', input.secretId)
    return pageByNumber(rows, input, toVersion)
  },
})

export const uses = query({
  title: 'List where a secret goes: what it is bound to, and which configurations name it',
  input: ofSecret,
  output: pageOf(SecretUse),
  access,
  http: ['GET', '/secrets/:secretId/uses'],
  async handle(context, input) {
    const rows = context.db
      .selectFrom('secret_uses')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('secret_id', '=', input.secretId)
    return pageById(rows, input, { item: toUse })
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
    const rows = context.db
      .selectFrom('secret_accesses')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('secret_id', '=', input.secretId)
    return pageById(rows, input, { isNewestFirst: true, item: toAccess })
  },
})
