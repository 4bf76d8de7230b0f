import { reasonToNameNoCompany } from './lookups.ts'
import { readStatement, type StatementFacts, type Write } from './statement.ts'
import { migrationTable, quietWrites, tableCalled } from './tables.ts'

/** What was seen so far, as numbers to publish. */
export interface TableCounts {
  readonly statements: number
  /** Committed transactions that changed rows of the business; a statement outside a transaction is one of its own. */
  readonly mutating: number
  /** How many of those wrote an entry into the log; all of them, or there are violations. */
  readonly withEntry: number
  /** Committed transactions that changed only what needs no entry. */
  readonly bookkeeping: number
  /** Statements on rows of companies. */
  readonly scoped: number
  /** How many of those name the company; the others are lookups that `lookups.ts` allows, with the reason. */
  readonly namingCompany: number
}

/** One way in which what was seen breaks a promise. */
export interface TableViolation {
  readonly rule: 'no_entry' | 'log_changed' | 'unknown_table' | 'no_company'
  /** What happened, and what would have been right. */
  readonly sentence: string
  /** The statements that it is about, oldest first. */
  readonly statements: readonly string[]
}

export interface SeenStatement {
  readonly text: string
  /** Rows that it changed, or returned. */
  readonly rows: number
}

/** Judges committed transactions one by one. */
export interface Ledger {
  readonly counts: TableCounts
  readonly violations: readonly TableViolation[]
  /** One transaction that was committed, with the statements that succeeded in it. */
  committed(statements: readonly SeenStatement[]): void
  /** Every statement that was executed, whatever became of it. */
  executed(text: string): void
  /** @throws with all violations */
  check(): void
}

export function createLedger(): Ledger {
  const counts = { statements: 0, mutating: 0, withEntry: 0, bookkeeping: 0, scoped: 0, namingCompany: 0 }
  const violations: TableViolation[] = []
  const facts = createFacts()

  function judgeWrites(statements: readonly SeenStatement[]): void {
    const writes = statements.filter(({ rows }) => rows > 0).flatMap(({ text }) => facts(text).writes.map((write) => ({ ...write, text })))
    if (writes.length === 0 || writes.some(({ table }) => table === migrationTable)) return
    const texts = () => statements.map(({ text }) => text)
    for (const sentence of unknownTables(writes)) violations.push({ rule: 'unknown_table', sentence, statements: texts() })
    if (writes.some((write) => isLog(write.table) && write.verb !== 'insert' && !isQuiet(write))) {
      violations.push({ rule: 'log_changed', sentence: 'A transaction changed entries of the log, which only grows.', statements: texts() })
    }
    const changed = [...new Set(writes.filter(isOfTheBusiness).map(({ table }) => table))]
    if (changed.length === 0) {
      counts.bookkeeping += 1
      return
    }
    counts.mutating += 1
    // What is of no company has its entry in the log of accounts.
    const isOfCompany = changed.some((table) => tableCalled(table)?.isScoped === true)
    if (writes.some(({ table, verb }) => verb === 'insert' && (isOfCompany ? table === 'events' : isLog(table)))) counts.withEntry += 1
    else {
      const sentence = `A transaction changed ${changed.join(', ')} and wrote no entry into the log; it must emit an event.`
      violations.push({ rule: 'no_entry', sentence, statements: texts() })
    }
  }

  function judgeScope(text: string): void {
    const { scopedTables, namesCompany } = facts(text)
    if (scopedTables.length === 0) return
    counts.scoped += 1
    if (namesCompany) counts.namingCompany += 1
    else if (reasonToNameNoCompany(text) === null && !violations.some(({ statements }) => statements.includes(text))) {
      const sentence = `A statement on ${scopedTables.join(', ')} names no company: add company_id to what chooses its rows, or allow the lookup with its reason.`
      violations.push({ rule: 'no_company', sentence, statements: [text] })
    }
  }

  return {
    counts,
    violations,
    committed: judgeWrites,
    executed(text) {
      counts.statements += 1
      judgeScope(text)
    },
    check() {
      if (violations.length > 0) throw new Error(describe(violations))
    },
  }
}

function describe(violations: readonly TableViolation[]): string {
  const lines = violations.map(({ sentence, statements }) => `${sentence}\n${statements.map((text) => `    ${text}`).join('\n')}`)
  return `The table watch found ${violations.length} violations.\n${lines.join('\n')}`
}

function isLog(table: string): boolean {
  return tableCalled(table)?.part === 'log'
}

type Told = Write & { readonly text: string }

function isQuiet({ table, verb, text }: Told): boolean {
  return quietWrites.some((quiet) => quiet.table === table && quiet.verb === verb && (quiet.pattern?.test(text) ?? true))
}

function isOfTheBusiness(write: Told): boolean {
  return tableCalled(write.table)?.part === 'domain' && !isQuiet(write)
}

function unknownTables(writes: readonly Write[]): string[] {
  const unknown = writes.filter(({ table }) => tableCalled(table) === undefined)
  return unknown.map(({ table, verb }) => `A transaction did ${verb} on ${table}, a table that nobody classified in watch/tables.ts.`)
}

/** Texts come again and again; each is read once. */
function createFacts(): (text: string) => StatementFacts {
  const known = new Map<string, StatementFacts>()
  return (text) => {
    let facts = known.get(text)
    if (!facts) {
      facts = readStatement(text)
      known.set(text, facts)
    }
    return facts
  }
}
