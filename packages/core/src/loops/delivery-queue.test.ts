import { describe, expect, it } from 'vitest'

import { createDeliveryQueue, type DeliveryQueue } from './delivery-queue.ts'
import type { Ready } from './sender.ts'

function open(usableMs = 30_000) {
  let nowMs = 0
  const queue = createDeliveryQueue({ least: 16, most: 512, usableMs, nowMs: () => nowMs })
  return { queue, pass: (ms: number) => void (nowMs += ms) }
}

// A queue looks at nothing else of what it holds.
const ready = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ deliveries: [{ deliveryId: String(index), fence: 2 }] }) as unknown as Ready)

function take(queue: DeliveryQueue, count: number, limit = count): void {
  queue.took(ready(count), { count, limit })
}

/** Sends all that waits. @returns how much that was, and what was given back */
function drain(queue: DeliveryQueue): { sent: number; back: number } {
  let [sent, back] = [0, 0]
  while (queue.next((held) => void (back += held.length))) sent += 1
  return { sent, back }
}

describe('what is taken of a route', () => {
  it('grows with a receiver that is quick, up to a bound', () => {
    const { queue } = open()
    const rooms = Array.from({ length: 7 }, () => {
      const room = queue.room(0)
      take(queue, room)
      drain(queue)
      queue.settled(room)
      return room
    })
    expect(rooms).toEqual([16, 32, 64, 128, 256, 512, 512])
  })

  it('stays small while its receiver lets it wait, or there is no more', () => {
    const { queue, pass } = open()
    take(queue, 16)
    pass(300)
    expect(drain(queue).sent).toBe(16)
    queue.settled(16)
    expect(queue.room(0)).toBe(16)
    take(queue, 3, 16)
    drain(queue)
    expect([queue.room(0), queue.room(3)]).toEqual([13, 16])
    expect(queue.isDue).toBe(false)
  })

  it('is given back when it waited for longer than what it says is true, and less is taken then', () => {
    const { queue, pass } = open()
    take(queue, 16)
    drain(queue)
    queue.settled(16)
    take(queue, 32)
    pass(1_001)
    expect(drain(queue)).toEqual({ sent: 0, back: 32 })
    queue.settled(32)
    expect(queue.room(0)).toBe(16)
  })

  it('is given back as a whole when nothing more is to be sent', () => {
    const { queue } = open()
    take(queue, 3)
    const back: number[] = []
    queue.empty((held) => back.push(held.length))
    expect(back).toEqual([1, 1, 1])
    expect(drain(queue)).toEqual({ sent: 0, back: 0 })
  })

  it('is given back when its claim would end while it is sent', () => {
    const { queue, pass } = open(100)
    take(queue, 2)
    pass(101)
    expect(drain(queue)).toEqual({ sent: 0, back: 2 })
  })
})
