import type {
  Kysely,
  KyselyPlugin,
  OperationNode,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  Transaction,
  UnknownRow,
} from 'kysely'

import type { Database } from '../database/tables.ts'
import { EngineError } from '../kernel/errors.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { tablePrefix } from './check.ts'
import type { PluginTables } from './types.ts'

interface Owner {
  readonly plugin: string
  readonly companyId: string
}

/** A database in which a plugin reaches its own tables, in one company. */
export function ownTables(db: Transaction<Database>, owner: Owner): Transaction<PluginTables>
export function ownTables(db: Kysely<Database>, owner: Owner): Kysely<PluginTables>
export function ownTables(db: Kysely<Database>, owner: Owner): Kysely<PluginTables> {
  // The guard is what keeps the plugin to tables that `Database` does not have.
  return db.withPlugin(createGuard(owner)) as unknown as Kysely<PluginTables>
}

const kinds = new Set(['SelectQueryNode', 'InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode'])

/**
 * Refuses statements of a plugin that name a table of somebody else, or not the company of the call: a plugin that forgets a
 * `where` reads nobody else's rows (PROMISES P16). It is a guard against mistakes; whoever wants to do harm is not trusted code.
 */
function createGuard({ plugin, companyId }: Owner): KyselyPlugin {
  const prefix = tablePrefix(plugin)

  function refuse(why: string): EngineError {
    return new EngineError(pluginErrors.plugin_table_refused, `A statement of the plugin ${plugin} ${why}`, { details: { plugin, prefix } })
  }

  function check(node: RootOperationNode): void {
    if (!kinds.has(node.kind)) throw refuse(`is a ${node.kind}; a plugin selects, inserts, updates and deletes by the query builder.`)
    const seen: Seen = { tables: new Set(), aliases: new Set(), columns: new Set(), values: new Set(), fragments: [] }
    look(node, seen)
    const foreign = [...seen.tables].find((name) => !name.startsWith(prefix) && !seen.aliases.has(name))
    if (foreign !== undefined) throw refuse(`names the table ${foreign}; its own begin with ${prefix}.`)
    if (seen.fragments.some((text) => /\b(?:from|join|into|update|delete|select)\b/i.test(text)))
      throw refuse('has a part as text that reads or writes; use the query builder for it.')
    if (!seen.columns.has('company_id') || !seen.values.has(companyId))
      throw refuse('does not name the company of the call: compare company_id with context.companyId, or insert it.')
  }

  return {
    transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
      check(node)
      return node
    },
    transformResult: async ({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> => result,
  }
}

interface Seen {
  readonly tables: Set<string>
  /** Names that the statement itself gives. */
  readonly aliases: Set<string>
  readonly columns: Set<string>
  readonly values: Set<unknown>
  /** Text that is no part of the query builder. */
  readonly fragments: string[]
}

function look(node: unknown, seen: Seen): void {
  if (Array.isArray(node)) {
    for (const member of node) look(member, seen)
    return
  }
  if (typeof node !== 'object' || node === null || !('kind' in node)) return
  note(node as Described, seen)
  for (const [key, member] of Object.entries(node)) {
    if (key !== 'kind') look(member, seen)
  }
}

/** A node of a query, as far as this file looks at it. */
type Described = OperationNode & {
  readonly table?: { readonly identifier?: { readonly name?: string } }
  readonly column?: { readonly name?: string }
  readonly value?: unknown
  readonly values?: readonly unknown[]
  readonly sqlFragments?: readonly string[]
}

function note(node: Described, { tables, aliases, columns, values, fragments }: Seen): void {
  if (node.kind === 'TableNode' && node.table?.identifier?.name !== undefined) tables.add(node.table.identifier.name)
  if (node.kind === 'ColumnNode' && node.column?.name !== undefined) columns.add(node.column.name)
  if (node.kind === 'ValueNode') values.add(node.value)
  if (node.kind === 'PrimitiveValueListNode') for (const value of node.values ?? []) values.add(value)
  if (node.kind === 'RawNode') fragments.push(...(node.sqlFragments ?? []))
  if (node.kind === 'AliasNode' && 'alias' in node) aliasOf(node.alias, aliases)
  if (node.kind === 'CommonTableExpressionNameNode' && 'table' in node) cteOf(node.table, aliases)
}

function aliasOf(alias: unknown, aliases: Set<string>): void {
  if (typeof alias === 'object' && alias !== null && 'name' in alias && typeof alias.name === 'string') aliases.add(alias.name)
}

function cteOf(table: unknown, aliases: Set<string>): void {
  // Of a `with`: its name stands where a table's does.
  const name = (table as Described).table?.identifier?.name
  if (name !== undefined) aliases.add(name)
}
