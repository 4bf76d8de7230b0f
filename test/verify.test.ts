import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'

import { inspectDatabase, type CheckResult, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { errorOf, until } from '@engine/testing'

import { openBreaker } from './support/breakers.ts'
import { actorOf, checkOutNew, foundCompany, openEngine, type Company } from './support/company.ts'
import { temporaryFolder } from './support/files.ts'
import { startLoad } from './support/load.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'
import { withClient } from './support/server-process.ts'
import { newStorage } from './support/storages.ts'

/**
 * ACM-1 is in progress, ACM-2 done, ACM-3 was given back twice, ACM-4 waits for it, ACM-5 was submitted by a run that still
 * lives, ACM-6 is cancelled. The provider of ACM-7 is left alone. A budget
 * holds two tokens for the run of ACM-5.
 */
async function fill(company: Company): Promise<void> {
  const { engine, companyId, agentId } = company
  await checkOutNew(company, 'In progress')
  const done = await checkOutNew(company, 'Done')
  await engine.runs.report({ runId: done.runId, outcome: { kind: 'done' } })
  const back = await checkOutNew(company, 'Given back')
  await engine.tasks.release({ taskId: back.taskId })
  await engine.tasks.checkout({ taskId: back.taskId })
  await engine.tasks.release({ taskId: back.taskId })
  await engine.interactions.ask({ taskId: back.taskId, ask: { kind: 'question', prompt: 'Again?' } })
  await engine.tasks.create({ companyId, title: 'Waits', blockedBy: [back.taskId] })
  const submitted = await checkOutNew(company, 'Submitted')
  const run = engine.as(await actorOf(engine, submitted.credential))
  await run.deliverables.submit({ taskId: submitted.taskId, title: 'Text', content: 'text' })
  await engine.comments.create({ taskId: submitted.taskId, body: 'see the text' })
  const cancelled = await engine.tasks.create({ companyId, title: 'Cancelled' })
  await engine.tasks.cancel({ taskId: cancelled.id })
  await engine.goals.create({ companyId, title: 'Grow' })
  await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
  await engine.agents.update({ agentId, title: 'Writer' })
  await engine.members.add({ companyId, name: 'Mia', role: 'viewer' })
  await openBreaker(engine, { companyId, adapterType: 'scripted' })
  await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 1_000 })
  await run.budgets.reserve({ runId: submitted.runId, provider: 'any', model: 'any', inputTokens: 1, maxOutputTokens: 1 })
}

async function broken(storage: Storage): Promise<CheckResult[]> {
  await using database = await inspectDatabase(storage)
  return (await database.verify()).checks.filter((check) => !check.isHeld)
}

/** On Postgres a company's counts are spread over as many rows as there were connections. */
const oneShard = 'shard = (select min(shard) from company_counters)'
const task = (identifier: string) => `(select id from tasks where identifier = '${identifier}')`
const runOf = (identifier: string, status: string) =>
  `(select max(id) from runs where task_id = ${task(identifier)} and status = '${status}')`
const agent = (name: string) => `(select id from agents where name = '${name}')`
const company = `(select id from companies)`

interface Seed {
  /** The one check that must notice. */
  readonly check: string
  readonly what: string
  readonly sql: string
  /** What the report says. */
  readonly says: RegExp
}

