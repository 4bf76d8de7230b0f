import { randomFillSync } from 'node:crypto'

import { sha256 } from '../kernel/json.ts'

const prefix = 'eng_run_'
const secretBytes = 32
// Asking the system for many secrets at once is far cheaper; each is erased as it is given out.
const pool = Buffer.alloc(secretBytes * 64)
let offset = pool.length

/** A new run credential: 256 random bits, shown once; the database keeps only its SHA-256 (PROMISES S4, S5). */
export function newCredential(): { credential: string; hash: string } {
  const credential = `${prefix}${takeSecret()}`
  return { credential, hash: hashCredential(credential) }
}

export function isRunCredential(text: string): boolean {
  return text.startsWith(prefix)
}

export function hashCredential(credential: string): string {
  return sha256(credential)
}

function takeSecret(): string {
  if (offset >= pool.length) {
    randomFillSync(pool)
    offset = 0
  }
  const bytes = pool.subarray(offset, offset + secretBytes)
  offset += secretBytes
  const secret = bytes.toString('base64url')
  bytes.fill(0)
  return secret
}
