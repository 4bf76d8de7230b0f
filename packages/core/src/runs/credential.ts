import { randomBytes } from 'node:crypto'

import { sha256 } from '../kernel/json.ts'

const prefix = 'eng_run_'

/** A new run credential: 256 random bits, shown once; the database keeps only its SHA-256 (PROMISES S4, S5). */
export function newCredential(): { credential: string; hash: string } {
  const credential = `${prefix}${randomBytes(32).toString('base64url')}`
  return { credential, hash: hashCredential(credential) }
}

export function isRunCredential(text: string): boolean {
  return text.startsWith(prefix)
}

export function hashCredential(credential: string): string {
  return sha256(credential)
}
