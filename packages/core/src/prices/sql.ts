import { sql, type Kysely } from 'kysely'

import { versionedChange, versionedDelete } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { anyModel } from './model-names.ts'
import type { PriceTable } from './table.ts'

export const findCompanyPrice = rowById('prices')

export const locatedPrices = locatedRows(findCompanyPrice)

export async function findPriceFrom(
  db: Kysely<Database>,
  { company_id, provider, model, effective_from }: Pick<PriceTable, 'company_id' | 'provider' | 'model' | 'effective_from'>,
): Promise<PriceTable | null> {
  const rows = await db
    .selectFrom('prices')
    .selectAll()
    .where((e) => e.and({ company_id, provider, model, effective_from }))
    .execute()
  return first(rows)
}

interface Asked {
  readonly companyId: string
  readonly provider: string
  /** The most exact first; the same again where there is only one. */
  readonly name: string
  readonly otherName: string
  readonly at: string
}

const priceInEffect = statement((db, given: Asked) =>
  db
    .selectFrom('prices')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('provider', '=', given.provider)
    .where('model', 'in', [given.name, given.otherName, anyModel])
    .where('effective_from', '<=', given.at)
    // One after the other: the more exact name counts, however new the price of the other is.
    .orderBy(sql`case model when ${given.name} then 0 when ${given.otherName} then 1 else 2 end`)
    .orderBy('effective_from', 'desc')
    .limit(1),
)

/** The price of the most exact name that the company's rate card has at that time, by the index of its effective dates. */
export async function findPriceInEffect(db: Kysely<Database>, asked: Asked): Promise<PriceTable | null> {
  return first(await priceInEffect(db, asked))
}

export const changePrice = versionedChange('prices', 'price')

export const deletePrice = versionedDelete('prices', 'price')
