import { OutboundError, type OutboundErrorCode } from '@engine/outbound'
import { expect, test } from 'vitest'

import { classify, connectionCodeOf, isProviderFault, isUnserved, readRetryAfter } from './failures.ts'

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

test.each([
  [{ status: 500 }, true],
  [{ status: 504, codes: ['DEADLINE_EXCEEDED'] }, true],
  [{ status: 200, codes: ['api_error'] }, true],
  [{ codes: ['server_error'] }, true],
  [{ connectionCode: 'ECONNRESET' }, true],
  [{ status: 400, codes: ['server_error'] }, false],
  [{ status: 409 }, false],
  [{ isTimeout: true }, false],
  [{}, false],
])('%j is the fault of the provider: %s', (facts, expected) => {
  expect(isProviderFault({ ...nothing, ...facts })).toBe(expected)
})

test('a call that was refused before anybody was asked was served by nobody', () => {
  const hidden = (code: OutboundErrorCode) => new Error('Connection error.', { cause: new OutboundError(code, 'no') })
  expect([isUnserved(hidden('address_refused'), nothing), isUnserved(hidden('unreachable'), nothing)]).toEqual([true, false])
})

test('the code of a connection is found behind what hides it', () => {
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  expect(connectionCodeOf(new Error('fetch failed', { cause: new Error('deeper', { cause: reset }) }))).toBe('ECONNRESET')
  const circle = new Error('round')
  circle.cause = circle
  expect(connectionCodeOf(circle)).toBeUndefined()
})