/** One violation each; what else the rows say is made to fit. */
const seeds: readonly Seed[] = [
  {
    check: 'held_is_what_is_open',
    what: 'money that is held for nobody',
    sql: `update budget_periods set held = held + 1`,
    says: /^3 is held in its period of .*, but its open holds are 2$/,
  },
  {
    check: 'open_holds_are_of_running_runs',
    what: 'money that is held for a run which is over',
    sql: `update budget_holds set run_id = ${runOf('ACM-2', 'succeeded')}`,
    says: /^is open, but its run .* is succeeded$/,
  },
  {
    check: 'one_lease_a_task',
    what: 'two leases of a task',
    sql: `create table copies as select * from leases; drop table leases; alter table copies rename to leases;
      update runs set status = 'running', task_id = ${task('ACM-5')}, fence = 0 where id = ${runOf('ACM-3', 'cancelled')};
      insert into leases (run_id, company_id, task_id, agent_id, fence, worker_id, expires_at) select id, company_id, ${task('ACM-5')}, agent_id, -1, 'worker', '2030-01-01T00:00:00.000Z'
        from runs where task_id = ${task('ACM-5')} and fence = 0;
      update agents set live_runs = 3 where name = 'Ada'`,
    says: /^2 runs have a lease of it$/,
  },
  {
    check: 'leases_fit_their_tasks',
    what: 'a lease of a task that another run has checked out',
    sql: `update tasks set checkout_run_id = ${runOf('ACM-2', 'succeeded')} where identifier = 'ACM-1'`,
    says: /has fence 1, but the task is in_progress under fence 1, checked out by/,
  },
  {
    check: 'leases_fit_their_runs',
    what: 'a lease of one agent and a run of another',
    sql: `update runs set agent_id = ${agent('Bob')} where id = ${runOf('ACM-1', 'running')}`,
    says: /its run is running under fence 1/,
  },
  {
    check: 'tasks_in_progress_are_leased',
    what: 'a task in progress without a lease',
    sql: `update tasks set status = 'in_progress', checkout_run_id = ${runOf('ACM-3', 'cancelled')}, checkout_agent_id = ${agent('Ada')},
        checkout_at = updated_at where identifier = 'ACM-3';
      update company_counters set todo = todo - 1, in_progress = in_progress + 1 where ${oneShard}`,
    says: /^ACM-3 is in progress, but no run has its lease$/,
  },
  {
    check: 'checkouts_are_of_tasks_in_progress',
    what: 'a checkout of a task that is todo',
    sql: `update tasks set checkout_run_id = ${runOf('ACM-3', 'cancelled')} where identifier = 'ACM-3'`,
    says: /^ACM-3 is todo, but still checked out$/,
  },
  {
    check: 'checkouts_are_of_tasks_in_progress',
    what: 'a task in progress that does not say since when',
    sql: `update tasks set checkout_at = null where identifier = 'ACM-1'`,
    says: /^ACM-1 is in progress, but not said by whom$/,
  },
  {
    check: 'ended_tasks_have_their_times',
    what: 'a done task without a time',
    sql: `update tasks set completed_at = null where identifier = 'ACM-2'`,
    says: /^ACM-2 is done, but completed never, cancelled never$/,
  },
  {
    check: 'ended_tasks_have_their_times',
    what: 'an open task that says it was cancelled',
    sql: `update tasks set cancelled_at = updated_at where identifier = 'ACM-3'`,
    says: /^ACM-3 is todo, but completed never, cancelled 20/,
  },
  {
    check: 'deleted_tasks_have_ended',
    what: 'an open task that is deleted',
    sql: `update tasks set deleted_at = updated_at where identifier = 'ACM-3'; update company_counters set todo = todo - 1 where ${oneShard}`,
    says: /^ACM-3 is deleted, but todo$/,
  },
  {
    check: 'tasks_have_one_assignee',
    what: 'a task of an agent and of a person',
    sql: `update tasks set assignee_user_id = (select user_id from members) where identifier = 'ACM-2'`,
    says: /^ACM-2 is assigned to an agent and to a person$/,
  },
  {
    check: 'held_tasks_are_not_leased',
    what: 'a run in a subtree that is held',
    sql: `update tasks set held_by_task_id = id where identifier = 'ACM-1'`,
    says: /^ACM-1 is held, but the run \S+ has its lease$/,
  },
  {
    check: 'blockers_form_no_cycle',
    what: 'two tasks that wait for each other',
    sql: `insert into task_blockers values (${company}, ${task('ACM-3')}, ${task('ACM-4')})`,
    says: /^waits for itself: (\S+) waits for \S+ waits for \1$/,
  },
  {
    check: 'running_runs_are_leased',
    what: 'a running run without a lease',
    sql: `update runs set status = 'running' where id = ${runOf('ACM-3', 'cancelled')}`,
    says: /^is running for the task \S+, but has no lease$/,
  },
  {
    check: 'probes_run',
    what: 'a provider that is tried by a run that is over',
    sql: `update breakers set status = 'half_open', probe_run_id = ${runOf('ACM-2', 'succeeded')}`,
    says: /^is half_open, but the run \S+ is named, which does not try it$/,
  },
  {
    check: 'probes_run',
    what: 'a provider that is tried by nobody',
    sql: `update breakers set status = 'half_open'`,
    says: /^is half_open, but no run tries it$/,
  },
  {
    check: 'waiting_runs_wait_for_something',
    what: 'a run that waits for no answer',
    sql: `update runs set status = 'waiting' where id = ${runOf('ACM-3', 'cancelled')}`,
    says: /^waits for the task \S+, but no answer is awaited$/,
  },
  {
    check: 'waiting_runs_wait_for_something',
    what: 'a question for whose answer nothing waits',
    sql: `update interactions set waits = 1, run_id = ${runOf('ACM-3', 'cancelled')}`,
    says: /^is awaited by the run \S+, which is cancelled$/,
  },
  {
    check: 'ended_tasks_have_no_live_run',
    what: 'a queued run of a done task',
    sql: `update runs set status = 'queued' where id = ${runOf('ACM-2', 'succeeded')}`,
    says: /^is queued, but its task ACM-2 is done$/,
  },
  {
    check: 'no_fence_is_above_its_tasks',
    what: 'a fence that the task never gave out',
    sql: `update runs set fence = 9 where id = ${runOf('ACM-3', 'cancelled')}`,
    says: /^has fence 9, but its task ACM-3 gave out 2 at most$/,
  },
  {
    check: 'fences_are_used_once',
    what: 'two runs with one fence',
    sql: `update runs set fence = 1 where task_id = ${task('ACM-3')}`,
    says: /^ACM-3 gave fence 1 to 2 runs$/,
  },
  {
    check: 'attempts_stay_within_limits',
    what: 'an attempt too many',
    sql: `update runs set attempt = 4 where id = ${runOf('ACM-3', 'cancelled')}`,
    says: /^is attempt 4, but its task ACM-3 allows 3$/,
  },
  {
    check: 'live_runs_count_leases',
    what: 'an agent with more live runs than leases',
    sql: `update agents set live_runs = 3 where name = 'Ada'`,
    says: /^Ada counts 3 live runs, but has 2 leases$/,
  },
  {
    check: 'cost_totals_add_up_costs',
    what: 'a sum that is more than its costs',
    sql: `insert into cost_totals select id, 'day', '2026-11-21', '', 'metered', 0, 0, 1, 0, 0, 0, 0, 7 from companies`,
    says: /^the sum of day 2026-11-21 \(metered\) is 7 micro-dollars and 1 events more than its costs$/,
  },
  {
    check: 'runs_add_up_their_costs',
    what: 'a run that cost more than its costs',
    sql: `update runs set cost_micros = 7 where id = ${runOf('ACM-3', 'cancelled')}`,
    says: /^it consumed 7 micro-dollars, but its costs come to 0, or its tokens differ$/,
  },
  {
    check: 'counters_count_tasks',
    what: 'a counter that is ahead',
    sql: `update company_counters set done = done + 1 where ${oneShard}`,
    says: /^counts 2 tasks as done, but has 1$/,
  },
  {
    check: 'versions_grow_with_events',
    what: 'an event that tells of an earlier version',
    sql: `drop trigger events_are_not_changed;
      update events set entity_version = 1 where entity_id = ${task('ACM-2')} and type = 'task.claimed'`,
    says: /^event \d+ tells of version 1, one before it of 2$/,
  },
  {
    check: 'rows_are_at_their_newest_event',
    what: 'a change that no event tells of',
    sql: `update goals set version = version + 1`,
    says: /^is at version 2, but its newest event tells of version 1$/,
  },
  {
    check: 'rows_are_at_their_newest_event',
    what: 'a row whose events are gone',
    sql: `drop trigger events_are_not_deleted; delete from events where entity_type = 'company'`,
    says: /^is at version 1, but no event tells of it$/,
  },
  {
    check: 'events_match_their_seals',
    what: 'events that are not those that were sealed',
    sql: `insert into seals (company_id, number, first_seq, last_seq, count, previous_seal, seal, epoch, sealed_at)
      select company_id, 1, min(seq), max(seq), count(*), '${'0'.repeat(64)}', '${'f'.repeat(64)}', 1, '2030-01-01T00:00:00.000Z'
        from events group by company_id`,
    says: /^Batch 1: its events \d+ to \d+ are not those that were sealed/,
  },
  {
    check: 'file_is_whole',
    what: 'a comment on a task that is not there',
    sql: `update comments set task_id = 'nothing'`,
    says: /^comments: row \d+ refers to a row of tasks that is not there$/,
  },
  {
    check: 'file_is_whole',
    what: 'a value that its table does not allow',
    sql: `pragma writable_schema = on;
      update sqlite_schema set sql = replace(sql, 'body text not null', 'body text') where name = 'comments';
      pragma writable_schema = reset; update comments set body = null; pragma writable_schema = on;
      update sqlite_schema set sql = replace(sql, 'body text', 'body text not null') where name = 'comments'`,
    says: /NULL value in comments\.body/,
  },
]

