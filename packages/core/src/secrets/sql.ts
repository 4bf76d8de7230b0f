import { sql, type Kysely, type Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { versionedDelete } from '../database/versioned.ts'
import { locatedRows } from '../kernel/located.ts'
import { nameKey } from '../labels/table.ts'
import type { SecretAccessTable, SecretTable, SecretUseTable, SecretVersionTable } from './table.ts'

interface Place {
  readonly companyId: string
  readonly secretId: string
}

export const findSecret = rowById('secrets')

export const locatedSecrets = locatedRows(findSecret)

const secretByName = statement((db, given: { companyId: string; nameKey: string }) =>
  db.selectFrom('secrets').selectAll().where('company_id', '=', given.companyId).where('name_key', '=', given.nameKey),
)

/** The secret of exactly this name. */
export async function findSecretByName(db: Kysely<Database>, given: { companyId: string; name: string }): Promise<SecretTable | null> {
  const secret = first(await secretByName(db, { companyId: given.companyId, nameKey: nameKey(given.name) }))
  return secret?.name === given.name ? secret : null
}

const versionByNumber = statement((db, given: Place & { number: number }) =>
  db
    .selectFrom('secret_versions')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('secret_id', '=', given.secretId)
    .where('number', '=', given.number),
)

export async function findVersion(db: Kysely<Database>, given: Place & { number: number }): Promise<SecretVersionTable | null> {
  return first(await versionByNumber(db, given))
}

/** Forgets the sealed value of a version for good; false when it was destroyed before. */
export async function wipeVersion(tx: Transaction<Database>, given: Place & { number: number; now: string }): Promise<boolean> {
  const wiped = await tx
    .updateTable('secret_versions')
    .set({ status: 'destroyed', sealed: '', destroyed_at: given.now })
    .where('company_id', '=', given.companyId)
    .where('secret_id', '=', given.secretId)
    .where('number', '=', given.number)
    .where('status', '=', 'active')
    .executeTakeFirst()
  return wiped.numUpdatedRows > 0n
}

const deleteRow = versionedDelete('secrets', 'secret')

/** Removes a secret with all that is kept about it. @throws `changed_meanwhile` */
export async function deleteSecret(tx: Transaction<Database>, secret: SecretTable): Promise<void> {
  for (const table of ['secret_accesses', 'secret_uses', 'secret_versions'] as const)
    await tx.deleteFrom(table).where('company_id', '=', secret.company_id).where('secret_id', '=', secret.id).execute()
  await deleteRow(tx, secret)
}

/** How many places a refusal names. */
const usesShown = 20

/** Those of a secret by which it is used: an agent that is terminated uses nothing any more. */
function inForce(db: Kysely<Database>, given: Place) {
  return db
    .selectFrom('secret_uses')
    .leftJoin('agents', (join) =>
      join.onRef('agents.company_id', '=', 'secret_uses.company_id').onRef('agents.id', '=', 'secret_uses.agent_id'),
    )
    .selectAll('secret_uses')
    .where('secret_uses.company_id', '=', given.companyId)
    .where('secret_uses.secret_id', '=', given.secretId)
    .where((e) => e.or([e('agents.status', 'is', null), e('agents.status', '!=', sql.lit('terminated'))]))
    .orderBy('secret_uses.id')
    .limit(sql.lit(usesShown))
}

/** Where a secret is named or bound, the first of them. */
export const findUses = statement((db, given: Place) => inForce(db, given))
/** Where this one version is named. */
export const findUsesOfVersion = statement((db, given: Place & { number: number }) =>
  inForce(db, given).where('secret_uses.number', '=', given.number),
)

/** What an agent, a project or a company uses, with the names of the secrets. */
export const usesOf = statement((db, given: { companyId: string; targetId: string; kind: SecretUseTable['kind'] }) =>
  db
    .selectFrom('secret_uses')
    .innerJoin('secrets', (join) =>
      join.onRef('secrets.company_id', '=', 'secret_uses.company_id').onRef('secrets.id', '=', 'secret_uses.secret_id'),
    )
    .selectAll('secret_uses')
    .select('secrets.name')
    .where('secret_uses.company_id', '=', given.companyId)
    .where('secret_uses.target_id', '=', given.targetId)
    .where('secret_uses.kind', '=', given.kind),
)

const bindings = statement((db, given: { companyId: string; projectId: string; agentId: string }) =>
  db
    .selectFrom('secret_uses')
    .innerJoin('secrets', (join) =>
      join.onRef('secrets.company_id', '=', 'secret_uses.company_id').onRef('secrets.id', '=', 'secret_uses.secret_id'),
    )
    .select(['secret_uses.target_id', 'secret_uses.place', 'secrets.name'])
    .where('secret_uses.company_id', '=', given.companyId)
    .where('secret_uses.target_id', 'in', [given.companyId, given.projectId, given.agentId])
    .where('secret_uses.kind', '=', sql.lit('binding')),
)

/** The variables that a run gets: those of the company, of the project of its task and of its agent. */
export async function bindingsFor(
  db: Kysely<Database>,
  given: { companyId: string; projectId: string | null; agentId: string },
): Promise<{ target_id: string; place: string; name: string }[]> {
  return bindings(db, { ...given, projectId: given.projectId ?? given.companyId })
}

/** Notes that somebody wanted a value, and forgets what is older than the newest `keep` of that secret. */
export async function noteAccess(tx: Transaction<Database>, row: SecretAccessTable, keep: number): Promise<void> {
  await tx.insertInto('secret_accesses').values(row).execute()
  const { company_id, secret_id } = row
  const oldest = tx
    .selectFrom('secret_accesses')
    .select('id')
    .where('company_id', '=', company_id)
    .where('secret_id', '=', secret_id)
    .orderBy('id', 'desc')
    .limit(1)
    .offset(keep)
  await tx
    .deleteFrom('secret_accesses')
    .where('company_id', '=', company_id)
    .where('secret_id', '=', secret_id)
    .where('id', '<=', oldest)
    .execute()
}
