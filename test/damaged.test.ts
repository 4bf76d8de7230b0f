// Starts on what should not be (PROMISES P20, P22, P23): each is refused in one line and left as it was, or put right.
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { inspectDatabase, type Storage } from '@engine/core'
import { pglite, postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { until } from '@engine/testing'

import { checkOutNew, foundCompany, openEngine } from './support/company.ts'
import { dump } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'
import { startProgram } from './support/processes.ts'
import { withClient } from './support/server-process.ts'

const nobody = 65_534

async function makeFile(): Promise<string> {
  const file = join(temporaryFolder(), 'engine.db')
  const { engine } = await foundCompany(sqlite(file))
  await engine.stop()
  return file
}

function change(file: string, statements: string): void {
  const db = new Database(file)
  db.exec(statements)
  db.close()
}

/** Without the rights of the superuser, who may write everything. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(nobody)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

/** What a start is refused with. */
async function refusalOf(storage: Storage): Promise<string> {
  try {
    const { engine } = await openEngine(storage)
    await engine.stop()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('it was opened')
}

interface State {
  readonly what: string
  /** Makes it, and answers with its path. */
  make(): Promise<string>
  readonly says: RegExp
}

const unreadable: readonly State[] = [
  {
    what: 'a file that is no database',
    make: async () => {
      const file = join(temporaryFolder(), 'engine.db')
      writeFileSync(file, 'A letter to my aunt, saved under the wrong name. '.repeat(100))
      return file
    },
    says: /^The database file \S+ cannot be opened: file is not a database\. Check the path/,
  },
  {
    what: 'a database file of which half is missing',
    make: async () => {
      const file = await makeFile()
      truncateSync(file, Math.floor(statSync(file).size / 8192) * 4096)
      return file
    },
    says: /^The database file \S+ cannot be opened: database disk image is malformed\. Check the path/,
  },
]

describe('a start is refused in one line, and nothing is changed, on', () => {
  it.each(unreadable)('$what', async ({ make, says }) => {
    const file = await make()
    const before = readFileSync(file)
    const refusal = await refusalOf(sqlite(file))
    expect(refusal).toMatch(says)
    expect(refusal).not.toContain('\n')
    expect(readFileSync(file)).toEqual(before)
  })

  it('a folder', async () => {
    const folder = temporaryFolder()
    expect(await refusalOf(sqlite(folder))).toMatch(/^The database file \S+ cannot be opened: it is a folder\. Check the path/)
  })

  it('a path that leads through a file', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, 'x')
    expect(await refusalOf(sqlite(join(file, 'engine.db')))).toMatch(/^The database file \S+ cannot be opened: \w+.*\. Check the path/)
    expect(await refusalOf(pglite(join(file, 'folder')))).not.toContain('\n')
    expect(readFileSync(file, 'utf8')).toBe('x')
  })

  it.skipIf(process.platform === 'win32')('a file, and a folder, that this process may only read', async () => {
    const file = await makeFile()
    const folder = dirname(file)
    const before = readFileSync(file)
    chmodSync(file, 0o444)
    chmodSync(folder, 0o555)
    onTestFinished(() => chmodSync(folder, 0o755))
    await asNobody(async () => {
      expect(await refusalOf(sqlite(file))).toMatch(
        /^The database file \S+ cannot be opened: attempt to write a readonly database\. Check the path/,
      )
      expect(await refusalOf(sqlite(join(folder, 'new.db')))).toMatch(
        /^The database file \S+ cannot be opened: unable to open database file\./,
      )
    })
    expect(readdirSync(folder)).toEqual(['engine.db'])
    chmodSync(folder, 0o777)
    await asNobody(async () => {
      expect(await refusalOf(sqlite(file))).toMatch(
        /^The database can only be read \(SQLITE_READONLY\)\. Nothing was changed; check who may write its file/,
      )
    })
    expect(readFileSync(file)).toEqual(before)
  })

  it('a file that another process keeps to itself', { timeout: 60_000 }, async () => {
    const file = await makeFile()
    const before = dump(file)
    const holder = new Database(file)
    onTestFinished(() => void holder.close())
    holder.exec('begin immediate')
    expect(await refusalOf(sqlite(file))).toMatch(
      /^The database can not be written right now \(SQLITE_BUSY\)\. Nothing was changed; try again\.$/,
    )
    holder.exec('rollback')
    expect(dump(file)).toBe(before)
    const { engine } = await openEngine(sqlite(file))
    await engine.stop()
  })

  const histories = [
    {
      what: 'a newer schema',
      sql: `insert into engine_migrations values (99, '0099-future', 'x', '2030-01-01T00:00:00.000Z')`,
      says: /0099-future/,
    },
    {
      what: 'an edited migration',
      sql: `update engine_migrations set checksum = 'x' where position = 0`,
      says: /another text than this code/,
    },
    {
      what: 'a migration of another name',
      sql: `update engine_migrations set id = '0002-other' where position = 1`,
      says: /0002-other was applied .* than this code has for 0002-/,
    },
    {
      what: 'a gap in its history',
      sql: `delete from engine_migrations where position = 0`,
      says: /0002-\S+ was applied .* than this code has for 0001-/,
    },
  ]

  it.each(histories)('a SQLite database with $what', async ({ sql, says }) => {
    const file = await makeFile()
    change(file, sql)
    const before = dump(file)
    const refusal = await refusalOf(sqlite(file))
    expect(refusal).toMatch(says)
    expect(refusal).not.toContain('\n')
    expect(dump(file)).toBe(before)
  })

  it.each(histories)('a Postgres database with $what', async ({ sql, says }) => {
    const url = await newDatabase()
    const { engine } = await foundCompany(postgres(url))
    await engine.stop()
    await withClient(url, (client) => client.query(`set search_path = engine; ${sql}`))
    const refusal = await refusalOf(postgres(url))
    expect(refusal).toMatch(says)
    expect(refusal).not.toContain('\n')
    await using database = await inspectDatabase(postgres(url))
    expect(await database.facts()).toMatchObject({ schemaProblem: expect.stringMatching(says), epoch: 1 })
  })

  it('a Postgres database in which this user may create nothing', async () => {
    const url = await newDatabase()
    const role = `guest_${new URL(url).pathname.slice(1)}`
    await withClient(url, (client) => client.query(`create role ${role} login password 'guest'`))
    onTestFinished(() => withClient(inject('postgresUrl'), (client) => client.query(`drop role ${role}`)).then(() => undefined))
    const refusal = await refusalOf(postgres(Object.assign(new URL(url), { username: role, password: 'guest' }).href))
    expect(refusal).toMatch(/^permission denied for database/)
  })
})

