import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { inspectDatabase, type AnyEvent, type Engine, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { errorOf, until } from '@engine/testing'

import { actorOf, checkOutNew, foundCompany, openEngine, type Company, type Held } from './support/company.ts'
import { temporaryFolder } from './support/files.ts'
import { byDump, byRows, type Save } from './support/postgres-copies.ts'
import { findPostgresTools } from './support/postgres-tools.ts'
import { createDatabase, dropDatabase, startPostgres } from './support/postgres.ts'
import { withClient } from './support/server-process.ts'

const tools = findPostgresTools()

/** What a company was doing when its database was saved: a task under work, one that waits, one that is done. */
interface Work {
  readonly held: Held
  readonly eventsBefore: readonly AnyEvent[]
}

async function work(company: Company): Promise<Work> {
  const { engine, companyId } = company
  const done = await checkOutNew(company, 'Done')
  await engine.runs.report({ runId: done.runId, outcome: { kind: 'done' } })
  const held = await checkOutNew(company, 'Under work')
  await engine.tasks.create({ companyId, title: 'Waits' })
  return { held, eventsBefore: await eventsOf(engine, companyId) }
}

async function eventsOf(engine: Engine, companyId: string): Promise<AnyEvent[]> {
  // The answer to events.list is of this type.
  return (await engine.events.list({ companyId, limit: 100 })).items as AnyEvent[]
}

/** Every call of a run of before is refused, and none changes anything. */
async function expectFenced(engine: Engine, held: Held): Promise<void> {
  const { taskId, runId, credential } = held
  const run = engine.as(await actorOf(engine, credential))
  const calls = {
    heartbeat: () => run.runs.heartbeat({ runId }),
    log: () => run.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: 'late' }] }),
    progress: () => run.tasks.progress({ taskId, percent: 99 }),
    comment: () => run.comments.create({ taskId, body: 'late' }),
    submit: () => run.deliverables.submit({ taskId, title: 'Late', content: 'late' }),
    report: () => run.runs.report({ runId, outcome: { kind: 'done' } }),
  }
  const before = await engine.tasks.get({ taskId })
  for (const [name, call] of Object.entries(calls)) expect(await errorOf(call()), name).toMatchObject({ code: 'lease_lost' })
  expect(await engine.tasks.get({ taskId })).toEqual(before)
}

/** What a restored database is like from its first opening on. */
async function expectNewLife(storage: Storage, given: { company: Company; work: Work }): Promise<void> {
  const { company } = given
  const { held, eventsBefore } = given.work
  const { engine } = await openEngine(storage)
  onTestFinished(() => engine.stop())
  expect(await engine.health()).toMatchObject({ isReady: true, problem: null })
  await expectFenced(engine, held)
  expect(await eventsOf(engine, company.companyId)).toEqual(eventsBefore)
  expect((await engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])

  await engine.start()
  await until(
    () => engine.tasks.get({ taskId: held.taskId }),
    (task) => task.status === 'todo',
  )
  expect(await engine.runs.get({ runId: held.runId })).toMatchObject({ status: 'lost' })
  expect(await engine.agents.get({ agentId: company.agentId })).toMatchObject({ status: 'idle' })
  expect((await engine.verify()).checks.filter((check) => !check.isHeld)).toEqual([])

  const again = await engine.tasks.checkout({ taskId: held.taskId })
  expect(again.run.fence).toBe(2)
  await expectFenced(engine, held)
  await engine.runs.report({ runId: again.run.id, outcome: { kind: 'done' } })
  await expectOrder(engine, { companyId: company.companyId, eventsBefore })
}

/** Old events first and as they were, then the new ones; also for whoever resumes after the last old one. */
async function expectOrder(engine: Engine, given: { companyId: string; eventsBefore: readonly AnyEvent[] }): Promise<void> {
  const { companyId, eventsBefore } = given
  const after = eventsBefore.at(-1)?.seq ?? 0
  const all = await until(
    () => eventsOf(engine, companyId),
    (events) => events.some(({ seq, type }) => seq > after && type === 'task.completed'),
  )
  expect(all.slice(0, eventsBefore.length)).toEqual(eventsBefore)
  const fresh = all.slice(eventsBefore.length)
  expect(fresh.map((event) => event.type)).toEqual(expect.arrayContaining(['run.lost', 'task.claimed', 'run.succeeded', 'task.completed']))
  const resumed: AnyEvent[] = []
  const enough = new AbortController()
  for await (const events of engine.stream({ companyId, actor: { kind: 'system', id: 'system' }, after, signal: enough.signal })) {
    resumed.push(...events)
    if (resumed.length >= fresh.length) enough.abort()
  }
  expect(resumed).toEqual(fresh)
}

async function epochOf(storage: Storage): Promise<number | null> {
  await using database = await inspectDatabase(storage)
  return (await database.facts()).epoch
}

