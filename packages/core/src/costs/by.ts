import { sql, type Kysely } from 'kysely'
import { z } from 'zod'

import type { Database } from '../database/tables.ts'
import { query } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { namesOf, tasksOf } from './names.ts'
import { Spent } from './schema.ts'
import { sums, toSpent, type Sums } from './totals.ts'

const access = { scope: 'costs:read', company: 'company' } as const
const ordered = 'Who cost most comes first, imputed costs included. Read from sums that are kept.'

const Month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month such as 2026-11')
  .optional()
  .describe('A UTC month, such as `2026-11`; all time when left out.')
const ByMonth = z.strictObject({ companyId: Id, month: Month, ...pageInput })

type Wanted = z.output<typeof ByMonth>
type Row = Sums & { readonly subject: string; readonly cost: number }

/** One row more than the page, of sums by agent, project or model. */
async function dearest(db: Kysely<Database>, scope: 'agent' | 'project' | 'model', given: Wanted): Promise<Row[]> {
  let rows = db
    .selectFrom('cost_totals')
    .select(['subject', ...sums])
    .where('company_id', '=', given.companyId)
    .where('scope', '=', scope)
    .groupBy('subject')
    .orderBy('cost', 'desc')
    .orderBy('subject', 'desc')
    .limit(given.limit + 1)
  if (given.month !== undefined) rows = rows.where('period', '=', given.month)
  if (given.cursor !== undefined) {
    const [cost, subject] = decodeCursor(given.cursor, ['number', 'text'])
    rows = rows.having(sql<boolean>`(sum(cost_micros), subject) < (${cost}, ${subject})`)
  }
  return rows.execute()
}

const byCost = (row: Row) => [row.cost, row.subject]

export const byAgent = query({
  title: 'Show what each agent spent',
  description: ordered,
  input: ByMonth,
  output: pageOf(z.object({ agentId: Id, name: z.string(), ...Spent.shape })),
  access,
  http: ['GET', '/companies/:companyId/costs/by-agent'],
  async handle({ db }, given) {
    const rows = await dearest(db, 'agent', given)
    const names = await namesOf(db, 'agents', { companyId: given.companyId, ids: rows.map((row) => row.subject) })
    return toPage(rows, given.limit, {
      item: (row) => ({ agentId: row.subject, name: names.get(row.subject) ?? '', ...toSpent(row) }),
      key: byCost,
    })
  },
})

export const byProject = query({
  title: 'Show what was spent for each project',
  description: ordered,
  input: ByMonth,
  output: pageOf(z.object({ projectId: Id, name: z.string(), ...Spent.shape })),
  access,
  http: ['GET', '/companies/:companyId/costs/by-project'],
  async handle({ db }, given) {
    const rows = await dearest(db, 'project', given)
    const names = await namesOf(db, 'projects', { companyId: given.companyId, ids: rows.map((row) => row.subject) })
    return toPage(rows, given.limit, {
      item: (row) => ({ projectId: row.subject, name: names.get(row.subject) ?? '', ...toSpent(row) }),
      key: byCost,
    })
  },
})

export const byModel = query({
  title: 'Show what each model cost',
  description: ordered,
  input: ByMonth,
  output: pageOf(z.object({ provider: z.string(), model: z.string().nullable(), ...Spent.shape })),
  access,
  http: ['GET', '/companies/:companyId/costs/by-model'],
  handle: async ({ db }, given) =>
    toPage(await dearest(db, 'model', given), given.limit, {
      item: (row) => {
        const [provider = '', model = ''] = row.subject.split(' ')
        return { provider, model: model || null, ...toSpent(row) }
      },
      key: byCost,
    }),
})

export const byTask = query({
  title: 'Show what each task cost, the newest task first',
  input: z.strictObject({ companyId: Id, ...pageInput }),
  output: pageOf(z.object({ taskId: Id, identifier: z.string(), title: z.string(), ...Spent.shape })),
  access,
  http: ['GET', '/companies/:companyId/costs/by-task'],
  async handle({ db, companyId }, given) {
    let found = db
      .selectFrom('cost_totals')
      .select(['subject', ...sums])
      .where('company_id', '=', companyId)
      .where('scope', '=', 'task')
      .where('period', '=', '')
      .groupBy('subject')
      .orderBy('subject', 'desc')
      .limit(given.limit + 1)
    if (given.cursor !== undefined) found = found.where('subject', '<', String(decodeCursor(given.cursor, ['id'])[0]))
    const rows = await found.execute()
    const known = await tasksOf(db, { companyId, ids: rows.map((row) => row.subject) })
    return toPage(rows, given.limit, {
      item: (row) => {
        const { identifier = '', title = '' } = known.get(row.subject) ?? {}
        return { taskId: row.subject, identifier, title, ...toSpent(row) }
      },
      key: (row) => [row.subject],
    })
  },
})
