import { createEngine, systemActor } from '@engine/core'

import { spreadOf, type Spread } from '../lib/measure.ts'
import { recordStatements } from '../lib/record-statements.ts'
import { factRow, judge, spreadText, type Bar, type Row } from '../lib/report.ts'
import type { ScaledFamily, SizedDatabase } from './database.ts'

const operation = 'companies.dashboard'
const calls = 30
const bars = {
  ms: { goal: 'B17', figure: 'storage ms', wants: 'at most', must: 5, stretch: 1, isStrict: false },
  growth: { goal: 'B17', figure: 'growth', wants: 'at most', must: 2, isStrict: false },
} satisfies Record<string, Bar>

/** B17: what a dashboard costs the storage, in a small company and in a large one. */
export async function dashboardRows(
  family: ScaledFamily,
  given: { small: () => Promise<SizedDatabase>; large: SizedDatabase },
): Promise<Row[]> {
  const largest = await measureDashboard(given.large)
  if (!largest) return [factRow(`${family.name}: ${operation} is not there yet`, {})]
  const small = await given.small()
  const smallest = await measureDashboard(small)
  if (!smallest) throw new Error(`${operation} is there for one database and not for the other`)
  const growth = largest.median / smallest.median
  return [
    msRow(family, { database: small, ms: smallest }),
    {
      ...msRow(family, { database: given.large, ms: largest }),
      verdicts: [judge(bars.ms, largest.median), judge(bars.growth, growth)],
    },
  ]
}

function msRow(family: ScaledFamily, { database, ms }: { database: SizedDatabase; ms: Spread }): Row {
  const { queued, events } = database.size
  const size = `${queued.toLocaleString('en')} tasks, ${events.toLocaleString('en')} events`
  return factRow(`${family.name}: dashboard, ${size}: storage ms ${spreadText(ms)}`, { facts: { ms } })
}

/** Null when this engine has no such operation. */
async function measureDashboard({ target, seed }: SizedDatabase): Promise<Spread | null> {
  const recording = recordStatements(target.storage)
  const engine = await createEngine({ storage: recording.storage })
  const times: number[] = []
  const show = () => engine.execute(operation, { input: { companyId: seed.companyId }, actor: systemActor })
  const isThere = engine.registry.get(operation) !== undefined
  for (let call = 0; isThere && call < 2 * calls; call += 1) {
    const { storageMs } = await recording.during(show)
    // The first ones prepare the statements.
    if (call >= calls) times.push(storageMs)
  }
  await engine.stop()
  return isThere ? spreadOf(times) : null
}
