import { expect, it } from 'vitest'

import { createLine } from './line.ts'

it('work waits until the one before is over, also when that failed', async () => {
  const line = createLine()
  const told: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = line(async () => {
    told.push('first begins')
    await gate.promise
    told.push('first fails')
    throw new Error('no')
  })
  const second = line(async () => {
    told.push('second')
    return 2
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual(['first begins'])
  gate.resolve()
  await expect(first).rejects.toThrow('no')
  expect(await second).toBe(2)
  expect(told).toEqual(['first begins', 'first fails', 'second'])
})
