import type { Migration } from '../migrate.ts'

type Statement = Migration['statements'][number]

interface CompanyLink {
  readonly table: string
  readonly column: string
  /** Where the column points to. */
  readonly parent: string
  /** The parent's column, when it is not its id. */
  readonly key?: string
  /** The column that holds the company of `table`; `id` for the table of companies itself. */
  readonly company?: string
}

/**
 * Adds to a table that exists a link which cannot leave its company. SQLite adds no foreign key of two columns to a table,
 * so there a trigger looks whether the linked row is of the same company; nothing ever takes a row to another company, and
 * the plain foreign key keeps it from being deleted.
 */
export function companyLink(link: CompanyLink): Statement[] {
  const { table, column, parent, key = 'id', company = 'company_id' } = link
  const name = `${table}_${column.replace(/_id$/, '')}`
  const isMissing = `select raise(abort, 'FOREIGN KEY constraint failed: ${name}')
    where not exists (select 1 from ${parent} where company_id = new.${company} and ${key} = new.${column})`
  const reference = key === 'id' ? ` references ${parent} (id)` : ''
  return [
    {
      sqlite: `alter table ${table} add column ${column} text${reference}`,
      postgres: `alter table ${table} add column ${column} uuid, add constraint ${name}_fkey
        foreign key (${company}, ${column}) references ${parent} (company_id, ${key})`,
    },
    ...[
      ['insert', 'insert'],
      ['update', `update of ${column}, ${company}`],
    ].map(([verb, when]): Statement => ({
      sqlite: `create trigger ${name}_${verb} before ${when} on ${table} when new.${column} is not null begin ${isMissing}; end`,
    })),
  ]
}
