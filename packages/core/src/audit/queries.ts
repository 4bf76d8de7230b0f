import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { AnchorClaim, AuditStatus, AuditVerification, Seal } from './schema.ts'
import { eventsUnsealed, newestSeal, sealsAfter } from './sql.ts'
import { toSeal } from './table.ts'
import { verifyAudit } from './verify.ts'

export const status = query({
  title: 'How far the log of a company is sealed',
  input: z.strictObject({ companyId: Id }),
  output: AuditStatus,
  access: { scope: 'audit:read', company: 'company' },
  http: ['GET', '/companies/:companyId/audit'],
  async handle({ db, companyId }) {
    const newest = await newestSeal(db, companyId)
    return {
      companyId,
      newestSeal: newest && toSeal(newest),
      unsealed: await eventsUnsealed(db, { companyId, after: newest?.last_seq ?? 0 }),
    }
  },
})

export const seals = query({
  title: 'The seals of a company, oldest first',
  input: z.strictObject({ companyId: Id, ...pageInput }),
  output: pageOf(Seal),
  access: { scope: 'audit:read', company: 'company' },
  http: ['GET', '/companies/:companyId/seals'],
  async handle({ db, companyId }, { limit, cursor }) {
    const number = cursor === undefined ? 0 : Number(decodeCursor(cursor, ['number'])[0])
    const rows = await sealsAfter(db, { companyId, number, limit: limit + 1 })
    return toPage(rows, limit, { item: toSeal, key: (row) => [row.number] })
  },
})

export const verify = query({
  title: 'Compute the seals of a company anew and compare them',
  description:
    'Finds what was edited, deleted, inserted, reordered or re-dated among sealed events, and names the first batch that is wrong. That the end of the log was cut off, or all of it written anew with right hashes, only `anchors` can tell.',
  input: z.strictObject({
    companyId: Id,
    from: z.number().int().min(1).optional().describe('The number of the first batch to look at.'),
    limit: z.number().int().min(1).optional().describe('How many batches at most; left out, all.'),
    anchors: z.array(AnchorClaim).max(10_000).optional().describe('What was anchored of this company, to compare the seals with.'),
  }),
  output: AuditVerification,
  access: { scope: 'audit:read', company: 'company' },
  http: ['POST', '/companies/:companyId/audit/verify'],
  handle: ({ db, companyId }, { from, limit, anchors }) => verifyAudit(db, { companyId, from, limit, anchors }),
})
