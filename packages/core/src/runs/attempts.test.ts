import { expect, it } from 'vitest'

import { failedInARow } from './attempts.ts'
import type { RunTable } from './table.ts'

type Ended = readonly [RunTable['status'], RunTable['error_class']?]

it.each<readonly [string, number, readonly Ended[]]>([
  ['nothing ran', 0, []],
  ['the newest did what it had to', 0, [['succeeded'], ['failed', 'transient']]],
  ['two failed since', 2, [['failed', 'transient'], ['lost'], ['succeeded'], ['timed_out', 'timeout']]],
  ['one was given back, and one its provider did not let work', 1, [['cancelled'], ['failed', 'overloaded'], ['failed', 'unknown']]],
])('when %s, %i attempts were in vain', (_, count, ended) => {
  expect(failedInARow(ended.map(([status, error_class = null]) => ({ status, error_class })))).toBe(count)
})
