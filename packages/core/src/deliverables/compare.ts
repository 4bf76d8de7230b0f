import { createTwoFilesPatch } from 'diff'

import type { DeliverableComparison } from './schema.ts'
import type { DeliverableTable } from './table.ts'

/** How far apart two texts may be, and how long it may take to find out: nobody else is served meanwhile. */
const limits = { maxEditLength: 5_000, timeout: 200, context: 3 }

/** What changed from one version to another. Pure. */
export function compare(before: DeliverableTable, after: DeliverableTable): DeliverableComparison {
  const [from, to] = [`version ${before.number}`, `version ${after.number}`]
  const patch = createTwoFilesPatch(from, to, before.content, after.content, undefined, undefined, limits) ?? null
  // Behind the heading with the names of both.
  const lines = (patch ?? '').split('\n').slice(3)
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length
  const about = { deliverableId: after.id, number: after.number, againstId: before.id, against: before.number }
  return { ...about, added: count('+'), removed: count('-'), patch }
}
