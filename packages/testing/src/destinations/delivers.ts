import { expect } from 'vitest'

import { withReceiver, type DestinationTests } from './define.ts'
import { deliver, fileOf, newDeliveryId, takenBy } from './deliver.ts'

/** What arrives. */
export const delivers: DestinationTests = {
  'delivers what it is given, and says so': (target) =>
    withReceiver(target, async (receiver) => {
      const { result } = deliver(target, target.create(), { receiver, wish: { title: 'Møbel & "Söhne" <b>🪑</b>' } })
      expect(await result).toMatchObject({ kind: 'delivered' })
      const [taken] = await takenBy(receiver, 1)
      expect(taken?.text).toContain('Møbel')
      expect(taken?.text).toContain('🪑')
    }),

  'delivers text as it was written': (target) =>
    withReceiver(target, async (receiver) => {
      const body = { kind: 'text', text: 'Chairs: four.\nTables: one, of oak.', contentType: 'text/plain' } as const
      expect(await deliver(target, target.create(), { receiver, wish: { body } }).result).toMatchObject({ kind: 'delivered' })
      const [taken] = await takenBy(receiver, 1)
      expect(taken?.text.replaceAll('\r\n', '\n')).toContain(body.text)
    }),

  'calls a delivery the same in every try, and another one otherwise': (target) =>
    withReceiver(target, async (receiver) => {
      const destination = target.create()
      const deliveryId = newDeliveryId()
      const ids = new Set<string>()
      for (const attempt of [1, 2]) {
        expect((await deliver(target, destination, { receiver, wish: { deliveryId, attempt } }).result).kind).toBe('delivered')
        for (const { id } of await takenBy(receiver, 1)) ids.add(id)
      }
      expect(ids.size).toBe(1)
      await deliver(target, destination, { receiver }).result
      for (const { id } of await takenBy(receiver, 2)) ids.add(id)
      expect(ids.size).toBe(2)
    }),

  'keeps two deliveries at once apart': (target) =>
    withReceiver(target, async (receiver) => {
      const destination = target.create()
      const titles = ['Paint the wardrobe', 'Oil the bench'] as const
      const sent = titles.map((title) => deliver(target, destination, { receiver, wish: { title } }).result)
      expect((await Promise.all(sent)).map(({ kind }) => kind)).toEqual(['delivered', 'delivered'])
      const taken = await takenBy(receiver, 2)
      expect(taken.map(({ text }) => titles.filter((title) => text.includes(title)).length)).toEqual([1, 1])
    }),

  'delivers files, each time from their beginning': (target, { skip }) =>
    withReceiver(target, async (receiver) => {
      if (!target.takesFiles) return skip('it delivers none')
      const destination = target.create()
      const [deliveryId, files] = [newDeliveryId(), [fileOf('../../plan.txt', 'Saw, then glue.')]]
      for (const attempt of [1, 2])
        expect((await deliver(target, destination, { receiver, wish: { deliveryId, attempt, files } }).result).kind).toBe('delivered')
      const taken = await takenBy(receiver, 1)
      const text = taken.at(-1)?.text ?? ''
      expect(text.includes('Saw, then glue.') || text.includes(Buffer.from('Saw, then glue.').toString('base64'))).toBe(true)
    }),
}
