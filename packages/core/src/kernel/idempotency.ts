import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Actor } from './actor.ts'
import { changedMeanwhile } from './change.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { canonicalJson, sha256 } from './json.ts'
import { keepBooks } from './transaction.ts'

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
    scope: `${request.companyId} ${callOf(command, actor)}`,
    key: request.key,
    inputHash: sha256(canonicalJson(request.input)),
  }
}

/** @param reason why no answer is kept */
export function keyRefused(reason: string): EngineError {
  return new EngineError(kernelErrors.invalid_input, `This call takes no Idempotency-Key: ${reason}. Send it without.`)
}

function callOf(command: string, actor: Actor): string {
  return `${actor.kind}:${actor.id} ${command}`
}

interface Reservation {
  scope: string
  keyHash: string
  inputHash: string
  now: string
  since: string
}

/** An answer that is not there yet; only the transaction that writes it can see it. */
const unanswered = ''

// Whoever comes second with a key waits here for the first one's commit, and then finds its answer.
const takeKey = statement((db, given: Reservation) =>
  db
    .insertInto('idempotency_records')
    .values({ scope: given.scope, key_hash: given.keyHash, input_hash: given.inputHash, sealed_output: unanswered, created_at: given.now })
    .onConflict((conflict) =>
      conflict
        .columns(['scope', 'key_hash'])
        .doUpdateSet({ input_hash: given.inputHash, sealed_output: unanswered, created_at: given.now })
        .where('idempotency_records.created_at', '<=', given.since),
    )
    .returning('scope'),
)

const findRecord = statement((db, given: { scope: string; keyHash: string }) =>
  db
    .selectFrom('idempotency_records')
    .select(['input_hash', 'sealed_output', 'created_at'])
    .where('scope', '=', given.scope)
    .where('key_hash', '=', given.keyHash),
)

/**
 * Takes a key for this request, or gives the answer that it already got: one effect, however many ask at once.
 * @throws `idempotency_mismatch` when it was for other input
 */
export async function recall(
  tx: Transaction<Database>,
  request: KeyedRequest,
  given: { now: string; since: string },
): Promise<{ output: unknown } | null> {
  const { scope, inputHash } = request
  const keyHash = sha256(request.key)
  const isTaken = (await takeKey(tx, { scope, keyHash, inputHash, ...given })).length > 0
  if (isTaken) return null
  const record = first(await findRecord(tx, { scope, keyHash }))
  if (!record) throw changedMeanwhile('idempotency key', scope)
  return answerOf(record, request)
}

/**
 * The answer that a keyed request got before, so that a repeat does nothing again that comes before its transaction, either. Null when
 * there is none yet: who asks meanwhile waits in `recall`. @throws `idempotency_mismatch` when it was for other input
 */
export async function recallAnswered(db: Kysely<Database>, request: KeyedRequest, since: string): Promise<{ output: unknown } | null> {
  const record = first(await findRecord(db, { scope: request.scope, keyHash: sha256(request.key) }))
  return record && record.created_at > since ? answerOf(record, request) : null
}

function answerOf(record: { input_hash: string; sealed_output: string }, request: KeyedRequest): { output: unknown } {
  if (record.input_hash !== request.inputHash) {
    throw new EngineError(
      kernelErrors.idempotency_mismatch,
      'This Idempotency-Key was used for a different request. Use a new key for a new request.',
    )
  }
  return { output: JSON.parse(unseal(record.sealed_output, request)) }
}

const recordsOfKey = statement((db, given: { keyHash: string; since: string }) =>
  db
    .selectFrom('idempotency_records')
    .select(['scope', 'input_hash', 'sealed_output'])
    .where('key_hash', '=', given.keyHash)
    .where('created_at', '>', given.since),
)

/**
 * The answer to a keyed request about something that is gone, as after a deletion: nobody can say any more whose it was, save
 * the record of the first call. Null when this caller made no such call.
 */
export async function recallGone(
  db: Kysely<Database>,
  request: { command: string; actor: Actor; key: string; input: unknown; since: string },
): Promise<{ companyId: string; output: unknown } | null> {
  const { command, actor, key, since } = request
  const inputHash = sha256(canonicalJson(request.input))
  for (const record of await recordsOfKey(db, { keyHash: sha256(key), since })) {
    const [companyId = '', ...call] = record.scope.split(' ')
    const isTheSame = call.join(' ') === callOf(command, actor) && record.input_hash === inputHash && record.sealed_output !== unanswered
    if (isTheSame) return { companyId, output: JSON.parse(unseal(record.sealed_output, { scope: record.scope, key, inputHash })) }
  }
  return null
}

const answerKey = statement((db, given: { scope: string; keyHash: string; sealedOutput: string }) =>
  db
    .updateTable('idempotency_records')
    .set({ sealed_output: given.sealedOutput })
    .where('scope', '=', given.scope)
    .where('key_hash', '=', given.keyHash),
)

/** Keeps the answer, in the transaction of the change it answers. */
export async function remember(tx: Transaction<Database>, request: KeyedRequest, output: unknown): Promise<void> {
  await answerKey(tx, { scope: request.scope, keyHash: sha256(request.key), sealedOutput: seal(JSON.stringify(output), request) })
}

/** How many old answers are forgotten at once. */
const forgottenAtOnce = 1_000

/** Forgets answers that are no longer promised. @returns whether there may be more */
export async function forgetAnswers(db: Kysely<Database>, since: string): Promise<boolean> {
  const old = db.selectFrom('idempotency_records').select(['scope', 'key_hash']).where('created_at', '<=', since).limit(forgottenAtOnce)
  // Mostly there is nothing to forget, and nobody has to wait for a lock.
  const found = await old.execute()
  if (found.length === 0) return false
  await keepBooks(db, (tx) =>
    tx
      .deleteFrom('idempotency_records')
      .where((e) => e(e.refTuple('scope', 'key_hash'), 'in', old.$asTuple('scope', 'key_hash')))
      .where('created_at', '<=', since)
      .execute(),
  )
  return found.length >= forgottenAtOnce
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