describe('verify, on a SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'))
  const filled = join(folder, 'filled.db')

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  beforeAll(async () => {
    const made = await foundCompany(sqlite(filled))
    await fill(made)
    await made.engine.stop()
  })

  function spoiled(statements: string): string {
    const file = join(temporaryFolder(), 'engine.db')
    copyFileSync(filled, file)
    const db = new Database(file)
    db.unsafeMode(true)
    db.pragma('foreign_keys = off')
    db.exec(statements)
    db.close()
    return file
  }

  it('finds nothing in a database that only commands have written', async () => {
    expect(await broken(sqlite(filled))).toEqual([])
  })

  it.each(seeds)('finds $what', async ({ check, sql, says }) => {
    const found = await broken(sqlite(spoiled(sql)))
    expect(found).toMatchObject([{ name: check, count: 1, violations: [{ problem: expect.stringMatching(says) }] }])
    const [violation] = found[0]?.violations ?? []
    if (check !== 'file_is_whole')
      expect(violation).toMatchObject({ companyId: expect.any(String), id: expect.stringMatching(/^[\da-f-]{36}$/) })
  })

  it('has a seed for each of its checks', async () => {
    await using database = await inspectDatabase(sqlite(filled))
    const names = (await database.verify()).checks.map((check) => check.name)
    expect([...new Set(seeds.map((seed) => seed.check))].toSorted()).toEqual(names.toSorted())
  })

  it('says before each check how many of all are done', async () => {
    await using database = await inspectDatabase(sqlite(filled))
    const told: [number, number][] = []
    const { checks } = await database.verify({ onCheck: (done, all) => void told.push([done, all]) })
    expect(told).toEqual(checks.map((_, index) => [index, checks.length]))
  })

  it('shows the first few of many, and counts all', async () => {
    const found = await broken(sqlite(spoiled(`update tasks set cancelled_at = updated_at, completed_at = updated_at`)))
    expect(found).toMatchObject([{ name: 'ended_tasks_have_their_times', count: 7 }])
    expect(found[0]?.violations).toHaveLength(5)
  })

  it('looks at more rows than one statement does', async () => {
    const file = spoiled('')
    const { engine } = await openEngine(sqlite(file))
    const companyId = (await engine.companies.list()).items[0]?.id ?? ''
    for (let round = 0; round < 45; round += 1) {
      await engine.tasks.createMany({ companyId, tasks: Array.from({ length: 50 }, (_, index) => ({ title: `${round}/${index}` })) })
    }
    await engine.stop()
    expect(await broken(sqlite(file))).toEqual([])
    const db = new Database(file)
    db.exec(`update tasks set completed_at = updated_at where id in ((select max(id) from tasks), ${task('ACM-3')})`)
    db.close()
    expect(await broken(sqlite(file))).toMatchObject([{ name: 'ended_tasks_have_their_times', count: 2 }])
  })

  it('does not take an attempt for one too many where the limit was lowered later', async () => {
    const file = spoiled(`update tasks set max_attempts = 5 where identifier = 'ACM-3';
      update runs set attempt = 5 where id = ${runOf('ACM-3', 'cancelled')}`)
    const { engine } = await openEngine(sqlite(file))
    await engine.tasks.update({ taskId: 'ACM-3', maxAttempts: 1 })
    await engine.stop()
    expect(await broken(sqlite(file))).toEqual([])
  })

  it('says where a file is damaged, and still what else it finds', async () => {
    const file = spoiled(`update agents set live_runs = 3 where name = 'Ada'`)
    const db = new Database(file)
    const root = Number(db.prepare(`select rootpage from sqlite_schema where name = 'sqlite_autoindex_task_blockers_1'`).pluck().get())
    const size = Number(db.pragma('page_size', { simple: true }))
    db.close()
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, Buffer.alloc(size, 0xff), 0, size, (root - 1) * size)
    closeSync(descriptor)
    const found = await broken(sqlite(file))
    expect(found.map((check) => check.name)).toEqual(
      expect.arrayContaining(['live_runs_count_leases', 'blockers_form_no_cycle', 'file_is_whole']),
    )
  })

  it('refuses a database that this version does not know, and changes nothing', async () => {
    const file = spoiled(`insert into engine_migrations values (99, '0099-future', 'x', '2030-01-01T00:00:00.000Z')`)
    const before = statSync(file).mtimeMs
    await using database = await inspectDatabase(sqlite(file))
    expect(await errorOf(database.verify())).toMatchObject({ code: 'schema_newer' })
    expect(await database.facts()).toMatchObject({ schemaProblem: expect.stringContaining('0099-future'), epoch: 1 })
    expect(statSync(file).mtimeMs).toBe(before)
  })
})

