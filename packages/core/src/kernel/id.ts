import { randomFillSync } from 'node:crypto'

const bytesPerId = 10

/** Makes UUIDv7 ids that sort in the order they were made, also within one millisecond (RFC 9562 §6.2, method 1). */
export function createIdGenerator(now: () => number): () => string {
  const pool = Buffer.alloc(bytesPerId * 256)
  let offset = pool.length
  let lastMs = -1
  let counter = 0

  return function newId() {
    if (offset >= pool.length) {
      randomFillSync(pool)
      offset = 0
    }
    const ms = Math.max(now(), lastMs)
    counter = ms === lastMs ? counter + 1 : pool.readUInt16BE(offset) & 0x3ff
    lastMs = ms
    if (counter > 0xfff) {
      // The counter ran out within one millisecond: borrow the next one.
      lastMs += 1
      counter = 0
    }
    const time = lastMs.toString(16).padStart(12, '0')
    const sequence = counter.toString(16).padStart(3, '0')
    const random = pool.toString('hex', offset + 2, offset + bytesPerId)
    offset += bytesPerId
    const variant = ((Number.parseInt(random.charAt(0), 16) & 0x3) | 0x8).toString(16)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${variant}${random.slice(1, 4)}-${random.slice(4)}`
  }
}

/** The smallest id that can have been made at a time: all that were made since are not below it. */
export function lowestIdAt(ms: number): string {
  const time = Math.max(0, ms).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}
