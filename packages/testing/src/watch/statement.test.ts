import { describe, expect, it } from 'vitest'

import { reasonToNameNoCompany } from './lookups.ts'
import { readStatement } from './statement.ts'

const writesIn = (text: string) => readStatement(text).writes.map(({ verb, table }) => `${verb} ${table}`)

describe('what a statement writes', () => {
  it.each([
    ['insert into "tasks" ("id") values (?)', ['insert tasks']],
    ['insert into "engine"."tasks" ("id") values ($1) on conflict ("id") do update set "title" = $2', ['insert tasks']],
    ['update "engine"."agents" as "a" set "live_runs" = 1', ['update agents']],
    ['update only engine.agents set live_runs = 1', ['update agents']],
    ['DELETE FROM leases WHERE run_id = ?', ['delete leases']],
    ['select * from "tasks" where "id" = $1 for no key update', []],
    ['select * from tasks t for update of t skip locked', []],
    [
      'with a as (update "engine"."tasks" t set x = 1 returning *), b as (insert into "engine"."events" (id) select id from a) select * from a',
      ['update tasks', 'insert events'],
    ],
    ['create trigger t before update or delete on events begin select 1; end', []],
    ['savepoint engine_command', []],
  ])('is found in %s', (text, writes) => {
    expect(writesIn(text)).toEqual(writes)
  })
})

describe('the company of a statement', () => {
  it.each([
    'select * from "tasks" where "company_id" = ? and "id" = ?',
    'select * from "engine"."tasks" as "t" where "t"."company_id" in ($1, $2)',
    'insert into "goals" ("id", "company_id") values (?, ?)',
    'select * from runs join tasks on tasks.company_id = runs.company_id',
    'select * from events where company_id = any($1)',
  ])('is named in %s', (text) => {
    expect(readStatement(text).namesCompany).toBe(true)
  })

  it.each([
    'select "company_id" from "tasks" where "id" = ?',
    'select * from "tasks" where "status" = ? group by "company_id"',
    'update "tasks" set "title" = ? where "id" = ? returning "company_id"',
  ])('is not named in %s', (text) => {
    expect(readStatement(text)).toMatchObject({ scopedTables: ['tasks'], namesCompany: false })
  })

  it('need not be named where no rows of a company are', () => {
    expect(readStatement('select * from "companies" where "id" = ?').scopedTables).toEqual([])
  })
})

describe('a lookup without a company', () => {
  it('is allowed by its whole text, in any schema and with any placeholders', () => {
    expect(reasonToNameNoCompany('select * from "tasks" where "id" = ?')).not.toBeNull()
    expect(reasonToNameNoCompany('select * from "mine"."tasks" where "id" = $1 for no key update')).not.toBeNull()
    expect(reasonToNameNoCompany('update "leases" set "fence" = ? where "run_id" = ? and "fence" = ? returning "run_id"')).not.toBeNull()
  })

  it.each([
    'select * from "tasks" where "title" = ?',
    'select * from "tasks" where "id" = ? or "title" = ?',
    'select * from "tasks"',
    'update "tasks" set "title" = ? where "id" = ?',
    'delete from "leases" where "run_id" = ?',
  ])('is not allowed when it is %s', (text) => {
    expect(reasonToNameNoCompany(text)).toBeNull()
  })
})
