import { CompiledQuery } from 'kysely'

import type { Storage } from '@engine/core'
import type { StorageSession } from '@engine/core/plugin'

import { watchAdopted, watchDialect, type WatchedDialect } from './driver.ts'
import { createLedger, type Ledger, type TableCounts, type TableViolation } from './ledger.ts'
import { tables } from './tables.ts'

export type { TableCounts, TableViolation } from './ledger.ts'

/** A storage that judges whatever engines do on it. */
export interface WatchedStorage extends Storage {
  readonly watch: TableWatch
}

export interface TableWatch {
  /** Grows while engines work on the storage. */
  readonly counts: TableCounts
  readonly violations: readonly TableViolation[]
  /** @throws with all violations, each with its statements */
  check(): void
  /**
   * Runs a statement beside an engine that is open on the storage, in a transaction of its own and unjudged: for tests that
   * look at rows, or damage them. `?` stands for each value. @throws when no engine is open
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** A table's name as the storage's statements have it: `"engine"."tasks"`, or `"tasks"` without a schema. */
  table(name: string): string
  /** Every row of every table as text: equal before and after means that nothing changed. */
  dump(): Promise<string>
}

const ledgers: Ledger[] = []

/** What all watched storages of this process saw, save those that found something wrong: they made a test fail, or were meant to. */
export function watchTotals(): TableCounts {
  const total = { statements: 0, mutating: 0, withEntry: 0, bookkeeping: 0, scoped: 0, namingCompany: 0 }
  for (const { counts, violations } of ledgers) {
    if (violations.length > 0) continue
    // Object.keys forgets literal keys; `total` has just those.
    // Object.keys forgets literal keys.
    for (const name of Object.keys(total) as (keyof TableCounts)[]) total[name] += counts[name]
  }
  return total
}

/**
 * The same storage, watched: every committed transaction that changed rows of the business must have written an entry
 * into the log too (PROMISES P11), and every statement on rows of a company must name it, or be a lookup that is allowed
 * with its reason (P16). Stopping an engine on it fails with the list of violations. A watched storage comes back as it is.
 *
 * It goes by the text of the statements and the rows that they changed, on their way to the driver: what triggers and
 * other programs write, it does not see.
 */
export function watched(storage: Storage): WatchedStorage {
  if (isWatched(storage)) return storage
  const ledger = createLedger()
  ledgers.push(ledger)
  const dialects: WatchedDialect[] = []
  const watch = createWatch(storage, { ledger, dialects })
  const { spec, id, family, schema } = storage
  return {
    spec,
    id,
    family,
    ...(schema !== undefined && { schema }),
    ...(storage.adopt && { adopt: adoptWatched(storage, ledger) }),
    open(purpose) {
      const session = storage.open(purpose)
      const dialect = watchDialect(session.dialect, ledger)
      dialects.push(dialect)
      return withDialect(session, dialect)
    },
    watch,
  }
}

function isWatched(storage: Storage): storage is WatchedStorage {
  return 'watch' in storage
}

/** Without the session's thread: what that writes could not be judged, so leases are renewed where it can. */
function withDialect({ hints, file }: StorageSession, dialect: WatchedDialect): StorageSession {
  return { dialect, ...(hints && { hints }), ...(file && { file }) }
}

function adoptWatched(storage: Storage, ledger: Ledger): NonNullable<Storage['adopt']> {
  return (handle) => {
    const adopted = storage.adopt?.(handle) ?? { refusal: 'This storage takes no handles.' }
    return 'refusal' in adopted ? adopted : watchAdopted(adopted, ledger)
  }
}

function createWatch(storage: Storage, { ledger, dialects }: { ledger: Ledger; dialects: readonly WatchedDialect[] }): TableWatch {
  const table = (name: string) => (storage.schema === undefined ? `"${name}"` : `"${storage.schema}"."${name}"`)
  async function ask(queries: readonly CompiledQuery[]): Promise<unknown[][]> {
    const open = dialects.findLast(({ isOpen }) => isOpen)
    if (!open) throw new Error('no engine is open on this storage; look at its rows before the engine stops')
    return open.query(queries)
  }
  return {
    counts: ledger.counts,
    violations: ledger.violations,
    check: () => ledger.check(),
    table,
    async query<Row extends object>(text: string, values: readonly unknown[] = []) {
      const [rows = []] = await ask([CompiledQuery.raw(withPlaceholders(text, storage.family), [...values])])
      // What the rows are, only the writer of the text knows.
      return rows as Row[]
    },
    async dump() {
      const names = Object.keys(tables).filter((name) => name !== 'seals' && name !== 'workers')
      const found = await ask(names.map((name) => CompiledQuery.raw(`select * from ${table(name)}`)))
      return found.map((rows, index) => [names[index], ...rows.map((row) => JSON.stringify(row)).toSorted()].join('\n')).join('\n\n')
    },
  }
}

function withPlaceholders(text: string, family: Storage['family']): string {
  let count = 0
  return family === 'sqlite' ? text : text.replaceAll('?', () => `$${(count += 1)}`)
}
