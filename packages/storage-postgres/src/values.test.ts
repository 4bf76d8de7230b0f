import { expect, it } from 'vitest'

import { toIsoTime, typeParsers } from './values.ts'

it.each([
  ['2026-11-21 07:07:17.123+00', '2026-11-21T07:07:17.123Z'],
  ['2026-11-21 07:07:17+00', '2026-11-21T07:07:17.000Z'],
  ['2026-11-21 07:07:17.1+00', '2026-11-21T07:07:17.100Z'],
  ['2026-11-21 12:37:17.123+05:30', '2026-11-21T07:07:17.123Z'],
  ['2026-11-20 22:07:17.12-09', '2026-11-21T07:07:17.120Z'],
  ['2026-11-21 07:07:17.123', '2026-11-21T07:07:17.123Z'],
])('reads the time %s whatever the time zone of the session', (written, iso) => {
  expect(toIsoTime(written)).toBe(iso)
})

it('refuses a time that it cannot read, rather than guessing', () => {
  expect(() => toIsoTime('Sat Nov 21 07:07:17 2026 UTC')).toThrow(/DateStyle must be ISO/)
})

it('reads whole numbers up to the largest that JavaScript counts to, and refuses the next', () => {
  const bigint = typeParsers.getTypeParser(20)
  expect(bigint('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  expect(() => bigint('9007199254740992')).toThrow(/cannot count to/)
})
