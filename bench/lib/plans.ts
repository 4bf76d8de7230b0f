import { createHash } from 'node:crypto'

import type { Database } from 'better-sqlite3'
import type { Client } from 'pg'

import type { Statement } from './count-statements.ts'

/** One step of a plan, in words that both databases share. */
interface PlanStep {
  /**
   * `scan` reads a whole table; `walk` goes along an index from its beginning until there are enough rows; `search`
   * begins and ends where an index says.
   */
  readonly kind: 'scan' | 'walk' | 'search' | 'sort' | 'other'
  /** What it reads; of a sort, all that is read below it. */
  readonly tables: readonly string[]
  readonly index: string | null
  readonly text: string
}

/** The tables with which a plan must not do what. */
export type PlanRules = Partial<Record<'scan' | 'walk' | 'sort', readonly string[]>>

export interface ExplainedStatement extends Statement {
  /** Also the plan that Postgres may keep for a prepared statement, which does not look at the parameters. */
  readonly plans: readonly (readonly PlanStep[])[]
}

/** What breaks the rules, each with the statement. */
export function planProblems(explained: readonly ExplainedStatement[], rules: PlanRules): string[] {
  const broken = explained.flatMap(({ sql, plans }) =>
    plans
      .flat()
      .filter((step) => breaks(step, rules))
      .map((step) => `${step.text}\n  in: ${sql}`),
  )
  return [...new Set(broken)]
}

function breaks({ kind, tables }: PlanStep, rules: PlanRules): boolean {
  const forbidden = kind === 'scan' || kind === 'walk' || kind === 'sort' ? (rules[kind] ?? []) : []
  return tables.some((table) => forbidden.includes(table))
}

/** How a database would run what an engine sent. Nothing is run. */
export type Explain = (statements: readonly Statement[]) => Promise<ExplainedStatement[]>

const explainable = /^\s*(with|select|insert|update|delete)\b/i

function explainableOf(statements: readonly Statement[]): Statement[] {
  const byText = new Map(statements.filter(({ sql }) => explainable.test(sql)).map((statement) => [statement.sql, statement]))
  return [...byText.values()]
}

interface PostgresNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PostgresNode[]
}

export function explainPostgres(client: Client): Explain {
  // JSON as the driver parses it.
  const planOf = (rows: unknown[]) => (rows as { 'QUERY PLAN': [{ Plan: PostgresNode }] }[])[0]?.['QUERY PLAN'][0].Plan
  return async (statements) => {
    const explained: ExplainedStatement[] = []
    for (const { sql, parameters } of explainableOf(statements)) {
      const own = await client.query(`explain (format json) ${sql}`, [...parameters])
      const generic = await client.query(`explain (generic_plan, format json) ${sql}`)
      const plans = [own, generic].map(({ rows }) => postgresSteps(planOf(rows)))
      explained.push({ sql, parameters, plans })
    }
    return explained
  }
}

function postgresSteps(node: PostgresNode | undefined): PlanStep[] {
  if (!node) return []
  const below = (node.Plans ?? []).flatMap(postgresSteps)
  const { 'Node Type': type, 'Relation Name': relation, 'Index Name': index = null, 'Index Cond': condition } = node
  const isSort = /^(Incremental )?Sort$/.test(type)
  const tables = isSort ? [...new Set(below.flatMap((step) => step.tables))] : relation === undefined ? [] : [relation]
  const parts = [type, relation && `on ${relation}`, index && `by ${index}`, condition, isSort && `over ${tables.join(', ')}`]
  const text = parts.filter(Boolean).join(' ')
  return [{ kind: isSort ? 'sort' : postgresKind(node), tables, index, text }, ...below]
}

function postgresKind({ 'Node Type': type, 'Index Cond': condition }: PostgresNode): PlanStep['kind'] {
  if (type === 'Seq Scan') return 'scan'
  if (type.startsWith('Index') && condition === undefined) return 'walk'
  return /^(Index|Bitmap|Tid)/.test(type) ? 'search' : 'other'
}

/** After so many runs Postgres has compared what it would save by not looking at the parameters any more. */
const runsToSettle = 7

/** The statements that Postgres goes on planning each time, although they are prepared. Each is run, and undone. */
export async function plannedEachTime(client: Client, statements: readonly Statement[]): Promise<string[]> {
  const planned: string[] = []
  for (const { sql, parameters } of explainableOf(statements)) {
    const name = createHash('sha256').update(sql).digest('hex').slice(0, 32)
    for (let run = 0; run < runsToSettle; run += 1) {
      await client.query('begin')
      // A row that is there already fails, after the statement was planned.
      await client.query({ name, text: sql, values: [...parameters] }).catch(() => undefined)
      await client.query('rollback')
    }
    const { rows } = await client.query<{ generic: number }>(
      'select generic_plans::int as generic from pg_prepared_statements where name = $1',
      [name],
    )
    if ((rows[0]?.generic ?? 0) === 0) planned.push(sql)
  }
  return planned
}

export function explainSqlite(database: Database): Explain {
  return async (statements) =>
    explainableOf(statements).map(({ sql, parameters }) => {
      const rows = database.prepare<unknown[], { detail: string }>(`explain query plan ${sql}`).all(...parameters)
      return { sql, parameters, plans: [sqliteSteps(rows, sql)] }
    })
}

function sqliteSteps(rows: readonly { detail: string }[], sql: string): PlanStep[] {
  const read = rows.map(({ detail }) => sqliteStep(detail, sql))
  const tables = [...new Set(read.flatMap((step) => step.tables))]
  // SQLite does not say what it sorts: it may be all that the statement reads.
  return read.map((step) => (step.kind === 'sort' ? { ...step, tables } : step))
}

function sqliteStep(detail: string, sql: string): PlanStep {
  if (detail.startsWith('USE TEMP B-TREE')) return { kind: 'sort', tables: [], index: null, text: detail }
  const [, how, name] = /^(SCAN|SEARCH) (\w+)/.exec(detail) ?? []
  if (name === undefined) return { kind: 'other', tables: [], index: null, text: detail }
  const index = /USING (?:COVERING )?INDEX (\w+)/.exec(detail)?.[1] ?? null
  const kind = how === 'SEARCH' ? 'search' : index === null ? 'scan' : 'walk'
  return { kind, tables: [tableCalled(name, sql)], index, text: detail }
}

/** The table behind a name of a statement, which may be an alias. */
function tableCalled(name: string, sql: string): string {
  return new RegExp(`\\b(?:from|join|update|,)\\s+"?(\\w+)"?\\s+(?:as\\s+)?"?${name}"?(?!\\w)`, 'i').exec(sql)?.[1] ?? name
}