async function newDatabase(): Promise<string> {
  const url = await createDatabase(inject('postgresUrl'))
  onTestFinished(() => dropDatabase(url))
  return url
}

describe('a start puts right', () => {
  it('a run whose worker died long ago, although the lease before it cannot be taken back', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const company = await foundCompany(sqlite(file))
    const [stuck, first, second] = [await checkOutNew(company), await checkOutNew(company), await checkOutNew(company)]
    await company.engine.stop()
    change(
      file,
      `update runs set worker_id = 'a-process-that-is-gone';
      update leases set worker_id = 'a-process-that-is-gone', expires_at = '2020-01-01T00:00:00.000Z';
      update leases set expires_at = '2019-01-01T00:00:00.000Z' where run_id = '${stuck.runId}';
      update runs set status = 'succeeded' where id = '${stuck.runId}'`,
    )
    const { engine } = await openEngine(sqlite(file))
    onTestFinished(() => engine.stop())
    await engine.start()
    expect(await engine.health()).toMatchObject({ isReady: true })
    for (const { taskId, runId } of [first, second]) {
      await until(
        () => engine.tasks.get({ taskId }),
        (task) => task.status === 'todo',
      )
      expect(await engine.runs.get({ runId })).toMatchObject({ status: 'lost' })
    }
    const broken = (await engine.verify()).checks.filter((check) => !check.isHeld).map((check) => check.name)
    expect(broken).not.toContain('live_runs_count_leases')
    expect((await engine.tasks.checkout({ taskId: first.taskId })).run.fence).toBe(2)
  })

  const dyingStarter = new URL('./support/dying-starter.ts', import.meta.url)

  async function startAndDie(url: string, last: number): Promise<boolean> {
    const starter = startProgram(dyingStarter, { args: [url, String(last)] })
    const { signal } = await starter.exited
    return signal === 'SIGKILL'
  }

  it('a migration in which its process was killed, wherever that was, in a file', { timeout: 120_000 }, async () => {
    const whole = join(temporaryFolder(), 'engine.db')
    const counter = startProgram(dyingStarter, { args: [whole, '0'] })
    const total = Number((await counter.printed(/DONE (\d+)/))[1])
    await counter.exited
    const points = [1, 2, 3, 5, 10, 20, Math.floor(total / 2), total - 20, total - 10, total - 5, total - 2, total]
    await Promise.all(
      points.map(async (last) => {
        const file = join(temporaryFolder(), 'engine.db')
        expect(await startAndDie(file, last)).toBe(true)
        const { engine } = await openEngine(sqlite(file))
        expect((await engine.verify()).isSound).toBe(true)
        await engine.stop()
        expect(schemaOf(file)).toBe(schemaOf(whole))
      }),
    )
  })

  it('a migration in which its process was killed, in a Postgres database', { timeout: 120_000 }, async () => {
    await Promise.all(
      [3, 8, 25, 55, 70].map(async (last) => {
        const url = await newDatabase()
        expect(await startAndDie(url, last)).toBe(true)
        const { engine } = await openEngine(postgres(url))
        expect((await engine.verify()).isSound).toBe(true)
        await engine.stop()
      }),
    )
  })
})

