import { expect, test } from 'vitest'

import { classify, connectionCodeOf, readRetryAfter } from './failures.ts'

const now = Date.parse('2026-11-21T12:00:00Z')

test.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': 'Sat, 21 Nov 2026 12:01:00 GMT' }, 60_000],
  [{ 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '120', 'retry-after': '7' }, 120],
  [{ 'retry-after': '99999999' }, 86_400_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('%j asks for a wait of %s ms', (headers, expected) => {
  expect(readRetryAfter(new Headers(headers), now)).toBe(expected)
})

const nothing = { status: undefined, codes: [], headers: undefined, message: '', connectionCode: undefined, isTimeout: false }

test.each([
  [{ connectionCode: 'ECONNRESET' }, 'transient'],
  [{ connectionCode: 'ECONNREFUSED' }, 'overloaded'],
  [{ connectionCode: 'ENOTFOUND' }, 'overloaded'],
  [{ connectionCode: 'UND_ERR_HEADERS_TIMEOUT' }, 'timeout'],
  [{ isTimeout: true }, 'timeout'],
  [{ status: 404, codes: ['constructor'] }, 'config'],
  [{ status: 418 }, 'bad_request'],
  [{}, 'unknown'],
])('%j is %s', (facts, expected) => {
  expect(classify({ ...nothing, ...facts })).toBe(expected)
})

test('the code of a connection is found behind what hides it', () => {
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  expect(connectionCodeOf(new Error('fetch failed', { cause: new Error('deeper', { cause: reset }) }))).toBe('ECONNRESET')
  const circle = new Error('round')
  circle.cause = circle
  expect(connectionCodeOf(circle)).toBeUndefined()
})