describe('a restored backup of a SQLite database', () => {
  it('begins a new epoch when it is opened, in which what ran before may do nothing and is done again', async () => {
    const folder = temporaryFolder()
    const company = await foundCompany(sqlite(join(folder, 'engine.db')))
    const done = await work(company)
    await company.engine.backup(join(folder, 'copy.db'))
    await company.engine.stop()
    const restored = join(folder, 'restored.db')
    copyFileSync(join(folder, 'copy.db'), restored)
    expect(await epochOf(sqlite(restored))).toBe(1)
    await expectNewLife(sqlite(restored), { company, work: done })
    expect(await epochOf(sqlite(restored))).toBe(2)
  })

  it('begins one new epoch however often it is opened, and the database that it was copied from none', async () => {
    const folder = temporaryFolder()
    const [file, copy] = [join(folder, 'engine.db'), join(folder, 'copy.db')]
    const company = await foundCompany(sqlite(file))
    onTestFinished(() => company.engine.stop())
    const { held } = await work(company)
    await company.engine.backup(copy)
    const opened = await Promise.all([openEngine(sqlite(copy)), openEngine(sqlite(copy))])
    await Promise.all(opened.map(({ engine }) => engine.stop()))
    await (await openEngine(sqlite(copy))).engine.stop()
    expect(await epochOf(sqlite(copy))).toBe(2)
    expect(await epochOf(sqlite(file))).toBe(1)
    const run = company.engine.as(await actorOf(company.engine, held.credential))
    expect(await run.tasks.progress({ taskId: held.taskId, percent: 10 })).toMatchObject({ progress: { percent: 10 } })
  })

  it('knows itself for a copy also when it was copied from a copy', async () => {
    const folder = temporaryFolder()
    const [copy, second] = [join(folder, 'copy.db'), join(folder, 'second.db')]
    const company = await foundCompany(sqlite(join(folder, 'engine.db')))
    await company.engine.backup(copy)
    await company.engine.stop()
    await (await openEngine(sqlite(copy))).engine.stop()
    await using database = await inspectDatabase(sqlite(copy))
    await database.backup(second)
    await (await openEngine(sqlite(second))).engine.stop()
    expect([await epochOf(sqlite(copy)), await epochOf(sqlite(second))]).toEqual([2, 3])
  })
})

/** A server that these tools can read, until the test is over. */
async function serverFor(copy: 'rows' | 'pg_dump'): Promise<{ url: string; save: Save }> {
  if (copy === 'rows' || !tools) return { url: inject('postgresUrl'), save: byRows }
  const server = await startPostgres({ programs: tools.folder, isFleeting: true })
  onTestFinished(() => server.stop())
  return { url: server.url, save: byDump(tools) }
}

async function newDatabase(serverUrl: string): Promise<string> {
  const url = await createDatabase(serverUrl)
  onTestFinished(() => dropDatabase(url))
  return url
}

describe.each([{ copy: 'rows' }, { copy: 'pg_dump' }] as const)('a Postgres database, copied by $copy', ({ copy }) => {
  const isSkipped = copy === 'pg_dump' && !tools

  it.skipIf(isSkipped)('and restored elsewhere begins a new epoch, in which what ran before may do nothing and is done again', async () => {
    const { url: serverUrl, save } = await serverFor(copy)
    const source = await newDatabase(serverUrl)
    const company = await foundCompany(postgres(source))
    onTestFinished(() => company.engine.stop())
    const done = await work(company)
    const restore = await save(source, temporaryFolder())
    const target = await newDatabase(serverUrl)
    await restore(target)
    await expectNewLife(postgres(target), { company, work: done })
    expect(await epochOf(postgres(target))).toBe(2)
    expect(await company.engine.health()).toMatchObject({ isReady: true })
    const run = company.engine.as(await actorOf(company.engine, done.held.credential))
    await run.tasks.progress({ taskId: done.held.taskId, percent: 10 })
  })

  it.skipIf(isSkipped)('and restored on another server, whose transaction ids begin anew, keeps the order of its events', async () => {
    const { url: serverUrl, save } = await serverFor(copy)
    const source = await newDatabase(serverUrl)
    await withClient(source, (client) =>
      client.query('do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$'),
    )
    const company = await foundCompany(postgres(source))
    const done = await work(company)
    await company.engine.stop()
    const restore = await save(source, temporaryFolder())
    const other = await startPostgres({ isFleeting: true, ...(copy === 'pg_dump' && tools && { programs: tools.folder }) })
    onTestFinished(() => other.stop())
    const target = await other.createDatabase()
    expect(await nextTransactionId(target)).toBeLessThan(await nextTransactionId(source))
    await restore(target)
    await expectNewLife(postgres(target), { company, work: done })
  })

  it.skipIf(isSkipped)('and restored under a process that has it open is written by nobody who opened it before', async () => {
    const { url: serverUrl, save } = await serverFor(copy)
    const url = await newDatabase(serverUrl)
    const company = await foundCompany(postgres(url))
    const { engine, companyId } = company
    onTestFinished(() => engine.stop())
    const done = await work(company)
    const restore = await save(url, temporaryFolder())
    await engine.tasks.create({ companyId, title: 'After the backup' })
    await restore(url)
    const replaced = { code: 'instance_replaced', kind: 'unavailable', message: expect.stringContaining('Restart this process') }
    const before = await rowsOf(url)

    expect(await errorOf(engine.tasks.create({ companyId, title: 'Too late' }))).toMatchObject(replaced)
    expect(await errorOf(engine.tasks.createMany({ companyId, tasks: [{ title: 'Too late' }] }))).toMatchObject(replaced)
    expect(await errorOf(engine.companies.create({ name: 'Too late' }))).toMatchObject(replaced)
    const run = engine.as(await actorOf(engine, done.held.credential))
    expect(await errorOf(run.tasks.progress({ taskId: done.held.taskId, percent: 99 }))).toMatchObject(replaced)
    const { runId } = done.held
    expect(await errorOf(run.runs.heartbeat({ runId }))).toMatchObject(replaced)
    expect(await errorOf(run.runs.appendLog({ runId, entries: [{ stream: 'stdout', text: 'late' }] }))).toMatchObject(replaced)
    expect(await errorOf(engine.repair())).toMatchObject(replaced)
    expect(await engine.health()).toMatchObject({ isReady: false, problem: expect.stringContaining('was restored from a copy') })
    expect(await rowsOf(url)).toEqual(before)

    await expectNewLife(postgres(url), { company, work: done })
    await expectFenced(engine, done.held)
    expect(await errorOf(engine.tasks.create({ companyId, title: 'Too late' }))).toMatchObject(replaced)
    expect(await engine.health()).toMatchObject({ isReady: false })
  })
})

