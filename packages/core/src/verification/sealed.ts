import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { placeText } from '../kernel/secret-value.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import { placeOfKey } from '../routines/keys.ts'
import { inRanges } from './check.ts'

/** What a store made of a value, and where it lies, without which it does not open. */
interface Sealed {
  readonly sealed: string
  readonly place: string
}

/** How many sealed values a store does not open, in all companies; all of them where there is no store. */
export async function countUnopened(db: Kysely<Database>, secrets: SecretStore | null): Promise<number> {
  let count = 0
  for (const values of [valuesOfSecrets(db), keysThatSign(db)])
    for await (const { sealed, place } of values) {
      const value = (await secrets?.open(sealed, place)) ?? null
      if (value === null) count += 1
    }
  return count
}

async function* valuesOfSecrets(db: Kysely<Database>): AsyncGenerator<Sealed> {
  const versions = inRanges(db, 'secrets', ({ above, upTo }) =>
    db
      .selectFrom('secret_versions')
      .select(['company_id', 'secret_id', 'number', 'sealed'])
      .where('secret_id', '>', above)
      .where('secret_id', '<=', upTo)
      .where('status', '=', 'active')
      .execute(),
  )
  for await (const { company_id: companyId, secret_id: secretId, number, sealed } of versions)
    yield { sealed, place: placeText({ companyId, secretId, number }) }
}

async function* keysThatSign(db: Kysely<Database>): AsyncGenerator<Sealed> {
  const triggers = inRanges(db, 'routine_triggers', ({ above, upTo }) =>
    db
      .selectFrom('routine_triggers')
      .select(['id', 'company_id', 'key_text'])
      .where('id', '>', above)
      .where('id', '<=', upTo)
      .where('key_text', 'is not', null)
      .where('scheme', '<>', 'bearer')
      .execute(),
  )
  for await (const { id, company_id: companyId, key_text: sealed } of triggers)
    if (sealed !== null) yield { sealed, place: placeOfKey({ companyId }, id) }
}
