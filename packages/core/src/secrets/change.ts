import { versionedChange } from '../database/versioned.ts'
import { assertVersion } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { eventActor } from '../kernel/actor.ts'
import type { SealedValue } from '../kernel/secret-value.ts'
import { findSecret } from './sql.ts'
import type { SecretTable } from './table.ts'

/** The secret of this company that a call is about, at the version that it names, if it names one. */
export async function requireSecret(
  context: CommandContext,
  input: { secretId: string; version?: number | undefined },
): Promise<SecretTable> {
  const secret = await findSecret(context.tx, input.secretId)
  if (secret?.company_id !== context.companyId) throw notFound('secret', input.secretId)
  assertVersion('secret', secret, input.version)
  return secret
}

/** Writes changes to a secret that was read in this transaction. */
export const changeSecret = versionedChange('secrets', 'secret')

/** Adds a value. It was sealed for this number of this secret, and opens as no other. */
export async function addVersion(context: CommandContext, value: SealedValue): Promise<void> {
  const { kind, id } = eventActor(context.actor)
  await context.tx
    .insertInto('secret_versions')
    .values({
      company_id: context.companyId,
      secret_id: value.secretId,
      number: value.number,
      status: 'active',
      sealed: value.sealed,
      created_by_kind: kind,
      created_by_id: id,
      created_at: context.now,
      destroyed_at: null,
    })
    .execute()
}

export function secretRef(secret: SecretTable) {
  return { type: 'secret' as const, id: secret.id, version: secret.version }
}
