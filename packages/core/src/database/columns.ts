import type { DatabaseFamily } from '../ports/storage.ts'

/**
 * The column types of our migrations, and what each is called in a database family. A migration writes `{uuid}`; core
 * reads the same JavaScript value back from both (times as ISO-8601 text, JSON as its text).
 */
const columnTypes = {
  uuid: { sqlite: 'text', postgres: 'uuid' },
  time: { sqlite: 'text', postgres: 'timestamptz(3)' },
  json: { sqlite: 'text', postgres: 'jsonb' },
  integer: { sqlite: 'integer', postgres: 'bigint' },
  sequence: { sqlite: 'integer primary key autoincrement', postgres: 'bigint generated always as identity primary key' },
  table: { sqlite: 'strict', postgres: '' },
} as const satisfies Record<string, Record<DatabaseFamily, string>>

/** Writes a migration's text for one family. @throws for a placeholder that is not a column type. */
export function renderColumns(text: string, family: DatabaseFamily): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const type = Object.entries(columnTypes).find(([known]) => known === name)?.[1]
    if (!type) throw new Error(`unknown column type {${name}} in a migration`)
    return type[family]
  })
}
