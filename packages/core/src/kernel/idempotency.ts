import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

import type { Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Actor } from './actor.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { canonicalJson, sha256 } from './json.ts'

/** How long the answer to a keyed request is kept, milliseconds. */
export const idempotencyKeptMs = 86_400_000

/**
 * One keyed request. The stored answer is encrypted under the caller's own key, of which the database has only a hash:
 * answers can hold credentials, and a reader of the database must not find any (PROMISES S4, P15).
 */
export interface KeyedRequest {
  readonly scope: string
  readonly key: string
  readonly inputHash: string
}

export function keyedRequest(command: string, actor: Actor, request: { key: string; companyId: string; input: unknown }): KeyedRequest {
  return {
    scope: `${request.companyId} ${actor.kind}:${actor.id} ${command}`,
    key: request.key,
    inputHash: sha256(canonicalJson(request.input)),
  }
}

const findRecord = statement((db, given: { scope: string; keyHash: string; since: string }) =>
  db
    .selectFrom('idempotency_records')
    .select(['input_hash', 'sealed_output'])
    .where('scope', '=', given.scope)
    .where('key_hash', '=', given.keyHash)
    .where('created_at', '>', given.since),
)

/** The answer that this key already got. @throws `idempotency_mismatch` when it was for other input. */
export async function recall(tx: Transaction<Database>, request: KeyedRequest, since: string): Promise<{ output: unknown } | null> {
  const record = first(await findRecord(tx, { scope: request.scope, keyHash: sha256(request.key), since }))
  if (!record) return null
  if (record.input_hash !== request.inputHash) {
    throw new EngineError(
      kernelErrors.idempotency_mismatch,
      'This Idempotency-Key was used for a different request. Use a new key for a new request.',
    )
  }
  return { output: JSON.parse(unseal(record.sealed_output, request)) }
}

/** Keeps the answer, in the transaction of the change it answers. */
export async function remember(tx: Transaction<Database>, request: KeyedRequest, given: { output: unknown; now: string }): Promise<void> {
  const record = {
    input_hash: request.inputHash,
    sealed_output: seal(JSON.stringify(given.output), request),
    created_at: given.now,
  }
  await tx
    .insertInto('idempotency_records')
    .values({ scope: request.scope, key_hash: sha256(request.key), ...record })
    .onConflict((conflict) => conflict.columns(['scope', 'key_hash']).doUpdateSet(record))
    .execute()
}

function sealingKey(request: KeyedRequest, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', request.key, salt, sha256(request.scope), 32))
}

function seal(text: string, request: KeyedRequest): string {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', sealingKey(request, salt), nonce)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), body]).toString('base64')
}

function unseal(sealed: string, request: KeyedRequest): string {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(request, bytes.subarray(0, 16)), bytes.subarray(16, 28))
  decipher.setAuthTag(bytes.subarray(28, 44))
  return Buffer.concat([decipher.update(bytes.subarray(44)), decipher.final()]).toString('utf8')
}