function schemaOf(file: string): string {
  const db = new Database(file, { readonly: true })
  try {
    return JSON.stringify(db.prepare('select type, name, sql from sqlite_schema order by type, name').all())
  } finally {
    db.close()
  }
}

/** Sets how long a file of a process may become; of util-linux. */
const limiter = 'prlimit'
const canLimit = spawnSync(limiter, ['--version']).status === 0

describe('a full disk', () => {
  it.skipIf(!canLimit)(
    'refuses what it has no room for, keeps what was acknowledged, and works again with room',
    { timeout: 60_000 },
    async () => {
      const file = join(temporaryFolder(), 'engine.db')
      const { engine, companyId } = await foundCompany(sqlite(file))
      await engine.stop()
      const filler = startProgram(new URL('./support/filler.ts', import.meta.url), { args: [file, companyId] })
      await filler.printed(/READY/)
      const limitTo = (bytes: string) => expect(spawnSync(limiter, ['--pid', String(filler.child.pid), `--fsize=${bytes}`]).status).toBe(0)
      for (let round = 1; round <= 3; round += 1) {
        limitTo(`${round * 2_000_000}:unlimited`)
        await filler.printed(new RegExp(`(REFUSED unavailable: The database can not be written right now[^\\n]*\\n[^]*){${round}}`))
        limitTo('unlimited:unlimited')
        await filler.printed(new RegExp(`(AGAIN \\d+[^]*){${round}}`))
      }
      filler.child.kill('SIGTERM')
      const [, list = ''] = await filler.printed(/ACKNOWLEDGED (\[.*\])/)
      const acknowledged = JSON.parse(list) as string[]
      await using database = await inspectDatabase(sqlite(file))
      expect((await database.verify()).checks.filter((check) => !check.isHeld)).toEqual([])
      const db = new Database(file, { readonly: true })
      onTestFinished(() => void db.close())
      const kept = db.prepare('select id from tasks').pluck().all()
      expect(kept).toEqual(expect.arrayContaining(acknowledged))
      // What was refused had no effect.
      expect(kept).toHaveLength(acknowledged.length)
    },
  )
})
