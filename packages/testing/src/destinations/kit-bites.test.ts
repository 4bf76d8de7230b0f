import { expect, test } from 'vitest'
import { z } from 'zod'

import type { DeliveryRequest, DeliveryResult, Destination } from '@engine/core/plugin'

import { contract } from './contract.ts'
import { delivers } from './delivers.ts'
import { fails } from './fails.ts'
import { letterboxDestination, openLetterbox, right, type Letterbox } from './fixtures.ts'
import type { DestinationToTest } from './receiver.ts'
import { report } from './report.ts'

const tests = { ...contract, ...delivers, ...fails, ...report }

type Config = { token: string; size: number }
type Request = DeliveryRequest<Config>

/** The letterbox with one defect. */
function broken(defect: (sound: Destination<Config>, box: () => Letterbox) => Partial<Destination<Config>>): DestinationToTest {
  let box = openLetterbox()
  const sound = letterboxDestination(() => box)
  return {
    name: 'a broken destination',
    create: () => ({ ...sound, ...defect(sound, () => box) }),
    leastConfig: { token: 'any' },
    receiver: () => (box = openLetterbox()),
    secrets: [right],
    takesFiles: true,
  }
}

/** Does something else with a request, or with what became of it. */
function changed(change: (request: Request) => Request): DestinationToTest {
  return broken((sound) => ({ deliver: (request) => sound.deliver(change(request)) }))
}
function answered(change: (result: DeliveryResult, request: Request) => DeliveryResult): DestinationToTest {
  return broken((sound) => ({ deliver: async (request) => change(await sound.deliver(request), request) }))
}
const never = new AbortController().signal
const says = (status: 'passed' | 'failed', message = 'So it is.') =>
  broken(() => ({ test: async () => ({ checks: [{ name: 'token', status, message }] }) }))

let count = 0
const defects: readonly [seenBy: string, target: DestinationToTest][] = [
  ['says which port it speaks, and its name', broken(() => ({ type: 'Two words' }))],
  [
    'refuses a member of a configuration that it does not know',
    broken(() => ({ configSchema: z.object({ token: z.string(), size: z.number().default(1) }) })),
  ],
  [
    'fills in the rest of a configuration, which can be stored as JSON',
    broken(() => ({ configSchema: z.strictObject({ token: z.string(), size: z.number().default(Number.NaN) }) })),
  ],
  [
    'takes a reference to a secret where it says that one may stand',
    broken(() => ({ configSchema: z.strictObject({ token: z.string().max(20), size: z.number().default(1) }) })),
  ],
  ['delivers what it is given, and says so', changed((request) => ({ ...request, body: { kind: 'json', value: {} } }))],
  ['delivers what it is given, and says so', answered(() => ({ kind: 'parked', reason: 'no' }))],
  [
    'delivers text as it was written',
    changed((request) => (request.body.kind === 'text' ? { ...request, body: { ...request.body, text: 'x' } } : request)),
  ],
  [
    'calls a delivery the same in every try, and another one otherwise',
    changed((request) => ({ ...request, deliveryId: `${(count += 1)}` })),
  ],
  ['calls a delivery the same in every try, and another one otherwise', changed((request) => ({ ...request, deliveryId: 'same' }))],
  ['keeps two deliveries at once apart', changed((request) => ({ ...request, body: { kind: 'text', text: '', contentType: '' } }))],
  ['delivers files, each time from their beginning', changed((request) => ({ ...request, files: [] }))],
  [
    'asks for another try when the receiver has no time, and waits as long as it says',
    answered((result) => (result.kind === 'retry' ? { kind: 'retry', reason: result.reason } : result)),
  ],
  ['asks for another try when there is no answer', answered(() => ({ kind: 'parked', reason: 'gone' }))],
  ['parks what the receiver refuses', answered(() => ({ kind: 'retry', reason: 'again' }))],
  ['sends nothing when it was stopped before', changed((request) => ({ ...request, signal: never }))],
  ['ends when it is stopped, and asks for another try', answered(() => ({ kind: 'delivered' }))],
  ['reports that a configuration works', says('failed')],
  ['reports that a secret is wrong', says('passed')],
  ['ends a test that is stopped', broken(() => ({ test: ({ signal }) => Promise.reject(new Error(String(signal.reason))) }))],
  ['tells nobody a secret', says('failed', `${right} is no token.`)],
  ['tells nobody a secret', answered((result, { config }) => ({ ...result, response: config.token }))],
]

const told = {
  skip(reason: string): never {
    throw new TypeError(`It was skipped: ${reason}`)
  },
}

test.each(defects)('is seen by "%s"', async (name, target) => {
  const seen = await tests[name]?.(target, told).then(
    () => 'nothing',
    (error: unknown) => (error instanceof TypeError ? error.message : 'the defect'),
  )
  expect(seen).toBe('the defect')
})

test('there is a defect for every test', () => {
  expect(Object.keys(tests).filter((name) => !defects.some(([seen]) => seen === name))).toEqual([])
})
