import { expect } from 'vitest'

import { until } from '../until.ts'
import { withReceiver, type DestinationTests } from './define.ts'
import { deliver } from './deliver.ts'

/** What becomes of a delivery that does not arrive. */
export const fails: DestinationTests = {
  'asks for another try when the receiver has no time, and waits as long as it says': (target) =>
    withReceiver(target, async (receiver) => {
      receiver.answer('busy')
      const result = await deliver(target, target.create(), { receiver }).result
      expect(result).toMatchObject({ kind: 'retry', reason: expect.stringMatching(/\S/) })
      if (receiver.busyForMs !== undefined) expect(result).toMatchObject({ retryAfterMs: receiver.busyForMs })
    }),

  'asks for another try when there is no answer': (target) =>
    withReceiver(target, async (receiver) => {
      receiver.answer('gone')
      expect((await deliver(target, target.create(), { receiver }).result).kind).toBe('retry')
    }),

  'parks what the receiver refuses': (target) =>
    withReceiver(target, async (receiver) => {
      receiver.answer('refuse')
      const result = await deliver(target, target.create(), { receiver }).result
      expect(result).toMatchObject({ kind: 'parked', reason: expect.stringMatching(/\S/) })
    }),

  'sends nothing when it was stopped before': (target) =>
    withReceiver(target, async (receiver) => {
      const signal = AbortSignal.abort('stopping')
      expect((await deliver(target, target.create(), { receiver, wish: { signal } }).result).kind).toBe('retry')
      expect(receiver.asked()).toBe(0)
    }),

  'ends when it is stopped, and asks for another try': (target) =>
    withReceiver(target, async (receiver) => {
      receiver.answer('silent')
      const stopping = new AbortController()
      const { result } = deliver(target, target.create(), { receiver, wish: { signal: stopping.signal } })
      await until(
        () => receiver.asked(),
        (asked) => asked > 0,
      )
      stopping.abort('stopping')
      expect((await result).kind).toBe('retry')
    }),
}
