import type { Kysely, Transaction } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { JsonValue } from '../kernel/json.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { PluginState } from './types.ts'

interface Owner {
  readonly plugin: string
  readonly companyId: string
}

const longestKey = 200
const longestValue = 65_536

/** What a plugin keeps for a company, written in a transaction that is open. */
export function stateInside(tx: Transaction<Database>, owner: Owner, now: () => string): PluginState {
  return stateBy(tx, owner, { now, write: (work) => work(tx) })
}

/** The same outside of any transaction: each change is one of its own. */
export function stateOutside(db: Kysely<Database>, owner: Owner, now: () => string): PluginState {
  return stateBy(db, owner, { now, write: (work) => keepBooks(db, work) })
}

interface Means {
  now(): string
  write<Result>(work: (tx: Transaction<Database>) => Promise<Result>): Promise<Result>
}

function stateBy(db: Kysely<Database>, { plugin, companyId }: Owner, { now, write }: Means): PluginState {
  async function find(from: Kysely<Database>, key: string) {
    const row = await from
      .selectFrom('plugin_state')
      .select(['value', 'version'])
      .where('company_id', '=', companyId)
      .where('plugin', '=', plugin)
      .where('key', '=', key)
      .executeTakeFirst()
    return row ?? null
  }

  async function insert(tx: Transaction<Database>, key: string, value: string): Promise<boolean> {
    const added = await tx
      .insertInto('plugin_state')
      .values({ company_id: companyId, plugin, key, value, version: 1, updated_at: now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
  }

  async function put(tx: Transaction<Database>, key: string, { value, version }: { value: string; version: number | undefined }) {
    const present = await find(tx, key)
    if (!present) return (version ?? 0) === 0 && (await insert(tx, key, value)) ? 1 : null
    if (version !== undefined && version !== present.version) return null
    const next = await tx
      .updateTable('plugin_state')
      .set({ value, version: present.version + 1, updated_at: now() })
      .where('company_id', '=', companyId)
      .where('plugin', '=', plugin)
      .where('key', '=', key)
      .where('version', '=', present.version)
      .executeTakeFirst()
    return next.numUpdatedRows === 0n ? null : present.version + 1
  }

  return {
    async get(key) {
      const row = await find(db, checkKey(key))
      return row && { value: JSON.parse(row.value), version: row.version }
    },
    set: (key, value, version) => write((tx) => put(tx, checkKey(key), { value: textOf(value), version })),
    async delete(key) {
      await write((tx) =>
        tx
          .deleteFrom('plugin_state')
          .where('company_id', '=', companyId)
          .where('plugin', '=', plugin)
          .where('key', '=', checkKey(key))
          .execute(),
      )
    },
    claim: (key) => write((tx) => insert(tx, checkKey(key), 'true')),
  }
}

function checkKey(key: string): string {
  if (typeof key === 'string' && key.length > 0 && key.length <= longestKey) return key
  throw tooLarge(`A key of the state of a plugin has 1 to ${longestKey} characters.`)
}

function textOf(value: JsonValue): string {
  const text = JSON.stringify(value)
  if (text.length > longestValue) throw tooLarge(`A value of the state of a plugin has at most ${longestValue} characters as JSON.`)
  return text
}

function tooLarge(message: string): EngineError {
  return new EngineError(kernelErrors.payload_too_large, message)
}