describe.each(['sqlite', 'pglite', 'postgres'])('verify, on %s', (name) => {
  it('finds nothing while others write', { timeout: 120_000 }, async () => {
    const made = await foundCompany(await newStorage(name))
    onTestFinished(() => made.engine.stop())
    const load = startLoad(made.engine, made)
    for (let round = 0; round < 5; round += 1) {
      const before = load.acknowledged
      await until(
        () => load.acknowledged,
        (acknowledged) => acknowledged > before,
      )
      expect((await made.engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])
    }
    await load.stop()
  })
})

describe('verify, on Postgres', () => {
  const differing = new Set(['one_lease_a_task', 'versions_grow_with_events', 'rows_are_at_their_newest_event', 'file_is_whole'])
  const shared = seeds.filter((seed) => !differing.has(seed.check))

  it.each(shared)('finds $what', async ({ check, sql, says }) => {
    const url = await createDatabase(inject('postgresUrl'))
    onTestFinished(() => dropDatabase(url))
    const made = await foundCompany(postgres(url))
    onTestFinished(() => made.engine.stop())
    await fill(made)
    await withClient(url, async (client) => {
      await client.query('set session_replication_role = replica')
      await client.query('set search_path = engine')
      await client.query(sql.replaceAll('max(id)', 'max(id::text)::uuid'))
    })
    const found = (await made.engine.verify()).checks.filter((result) => !result.isHeld)
    expect(found).toMatchObject([{ name: check, count: 1, violations: [{ problem: expect.stringMatching(says) }] }])
  })
})

