import { setTimeout as sleep } from 'node:timers/promises'

import { createEngine } from '@engine/core'

import { benchAdapter } from '../lib/adapter.ts'
import { startClocks, type BenchOptions, type Measured, type Sample } from '../lib/measure.ts'
import { comparisonRow, problemsRow, type Bar, type Row } from '../lib/report.ts'
import { unhurried, untilSucceeded } from '../lib/units.ts'
import type { ScaledFamily, SizedDatabase } from './database.ts'

const bar: Bar = { goal: 'B13', figure: 'CPU', wants: 'at most', must: 1.2, isStrict: true }
const slots = 16
const warmUpRuns = 2 * slots
const measuredRuns = 200
/** A claim that reads its whole queue is not waited for to the end. */
const limitMs = 3_000
const mostRounds = 3

/** B13: claim, run and report by a dispatcher that begins with a short and with a long queue. */
export async function claimRows(
  family: ScaledFamily,
  given: { small: SizedDatabase; large: SizedDatabase; options: BenchOptions },
): Promise<Row[]> {
  const { small, large, options } = given
  for (const database of [small, large]) await sealAll(database)
  const measured = [small, large].map((database) => ({ database, samples: [] as Sample[] }))
  for (let round = 0; round < Math.min(mostRounds, options.rounds); round += 1) {
    for (const { database, samples } of round % 2 === 0 ? measured : measured.toReversed()) {
      samples.push(await sampleClaims(database, family))
    }
  }
  const [baseline, grown] = measured.map(({ database, samples }): Measured => ({ name: nameOf(family, database), samples }))
  if (!baseline || !grown) throw new Error('a queue was not measured')
  const problems = [...(await twiceStarted(small)), ...(await twiceStarted(large))]
  return [
    comparisonRow(baseline, { baseline }),
    comparisonRow(grown, { baseline, bars: { cpu: bar } }),
    problemsRow(`${family.name}: runs that were started twice`, { goal: 'B13', figure: 'double claims', problems }),
  ]
}

/** What was written for the bench is sealed before: else the longer log is sealed beside its claims. */
async function sealAll({ target }: SizedDatabase): Promise<void> {
  const engine = await createEngine({ storage: target.storage, settings: { ...unhurried, sealMs: 200 } })
  await engine.start()
  const question = `select (select coalesce(sum(count), 0) from ${target.table('seals')}) as sealed, (select count(*) from ${target.table('events')}) as events`
  for (let isSealed = false; !isSealed; await sleep(200)) {
    const [row] = await target.read(question)
    isSealed = Number(row?.['sealed']) >= Number(row?.['events'])
  }
  await engine.stop()
}

function nameOf(family: ScaledFamily, { size }: SizedDatabase): string {
  return `${family.name}: claim and run, ${size.queued.toLocaleString('en')} queued`
}

async function sampleClaims({ target }: SizedDatabase, { serverCpuUs }: ScaledFamily): Promise<Sample> {
  const settings = { ...unhurried, maxConcurrentRuns: slots }
  const engine = await createEngine({ storage: target.storage, adapters: [benchAdapter], settings })
  await untilSucceeded(engine, { runs: warmUpRuns, start: () => engine.start(), limitMs })
  const stop = startClocks(serverCpuUs)
  const sample = stop(await untilSucceeded(engine, { runs: measuredRuns, limitMs }))
  await engine.stop()
  return sample
}

async function twiceStarted({ target }: SizedDatabase): Promise<string[]> {
  const rows = await target.read(
    `select entity_id, count(*) as times from ${target.table('events')} where type = 'run.started' group by entity_id having count(*) > 1`,
  )
  return rows.map((row) => `${String(row['entity_id'])} was started ${String(row['times'])} times`)
}
