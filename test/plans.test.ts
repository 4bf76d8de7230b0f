import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import { rareTaskFilters } from '../bench/lib/lists.ts'
import { openClient, postgresTarget } from '../bench/lib/pg.ts'
import { explainPostgres, explainSqlite, plannedEachTime, planProblems, type ExplainedStatement } from '../bench/lib/plans.ts'
import { seedCompany } from '../bench/lib/seed-company.ts'
import type { SeedTarget } from '../bench/lib/seed-target.ts'
import { openRaw, sqliteTarget } from '../bench/lib/sqlite.ts'
import { recordUnits } from '../bench/lib/units.ts'
import { governedLooks, governedPages, growingPaper, recordGoverned, seedGoverned } from './support/governed.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'

/** Enough rows for a planner to prefer an index, few enough for a test. */
const size = { queued: 10_000, events: 30_000 }

const families = ['sqlite', 'postgres'] as const

/** What grows for as long as a company lives. */
const growing = ['tasks', 'runs', 'events', 'comments', 'deliverables']

const lists = [
  'tasks',
  'tasks by status',
  'tasks of an agent',
  'tasks of a parent',
  'runs',
  'runs by status',
  'runs of an agent',
  'deliverables',
  'deliverables of a task',
  'comments of a task',
  'events',
  'events of a task',
]

/** A search for all that a company has, or has in one state; of `held`, those are the tasks under way. */
const ofCompany = /^SEARCH (?!held ).* \(company_id=\?( AND status=\?)?\)$/

/** A unit of work and an index that it must use, one of several where the families have different ones. */
const indexes: readonly (readonly [unit: string, ...anyOf: string[]])[] = [
  ['checkout', 'tasks_company_key', 'tasks_pkey', 'sqlite_autoindex_tasks_2'],
  ['heartbeat', 'leases_pkey', 'leases_one_owner', 'sqlite_autoindex_leases_1'],
  ['report', 'runs_company_key', 'runs_pkey', 'sqlite_autoindex_runs_2'],
  ['sweep', 'leases_expiry_index'],
  ['list of tasks of an agent', 'tasks_assignee_index'],
  ['list of tasks of a rare status', 'tasks_status_index'],
  ['list of tasks of two statuses', 'tasks_status_index'],
  // A quarter of all: the order of ids is as near as the index.
  ['list of tasks of a priority', 'tasks_priority_index', 'tasks_company_key', 'tasks_pkey'],
  ['list of tasks of a person', 'tasks_assignee_user_index'],
  ['list of tasks of a project', 'tasks_project_index'],
  ['list of tasks of a sprint', 'tasks_sprint_index'],
  ['list of tasks of a goal', 'tasks_goal_index'],
  ['list of tasks of an origin', 'tasks_origin_index'],
  ['list of overdue tasks', 'tasks_overdue_index'],
  ['next', 'tasks_todo_index'],
  ['sweep', 'tasks_due_index'],
  ['list of runs of an agent', 'runs_agent_index'],
  ['list of events of a small company', 'events_company_index'],
  ['list of events of a task', 'events_entity_index'],
  ['list of comments of a task', 'comments_task_index', 'comments_pkey'],
]

/** What a company's hot units of work ask for, as the database would run it. Recorded once. */
interface Recorded {
  plansOf(unit: string): Promise<ExplainedStatement[]>
  /** Statements that are prepared for nothing; SQLite always keeps what it prepared. */
  plannedEachTime(unit: string): Promise<string[]>
  close(): Promise<void>
}

