import { expect, it } from 'vitest'

import { failedInARow } from './attempts.ts'
import type { RunTable } from './table.ts'

it.each<readonly [string, number, readonly RunTable['status'][]]>([
  ['nothing ran', 0, []],
  ['the newest did what it had to', 0, ['succeeded', 'failed']],
  ['two failed since', 2, ['failed', 'lost', 'succeeded', 'timed_out']],
  ['none did', 3, ['failed', 'lost', 'timed_out']],
])('when %s, %i attempts were in vain', (_, count, ended) => {
  expect(failedInARow(ended.map((status) => ({ status })))).toBe(count)
})
