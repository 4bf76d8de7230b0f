import { randomBytes } from 'node:crypto'

const pool = { bytes: randomBytes(4_096), offset: 0 }
let lastMs = 0
let counter = 0

/** A UUIDv7 in order of creation: random keys would make every insert of a baseline slower than it has to be. */
export function newId(nowMs: number): string {
  counter = nowMs === lastMs ? counter + 1 : 0
  lastMs = nowMs
  if (pool.offset + 8 > pool.bytes.length) Object.assign(pool, { bytes: randomBytes(4_096), offset: 0 })
  const random = pool.bytes.toString('hex', pool.offset, pool.offset + 8)
  pool.offset += 8
  const time = nowMs.toString(16).padStart(12, '0')
  const sequence = (counter & 0xfff).toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-8${random.slice(1, 4)}-${random.slice(4, 16)}`
}
