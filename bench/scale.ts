import type { BenchOptions } from './lib/measure.ts'
import { comparisonColumns, type Report, type Row } from './lib/report.ts'
import type { CompanySize } from './lib/seed-company.ts'
import { claimRows } from './scale/claims.ts'
import { dashboardRows } from './scale/dashboard.ts'
import { onEachFamily, type ScaledFamily } from './scale/database.ts'
import { pageRows } from './scale/pages.ts'
import { planRows } from './scale/plans.ts'

const smallest: CompanySize = { queued: 1_000, events: 3_000 }
const ordinary = { small: { queued: 10_000, events: 30_000 }, large: { queued: 100_000, events: 300_000 } }
const large = { small: { queued: 100_000, events: 300_000 }, large: { queued: 1_000_000, events: 10_000_000 } }

/** B13, B17, B18: what must not grow with a company. */
export async function benchScale(options: BenchOptions): Promise<Report> {
  const rows = await onEachFamily((family) => scaleRows(family, options))
  return { bench: 'scale: the same work in a small and in a large company', columns: comparisonColumns, rows: rows.flat() }
}

async function scaleRows(family: ScaledFamily, options: BenchOptions): Promise<Row[]> {
  const sizes = options.isLarge ? large : ordinary
  const [smaller, larger] = [await family.fill(sizes.small), await family.fill(sizes.large)]
  return [
    ...(await planRows(family, larger)),
    ...(await pageRows(family, { database: larger, options })),
    ...(await dashboardRows(family, { small: () => family.fill(smallest), large: larger })),
    ...(await claimRows(family, { small: smaller, large: larger, options })),
  ]
}