async function nextTransactionId(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ id: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as id')
    return Number(rows[0]?.id)
  })
}

/** Every row of Engine's tables, as text. */
async function rowsOf(url: string): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'engine'`)
    const texts: Record<string, string> = {}
    for (const { name } of tables) {
      const { rows } = await client.query<{ text: string }>(`select t::text as text from engine."${name}" t order by 1`)
      texts[name] = rows.map((row) => row.text).join('\n')
    }
    return texts
  })
}

describe('a Postgres database', () => {
  it('that another one is created from is known for another', async () => {
    const serverUrl = inject('postgresUrl')
    const source = await newDatabase(serverUrl)
    const company = await foundCompany(postgres(source))
    const done = await work(company)
    await company.engine.stop()
    const target = await newDatabase(serverUrl)
    const nameOf = (url: string) => new URL(url).pathname.slice(1)
    await dropDatabase(target)
    await withClient(serverUrl, (client) => client.query(`create database ${nameOf(target)} template ${nameOf(source)}`))
    await expectNewLife(postgres(target), { company, work: done })
  })

  it('stops the programs of a process under which it was restored', async () => {
    const url = await newDatabase(inject('postgresUrl'))
    const company = await foundCompany(postgres(url), { mode: 'auto', settings: { leaseMs: 6_000 } })
    const { engine, adapter, companyId, agentId } = company
    onTestFinished(() => engine.stop())
    const told: string[] = []
    adapter.script = async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      told.push(String(signal.reason))
      return { kind: 'done' }
    }
    await engine.start()
    const task = await engine.tasks.create({ companyId, title: 'Long', assigneeAgentId: agentId })
    await until(
      () => adapter.turns.length,
      (turns) => turns === 1,
    )
    const restore = await byRows(url, temporaryFolder())
    await restore(url)
    await until(
      () => told,
      (reasons) => reasons.length === 1,
    )
    expect(told).toEqual(['lease_lost'])
    const { engine: next } = await openEngine(postgres(url))
    onTestFinished(() => next.stop())
    expect(await next.tasks.get({ taskId: task.id })).toMatchObject({ status: 'in_progress' })
    expect(await eventsOf(next, companyId)).not.toContainEqual(expect.objectContaining({ type: 'task.completed' }))
  })

  it('can belong to a user without special rights', async () => {
    const serverUrl = inject('postgresUrl')
    const url = await newDatabase(serverUrl)
    const role = `plain_${new URL(url).pathname.slice(1)}`
    await withClient(url, async (client) => {
      await client.query(`create role ${role} login password 'plain'`)
      await client.query(`grant create on database ${new URL(url).pathname.slice(1)} to ${role}`)
    })
    onTestFinished(() => withClient(serverUrl, (client) => client.query(`drop role if exists ${role}`)).then(() => undefined))
    const own = Object.assign(new URL(url), { username: role, password: 'plain' }).href
    const company = await foundCompany(postgres(own))
    await work(company)
    expect(await company.engine.health()).toMatchObject({ isReady: true })
    expect((await company.engine.verify()).isSound).toBe(true)
    await company.engine.stop()
    await dropDatabase(url)
  })
})
