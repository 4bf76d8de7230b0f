import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { notFound } from '../kernel/errors.ts'
import type { Anchor } from '../ports/anchor.ts'
import type { AuditVerification } from './schema.ts'
import { companyIdsAfter } from './sql.ts'
import { verifyAudit } from './verify.ts'

const companiesOnPage = 200
const lowestId = '00000000-0000-0000-0000-000000000000'

/** Verifies one company, or each that is in the database or named by an anchor. @throws `not_found` for one that is neither */
export async function verifyCompanies(
  db: Kysely<Database>,
  { companyId, anchors = [] }: { companyId?: string; anchors?: readonly Anchor[] },
): Promise<AuditVerification[]> {
  const anchored = Map.groupBy(anchors, (anchor) => anchor.companyId)
  const known = new Set([...(await everyCompany(db)), ...anchored.keys()])
  if (companyId !== undefined && !known.has(companyId)) throw notFound('company', companyId)
  const found: AuditVerification[] = []
  for (const id of companyId === undefined ? known : [companyId])
    found.push(await verifyAudit(db, { companyId: id, anchors: anchored.get(id) ?? [] }))
  return found
}

async function everyCompany(db: Kysely<Database>): Promise<string[]> {
  const ids: string[] = []
  for (let above: string | undefined = lowestId; above !== undefined;) {
    const page = await companyIdsAfter(db, { above, limit: companiesOnPage })
    ids.push(...page)
    above = page.length < companiesOnPage ? undefined : page.at(-1)
  }
  return ids
}
