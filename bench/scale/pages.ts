import { createEngine, type Engine } from '@engine/core'

import { callersVariant } from '../lib/callers.ts'
import { deepCursor, listCases, rareCases, type ListCase } from '../lib/lists.ts'
import { calibrate, interleave, type BenchOptions, type Variant } from '../lib/measure.ts'
import { comparisonRow, type Bar, type Row } from '../lib/report.ts'
import type { ScaledFamily, SizedDatabase } from './database.ts'

const bar: Bar = { goal: 'B18', figure: 'CPU', wants: 'at most', must: 2, isStrict: true }
const limit = 50
/** Long enough for a server to settle on the plan that it keeps for a prepared statement. */
const warmUpPages = 12
/** How long one variant takes in one round. */
const pagesMs = 40
/** Ratios near 1 or far above 2 are seen soon. */
const mostRounds = 5

/** B18: first pages of filtered lists, deep pages, and pages of what is rare, against the first page of the whole list. */
export async function pageRows(family: ScaledFamily, given: { database: SizedDatabase; options: BenchOptions }): Promise<Row[]> {
  const { target, seed } = given.database
  const engine = await createEngine({ storage: target.storage })
  const lists = listCases(seed)
  const variant = (list: ListCase, page: { called: string; cursor?: string }) => pageVariant(family, { engine, list, ...page })
  const rows: Row[] = []
  for (const list of [...lists, ...rareCases(seed)]) {
    const whole = lists.find(({ name }) => name === list.like) ?? list
    const compared = [variant(whole, { called: 'first page' })]
    if (whole !== list) compared.push(variant(list, { called: 'first page' }))
    if (lists.includes(list)) compared.push(variant(list, { called: 'deep page', cursor: await deepCursor(target, list, seed.companyId) }))
    rows.push(...(await compare(compared, given.options)))
  }
  await engine.stop()
  return rows
}

/** The first variant against the others. */
async function compare(variants: readonly Variant[], { rounds }: BenchOptions): Promise<Row[]> {
  const operations: number[] = []
  for (const variant of variants) {
    await variant.run(warmUpPages)
    operations.push(await calibrate(variant, { trial: warmUpPages, ms: pagesMs, callers: 1, least: 2, most: Infinity }))
  }
  const [baseline, ...others] = await interleave(variants, { rounds: Math.min(mostRounds, rounds), operations })
  if (!baseline) throw new Error('a page was not measured')
  return others.map((measured) => comparisonRow(measured, { baseline, bars: { cpu: bar } }))
}

function pageVariant(
  family: ScaledFamily,
  given: { engine: Engine; list: ListCase; called: string; cursor?: string | undefined },
): Variant {
  const { engine, list, called, cursor } = given
  async function call(): Promise<void> {
    const { items } = await list.page(engine, { limit, ...(cursor !== undefined && { cursor }) })
    const isEmpty = items.length === 0
    if (isEmpty !== (list.isEmpty ?? false)) throw new Error(`the page of ${list.name} has ${items.length} rows`)
  }
  const name = `${family.name}: ${list.name}, ${called}`
  return callersVariant({ name, callers: 1, call, ...(family.serverCpuUs && { serverCpuUs: family.serverCpuUs }) })
}
