import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { Price, PriceBook } from '../ports/prices.ts'
import { bundledBook } from './bundled.ts'
import { priceNames } from './model-names.ts'
import type { PriceSource } from './schema.ts'
import { findPriceInEffect } from './sql.ts'
import { toPrice } from './table.ts'

interface Places {
  readonly tx: Kysely<Database>
  readonly prices: PriceBook | null
}

interface Asked {
  readonly companyId: string
  readonly provider: string
  readonly model: string
  readonly at: Date
}

/**
 * What a model costs a company at a time: by its own rate card, else by the host's price book, else by the list prices that Engine
 * brings along. Null when none of them knows it: an unknown price is never taken for nothing, nor for another model's.
 * @throws `unavailable` when the host's price book can not be read
 */
export async function findPrice(context: Places, asked: Asked): Promise<(Price & { readonly source: PriceSource }) | null> {
  const { companyId, provider, model, at } = asked
  const [name = model, otherName = name] = priceNames(model)
  const row = await findPriceInEffect(context.tx, { companyId, provider, name, otherName, at: at.toISOString() })
  if (row) return { ...toPrice(row), source: 'company' }
  const known = context.prices?.find({ provider, model, at })
  if (known) return { ...known, source: 'host' }
  const listed = bundledBook.find({ provider, model, at })
  return listed && { ...listed, source: 'bundled' }
}