describe.each(families)('plans on %s, with ten thousand tasks', (family) => {
  let recorded: Recorded
  beforeAll(async () => {
    recorded = await (family === 'sqlite' ? recordSqlite() : recordPostgres())
  }, 120_000)
  afterAll(() => recorded.close())

  const stepsOf = async (unit: string) => (await recorded.plansOf(unit)).flatMap(({ plans }) => plans.flat())

  const units = ['create', 'checkout', 'next', 'heartbeat', 'report', 'sweep', 'claim and run']
  const pages = lists.flatMap((list) => [`list of ${list}`, `list of ${list}, deep`])
  const rare = ['tasks', 'runs'].flatMap((table) => [`list of ${table} of a rare status`, `list of ${table} of a small company`])

  const filtered = Object.keys(rareTaskFilters).map((list) => `list of ${list}`)

  for (const unit of [...units, ...pages, ...rare, ...filtered]) {
    it(`${unit} reads no growing table whole`, async () => {
      expect(planProblems(await recorded.plansOf(unit), { scan: growing })).toEqual([])
    })
  }

  if (family === 'sqlite') {
    it.each(units)('%s reads no growing table as far as it is of the company', async (unit) => {
      const looks = (await recorded.plansOf(unit)).filter(({ sql }) => /^(select|with)/.test(sql)).flatMap(({ plans }) => plans.flat())
      const whole = looks.filter(({ kind, tables, text }) => kind === 'search' && growing.includes(tables[0] ?? '') && ofCompany.test(text))
      expect(whole.map(({ text }) => text)).toEqual([])
    })
  }

  for (const page of pages) {
    it(`${page} comes out of an index in its order`, async () => {
      expect(planProblems(await recorded.plansOf(page), { sort: growing })).toEqual([])
    })
  }

  const governed = [...governedPages, ...governedPages.map((page) => `${page}, next page`)]

  for (const unit of [...governed, ...governedLooks]) {
    it(`${unit} of a governed company reads no growing table whole`, async () => {
      expect(planProblems(await recorded.plansOf(unit), { scan: [...growing, ...growingPaper] })).toEqual([])
    })
  }

  for (const page of governed) {
    it(`${page} of a governed company comes out of an index in its order`, async () => {
      expect(planProblems(await recorded.plansOf(page), { sort: [...growing, ...growingPaper] })).toEqual([])
    })
  }

  for (const unit of ['create', 'checkout', 'heartbeat', 'report']) {
    it(`${unit} is not planned anew each time`, async () => {
      expect(await recorded.plannedEachTime(unit)).toEqual([])
    })
  }

  it('claims that go together are not planned anew each time', async () => {
    const planned = await recorded.plannedEachTime('claim and run')
    expect(planned.filter((sql) => sql.includes('jsonb_to_recordset'))).toEqual([])
  })

  it('claim and run sorts no queue', async () => {
    // The runs that a statement names one by one are few, and it takes them in the order of their tasks.
    const looks = (await recorded.plansOf('claim and run')).filter(({ sql }) => !sql.includes('jsonb_to_recordset'))
    expect(planProblems(looks, { sort: ['runs'] })).toEqual([])
  })

  for (const [unit, ...anyOf] of indexes) {
    it(`${unit} uses ${anyOf[0]}`, async () => {
      const used = (await stepsOf(unit)).flatMap(({ index }) => index ?? [])
      expect(
        used.filter((index) => anyOf.includes(index)),
        `it uses ${used.join(', ')}`,
      ).not.toEqual([])
    })
  }

  it('list of tasks of a parent uses its index', async () => {
    const steps = await stepsOf('list of tasks of a parent')
    expect(steps.map(({ index }) => index)).toContain('tasks_parent_index')
  })

  // Also as kept plans: one of them may go along the log of all companies until a small one has filled its page.
  it.each(['list of events', 'list of events of a small company', 'dashboard of a small company'])(
    "%s reads the log by its company's index only",
    async (unit) => {
      const reads = (await stepsOf(unit)).filter(({ kind, tables }) => kind !== 'sort' && tables.includes('events'))
      expect(new Set(reads.map(({ kind, index }) => `${kind} ${index}`))).toEqual(new Set(['search events_company_index']))
    },
  )

  it('events after a position are found by their seq', async () => {
    const searches = (await stepsOf('list of events, deep')).filter(({ kind, tables }) => kind === 'search' && tables.includes('events'))
    // The index itself leads to the position: `seq>?`, `rowid>?` or `ROW(epoch, xid, seq) > ROW(...)`.
    expect(
      searches.filter(({ text }) => /\b(seq|rowid)[^=]*>/.test(text)),
      searches.map(({ text }) => text).join(),
    ).not.toEqual([])
  })
})

async function recordSqlite(): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'))
  const path = join(folder, 'plans.db')
  const target = sqliteTarget(path)
  const units = await record(target)
  const database = openRaw(path)
  const close = async () => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const explain = explainSqlite(database)
  return { plansOf: (unit) => explain(statementsOf(units, unit)), plannedEachTime: async () => [], close }
}

async function recordPostgres(): Promise<Recorded> {
  const url = await createDatabase(inject('postgresUrl'))
  const units = await record(await postgresTarget(url))
  const client = await openClient(url)
  const close = async () => {
    await client.end()
    await dropDatabase(url)
  }
  const explain = explainPostgres(client)
  return {
    plansOf: (unit) => explain(statementsOf(units, unit)),
    plannedEachTime: (unit) => plannedEachTime(client, statementsOf(units, unit)),
    close,
  }
}

type Units = Awaited<ReturnType<typeof recordUnits>>

async function record(target: SeedTarget): Promise<Units> {
  const seed = await seedCompany(target, size)
  const units = await recordUnits(target, seed)
  const made = await seedGoverned(target, seed)
  for (const [name, sent] of await recordGoverned(target, { seed, made })) units.set(name, sent)
  await target.close()
  return units
}

function statementsOf(units: Units, unit: string) {
  const sent = units.get(unit)
  if (!sent || sent.statements.length === 0) throw new Error(`nothing was recorded of "${unit}"; there are ${[...units.keys()].join(', ')}`)
  return sent.statements
}
