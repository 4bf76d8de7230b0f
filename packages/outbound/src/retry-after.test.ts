import { expect, test } from 'vitest'

import { retryAfterMs } from './retry-after.ts'

test.each([
  ['7', 7_000],
  ['0', 0],
  ['-1', undefined],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['999999999', 86_400_000],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (value, ms) => expect(retryAfterMs(value, 1_000)).toBe(ms))
