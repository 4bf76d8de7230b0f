import { tableCalled, type Verb } from './tables.ts'

export interface Write {
  readonly table: string
  readonly verb: Verb
}

/** What a statement does, as its text says. */
export interface StatementFacts {
  /** One entry for each table and verb, parts of a `with` included. */
  readonly writes: readonly Write[]
  /** The tables of companies that it reads or writes. */
  readonly scopedTables: readonly string[]
  /** Whether it names the company where rows are chosen or made, not only among the columns that it reads. */
  readonly namesCompany: boolean
}

const writePattern = /\b(insert\s+into|update|delete\s+from)\s+(?:only\s+)?([\w".]+)/gi
/** What `update` is followed by where it writes nothing: row locks and `on conflict do update set`. */
const noTables: ReadonlySet<string> = new Set(['set', 'of', 'skip', 'nowait', 'or', 'on'])
const verbs: Readonly<Record<string, Verb>> = { insert: 'insert', update: 'update', delete: 'delete' }
const namePattern = /\b(?:from|join|into|update)\s+([\w".]+)/gi
const companyPattern =
  /\bcompany_id\s*(?:=|in\b|is\b)|=\s*(?:\w+\.)?company_id\b|insert into\s+[\w.]+(?:\s+as\s+\w+)?\s*\([^)]*\bcompany_id\b/i

/** Reads the text of a statement. Pure. */
export function readStatement(text: string): StatementFacts {
  if (/^\s*(create|alter|drop|comment|pragma|set|begin|commit|rollback|savepoint|release)\b/i.test(text)) {
    return { writes: [], scopedTables: [], namesCompany: true }
  }
  const plain = text.replaceAll('"', '')
  return { writes: writesOf(text), scopedTables: scopedTablesOf(text), namesCompany: companyPattern.test(plain) }
}

function writesOf(text: string): Write[] {
  const found = new Map<string, Write>()
  for (const [, word = '', name = ''] of text.matchAll(writePattern)) {
    const verb = verbs[word.split(/\s/)[0]?.toLowerCase() ?? '']
    const table = bareName(name)
    if (verb && !noTables.has(table)) found.set(`${verb} ${table}`, { table, verb })
  }
  return [...found.values()]
}

function scopedTablesOf(text: string): string[] {
  const named = [...text.matchAll(namePattern)].map(([, name = '']) => bareName(name))
  return [...new Set(named)].filter((name) => tableCalled(name)?.isScoped)
}

/** `"engine"."tasks"` is the table tasks. */
function bareName(name: string): string {
  return (name.split('.').at(-1) ?? '').replaceAll('"', '').toLowerCase()
}