describe('an engine that sweeps', () => {
  it('finds a lease that ran out and was not taken back', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const made = await foundCompany(sqlite(file), { settings: { leaseMs: 60, sweepMs: 20 } })
    onTestFinished(() => made.engine.stop())
    const { runId } = await checkOutNew(made)
    const db = new Database(file)
    // No sweep can end a run that has ended.
    db.prepare(`update runs set status = 'succeeded' where id = ?`).run(runId)
    db.close()
    const overdue = async () => (await made.engine.verify()).checks.find((check) => check.name === 'no_lease_is_overdue')
    expect(await overdue()).toBeUndefined()
    await made.engine.start()
    const seen = await until(overdue, (check) => check?.isHeld === false)
    expect(seen).toMatchObject({ count: 1, violations: [{ id: runId, problem: expect.stringContaining('was not taken back') }] })
  })

  it('finds none as long as they are taken back', async () => {
    const made = await foundCompany(sqlite(join(temporaryFolder(), 'engine.db')), { settings: { leaseMs: 60, sweepMs: 20 } })
    onTestFinished(() => made.engine.stop())
    await checkOutNew(made)
    await made.engine.start()
    const overdue = async () => (await made.engine.verify()).checks.find((check) => check.name === 'no_lease_is_overdue')
    expect(await until(overdue, (check) => check !== undefined)).toMatchObject({ isHeld: true })
  })
})

describe.each(['sqlite', 'pglite', 'postgres'])('repair, on %s', (name) => {
  it('finds nothing to do in a sound database', async () => {
    const made = await foundCompany(await newStorage(name))
    onTestFinished(() => made.engine.stop())
    await fill(made)
    expect(await made.engine.repair()).toEqual({ agents: 0, companies: 0 })
  })
})

describe('repair', () => {
  it('corrects what only counts other rows, in a file', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const made = await foundCompany(sqlite(file))
    onTestFinished(() => made.engine.stop())
    await fill(made)
    const db = new Database(file)
    db.exec(`update agents set live_runs = 7; update company_counters set todo = 50, done = -2`)
    db.close()
    expect((await made.engine.verify()).isSound).toBe(false)
    expect(await made.engine.repair()).toEqual({ agents: 4, companies: 1 })
    expect((await made.engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])
  })

  it('does so on Postgres while the figures change', async () => {
    const url = await createDatabase(inject('postgresUrl'))
    onTestFinished(() => dropDatabase(url))
    const made = await foundCompany(postgres(url))
    onTestFinished(() => made.engine.stop())
    await fill(made)
    const load = startLoad(made.engine, made)
    for (let round = 0; round < 5; round += 1) {
      await withClient(url, async (client) => {
        await client.query('update engine.agents set live_runs = live_runs + 3')
        await client.query('update engine.company_counters set todo = todo - 5, backlog = backlog + 1')
      })
      expect(await made.engine.repair()).toEqual({ agents: 4, companies: 1 })
      expect((await made.engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])
    }
    await load.stop()
    expect((await made.engine.verify()).isSound).toBe(true)
  })
})
