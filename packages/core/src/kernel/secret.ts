import { randomFillSync } from 'node:crypto'

import { sha256 } from './json.ts'

const secretBytes = 32
// Asking the system for many secrets at once is far cheaper; each is erased as it is given out.
const pool = Buffer.alloc(secretBytes * 64)
let offset = pool.length

/** What a secret is for. Its text says so, so that whoever finds one knows what to revoke. */
export type SecretKind = 'run' | 'user' | 'agent' | 'invite' | 'hook' | 'nodekey' | 'node' | 'session' | 'setup' | 'password'

/** A new secret: 256 random bits, shown once; the database keeps only its SHA-256 (PROMISES S4, S5). */
export function newSecret(kind: SecretKind): { secret: string; hash: string } {
  const secret = `eng_${kind}_${takeBytes()}`
  return { secret, hash: hashSecret(secret) }
}

/** Whether a text has the form of such a secret; anything else need not be looked for. */
export function isSecret(kind: SecretKind, text: string): boolean {
  return text.startsWith(`eng_${kind}_`) && secretPattern.test(text)
}

const secretPattern = /^eng_[a-z]+_[\w-]{43}$/

export function hashSecret(secret: string): string {
  return sha256(secret)
}

function takeBytes(): string {
  if (offset >= pool.length) {
    randomFillSync(pool)
    offset = 0
  }
  const bytes = pool.subarray(offset, offset + secretBytes)
  offset += secretBytes
  const text = bytes.toString('base64url')
  bytes.fill(0)
  return text
}
