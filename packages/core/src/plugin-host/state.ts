import type { Kysely, Transaction } from 'kysely'
import { z } from 'zod'

import type { Database } from '../database/tables.ts'
import type { JsonValue } from '../kernel/json.ts'
import { EngineError, kernelErrors, ruleViolated } from '../kernel/errors.ts'
import { parseInput } from '../kernel/input.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { PluginStateTable } from '../plugins/table.ts'
import type { PluginState } from './types.ts'

interface Owner {
  readonly plugin: string
  readonly companyId: string
}

const longestKey = 200
const longestValue = 65_536
/** How many values a plugin keeps for a company, and how many of its claims are remembered. */
const mostValues = 10_000
const mostClaims = 100_000

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

function stateBy(db: Kysely<Database>, owner: Owner, { now, write }: Means): PluginState {
  return {
    async get(key) {
      const row = await find(db, owner, checkKey(key))
      return row && { value: JSON.parse(row.value), version: row.version }
    },
    set: async (key, value, version) => write((tx) => put(tx, owner, { key: checkKey(key), value: textOf(value), version, now: now() })),
    async delete(key) {
      await write((tx) =>
        tx
          .deleteFrom('plugin_state')
          .where((row) => row.and(ofOwner(owner)))
          .where('key', '=', checkKey(key))
          .execute(),
      )
    },
    claim: async (key) => write((tx) => claim(tx, owner, { key: checkKey(key), now: now() })),
  }
}

function ofOwner({ companyId, plugin }: Owner) {
  return { company_id: companyId, plugin }
}

async function find(db: Kysely<Database>, owner: Owner, key: string) {
  const row = await db
    .selectFrom('plugin_state')
    .select(['value', 'version', 'claim_number'])
    .where((e) => e.and(ofOwner(owner)))
    .where('key', '=', key)
    .executeTakeFirst()
  return row ?? null
}

type New = Pick<PluginStateTable, 'key' | 'value' | 'claim_number' | 'updated_at'>

/** @returns false when there is one of this key */
async function insert(tx: Transaction<Database>, owner: Owner, row: New): Promise<boolean> {
  const added = await tx
    .insertInto('plugin_state')
    .values({ ...ofOwner(owner), ...row, version: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
}

interface Put {
  readonly key: string
  readonly value: string
  readonly version: number | undefined
  readonly now: string
}

async function put(tx: Transaction<Database>, owner: Owner, { key, value, version, now }: Put): Promise<number | null> {
  const present = await find(tx, owner, key)
  if (version !== undefined && version !== (present?.version ?? 0)) return null
  if (present?.claim_number !== null) await refuseFull(tx, owner)
  if (!present) return (await insert(tx, owner, { key, value, claim_number: null, updated_at: now })) ? 1 : null
  const next = await tx
    .updateTable('plugin_state')
    .set({ value, version: present.version + 1, claim_number: null, updated_at: now })
    .where((row) => row.and(ofOwner(owner)))
    .where('key', '=', key)
    .where('version', '=', present.version)
    .executeTakeFirst()
  return next.numUpdatedRows === 0n ? null : present.version + 1
}

/** @throws `rule_violated` when there is no room for one value more */
async function refuseFull(tx: Transaction<Database>, owner: Owner): Promise<void> {
  const last = await tx
    .selectFrom('plugin_state')
    .select('version')
    .where((row) => row.and(ofOwner(owner)))
    .where('claim_number', 'is', null)
    .limit(1)
    .offset(mostValues - 1)
    .executeTakeFirst()
  if (!last) return
  throw ruleViolated(`The plugin ${owner.plugin} keeps ${mostValues} values here already. It has to delete some, or keep more in one.`)
}

/**
 * Remembers a claim, and forgets the oldest one that there is no room for. What has the number 0 was there before claims had numbers and
 * may be a value: it stays.
 */
async function claim(tx: Transaction<Database>, owner: Owner, { key, now }: Pick<Put, 'key' | 'now'>): Promise<boolean> {
  const newest = await tx
    .selectFrom('plugin_state')
    .select('claim_number')
    .where((row) => row.and(ofOwner(owner)))
    .where('claim_number', 'is not', null)
    .orderBy('claim_number', 'desc')
    .limit(1)
    .executeTakeFirst()
  const number = (newest?.claim_number ?? 0) + 1
  if (!(await insert(tx, owner, { key, value: 'true', claim_number: number, updated_at: now }))) return false
  await tx
    .deleteFrom('plugin_state')
    .where((row) => row.and(ofOwner(owner)))
    .where('claim_number', '>', 0)
    .where('claim_number', '<=', number - mostClaims)
    .execute()
  return true
}

function checkKey(key: string): string {
  if (typeof key !== 'string' || key.length === 0 || key.length > longestKey)
    throw tooLarge(`A key of the state of a plugin has 1 to ${longestKey} characters.`)
  return parseInput(z.string(), key, 'key')
}

function textOf(value: JsonValue): string {
  // A value of another type is no JSON, whatever the types of the plugin say.
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw ruleViolated('A value of the state of a plugin is JSON. Keep null, or delete the key, where there is none.')
  if (text.length > longestValue) throw tooLarge(`A value of the state of a plugin has at most ${longestValue} characters as JSON.`)
  // What one database changes or refuses, no other keeps.
  parseInput(z.json(), JSON.parse(text), 'value')
  return text
}

function tooLarge(message: string): EngineError {
  return new EngineError(kernelErrors.payload_too_large, message)
}
