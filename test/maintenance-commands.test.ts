import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import Database from 'better-sqlite3'
import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { serve } from '@engine/http'
import { pglite, postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

import { checkOutNew, foundCompany, openEngine } from './support/company.ts'
import { temporaryFolder } from './support/files.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'

const bin = fileURLToPath(new URL('../packages/cli/src/bin.ts', import.meta.url))

function engine(args: string[], cwd: string): { status: number | null; stdout: string; stderr: string } {
  const { ENGINE_DATA_DIR: _folder, DATABASE_URL: _url, ...environment } = process.env
  // Any port is free, whatever else is served on this machine.
  const env = { PORT: '0', ...environment, NODE_OPTIONS: '' }
  return spawnSync(process.execPath, ['--conditions=engine-source', bin, ...args], { encoding: 'utf8', cwd, env })
}

/** The same, while something in this process answers. */
async function engineBeside(args: string[], cwd: string): Promise<{ status: number; stdout: string }> {
  const started = promisify(execFile)(process.execPath, ['--conditions=engine-source', bin, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] },
  })
  return started.then(
    ({ stdout }) => ({ status: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ status: error.code, stdout: error.stdout }),
  )
}

/** A folder with `data/engine.db`, as `engine serve` leaves it, with a task under work. */
async function servedFolder(): Promise<{ folder: string; file: string }> {
  const folder = temporaryFolder()
  const file = join(folder, 'data', 'engine.db')
  const company = await foundCompany(sqlite(file))
  await checkOutNew(company)
  await company.engine.stop()
  return { folder, file }
}

function change(file: string, statements: string): void {
  const db = new Database(file)
  db.exec(statements)
  db.close()
}

describe('engine backup', () => {
  it('copies the database of the data folder, also while it is in use, and says how to look at the copy', async () => {
    const { folder, file } = await servedFolder()
    const { engine: running } = await openEngine(sqlite(file))
    onTestFinished(() => running.stop())
    const { status, stdout, stderr } = engine(['backup', 'copy.db'], folder)
    expect(stderr).toBe('')
    expect(stdout).toContain(`${join(folder, 'copy.db')} holds sqlite:${file}`)
    expect(status).toBe(0)
    const [, command = ''] = /see that it is sound: engine (.*)\n/.exec(stdout) ?? []
    expect(engine(command.split(' '), folder)).toMatchObject({ status: 0, stdout: expect.stringMatching(/Sound: all \d+ invariants hold/) })
  })

  it('says in one line why there is none', async () => {
    const { folder } = await servedFolder()
    writeFileSync(join(folder, 'copy.db'), 'mine')
    const there = engine(['backup', 'copy.db'], folder)
    expect(there).toMatchObject({ status: 1, stderr: expect.stringMatching(/^engine: There already is a file copy\.db.*\n$/) })
    const elsewhere = engine(['backup', 'x.db', '--data-dir', 'nowhere'], folder)
    expect(elsewhere).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^engine: The database file \S+nowhere\/engine\.db cannot be opened.*\n$/),
    })
    expect(engine(['backup'], folder).status).not.toBe(0)
    expect(readdirSync(folder).toSorted()).toEqual(['copy.db', 'data'])
  })

  it('shows the command that backs Postgres up, without its password', async () => {
    const url = await createDatabase(inject('postgresUrl'))
    onTestFinished(() => dropDatabase(url))
    const company = await foundCompany(postgres(url))
    await company.engine.stop()
    const { status, stderr } = engine(['backup', 'x.dump', '--database-url', url], temporaryFolder())
    expect(stderr).toMatch(
      /^engine: .*pg_dump --format=custom --schema=engine --file=engine\.dump postgres:\/\/127\.0\.0\.1:\d+\/\w+ .*\n$/,
    )
    expect(stderr).not.toContain(new URL(url).password)
    expect(status).toBe(1)
  })

  it('creates no database where there is none', () => {
    const folder = temporaryFolder()
    const { status, stderr } = engine(['backup', 'x.db', '--database-url', 'pglite://./missing'], folder)
    expect(stderr).toMatch(/^engine: There is no database folder \S+missing\.\n$/)
    expect(status).toBe(1)
    expect(existsSync(join(folder, 'missing'))).toBe(false)
  })
})

describe('engine verify', () => {
  it('names each invariant, what breaks it and where, and ends with 1 when one is broken', async () => {
    const { folder, file } = await servedFolder()
    expect(engine(['verify'], folder)).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/  holds   one_lease_a_task\n/),
    })
    change(file, `update tasks set completed_at = updated_at`)
    const { status, stdout } = engine(['verify'], folder)
    expect(stdout).toMatch(
      /  BROKEN  ended_tasks_have_their_times: 1\n +task [\da-f-]{36}: ACM-1 is in_progress, but completed 20\S+, cancelled never\n/,
    )
    expect(stdout).toMatch(/Not sound: 1 of \d+ invariants do not hold\.\n$/)
    expect(status).toBe(1)
  })

  it('repairs figures that only count, when it is asked to', async () => {
    const { folder, file } = await servedFolder()
    change(file, `update agents set live_runs = 9; update company_counters set todo = 4`)
    expect(engine(['verify'], folder).status).toBe(1)
    const { status, stdout } = engine(['verify', '--repair'], folder)
    expect(stdout).toMatch(/^Repaired the live runs of 1 agents and the task counts of 1 companies\.\n/)
    expect(status).toBe(0)
  })
})

describe('engine doctor', () => {
  it('finds all well on a sound file', async () => {
    const { folder } = await servedFolder()
    const { status, stdout } = engine(['doctor'], folder)
    for (const line of [
      /good +Node\.js +\d+\./,
      /good +database +sqlite:/,
      /good +schema +\d{4}-/,
      /good +epoch +1\n/,
      /good +kept answers +0 /,
      /good +WAL +\d/,
      /good +rows +all/,
      /good +caps of runs +no agent/,
      /good +data folder +\S+data, \d+\.\d MiB free/,
      /good +key of the secrets +none yet/,
      /good +port +0 on 127\.0\.0\.1 is free/,
    ])
      expect(stdout).toMatch(line)
    expect(stdout).not.toContain('ALARM')
    expect(status).toBe(0)
  })

  it('finds all well on Postgres, and how long its oldest transaction lasts', async () => {
    const url = await createDatabase(inject('postgresUrl'))
    onTestFinished(() => dropDatabase(url))
    const company = await foundCompany(postgres(url))
    await company.engine.stop()
    const { status, stdout } = engine(['doctor', '--database-url', url], temporaryFolder())
    expect(stdout).toMatch(/good +oldest transaction +(none open|\d+ s old)/)
    expect(stdout).toMatch(/good +clock +\d+(\.\d+)? s (ahead of|behind) the database's/)
    expect(stdout).not.toContain(new URL(url).password)
    expect(status).toBe(0)
  })

  it('finds all well on PGlite', async () => {
    const folder = temporaryFolder()
    const company = await foundCompany(pglite(join(folder, 'data')))
    await company.engine.stop()
    expect(engine(['doctor', '--database-url', 'pglite://./data'], folder)).toMatchObject({ status: 0, stderr: '' })
  })

  const alarms: { what: string; spoil: (file: string) => void; says: RegExp }[] = [
    {
      what: 'rows that do not fit each other',
      spoil: (file) => change(file, `update agents set live_runs = 9`),
      says: /ALARM +rows +live_runs_count_leases \(1\)/,
    },
    {
      what: 'a schema that is newer than this version',
      spoil: (file) => change(file, `insert into engine_migrations values (99, '0099-future', 'x', '2030-01-01T00:00:00.000Z')`),
      says: /ALARM +schema +This database has the migration 0099-future/,
    },
    {
      what: 'a WAL that does not shrink',
      spoil(file) {
        writeFileSync(`${file}-wal`, '')
        truncateSync(`${file}-wal`, 65 * 1024 * 1024)
      },
      says: /ALARM +WAL +65\.0 MiB of 64\.0 MiB at most/,
    },
    {
      what: 'a file that is no database',
      spoil: (file) => writeFileSync(file, 'text '.repeat(1000)),
      says: /ALARM +database +The database file .* file is not a database/,
    },
  ]

  it.each(alarms)('ends with 1 for $what', async ({ spoil, says }) => {
    const { folder, file } = await servedFolder()
    spoil(file)
    const { status, stdout, stderr } = engine(['doctor'], folder)
    expect(stdout).toMatch(says)
    expect(stderr).toBe('')
    expect(status).toBe(1)
  })

  it('names whom a hard limit of money keeps from starting, twenty at most, and what to say at them', async () => {
    const folder = temporaryFolder()
    const storage = sqlite(join(folder, 'data', 'engine.db'))
    const open = await createEngine({ storage, adapters: [scriptedAdapter({ type: 'http', metering: 'final' })] })
    onTestFinished(() => open.stop())
    const founded = async (name: string, agents: string[]) => {
      const { id: companyId } = await open.companies.create({ name })
      const ids: string[] = []
      for (const each of agents)
        ids.push((await open.agents.create({ companyId, name: each, role: 'writer', adapterType: 'http', executionMode: 'manual' })).id)
      return { companyId, ids }
    }
    const limit = (companyId: string, scope: 'company' | 'agent' | 'task', scopeId?: string) =>
      open.budgets.set({ companyId, scope, limitCents: 100, ...(scopeId !== undefined && { scopeId }) })
    const acme = await founded('Acme\u001b[2J', ['Ada', 'Bob'])
    await limit(acme.companyId, 'company')
    await open.agents.update({ agentId: acme.ids[1] ?? '', maxCostMicrosPerRun: 1_000_000 })
    const free = await founded('Free', ['Cleo', 'Dora', 'Ed'])
    await limit(free.companyId, 'agent', free.ids[0])
    const given = await open.tasks.create({ companyId: free.companyId, title: 'Write', assigneeAgentId: free.ids[1] })
    await limit(free.companyId, 'task', given.id)
    const closed = await founded('Closed', ['Finn'])
    await limit(closed.companyId, 'company')
    await open.companies.archive({ companyId: closed.companyId })

    const { status, stdout } = engine(['doctor'], folder)
    expect(stdout).toMatch(
      /ALARM +caps of runs +under a hard limit of money these do not start: Ada of Acme \[2J \(http\), Cleo of Free \(http\), Dora of Free \(http\)\n/,
    )
    expect(stdout).toContain(`engine agents update ${acme.ids[0]} --max-cost-micros-per-run`)
    expect(status).toBe(1)

    const names = Array.from({ length: 20 }, (_, at) => `Bee ${at}`)
    await limit((await founded('Many', names)).companyId, 'company')
    expect(engine(['doctor'], folder).stdout).toMatch(/Bee 16 of Many \(http\), and 3 more\n/)
    const unstartable = engine(['doctor', '--allow-program', './tool'], folder).stdout
    expect(unstartable).toMatch(/good +database[^]*ALARM +caps of runs +not looked at, since a start would fail: .*\.\/tool/)
  })

  it.each(['no folder', 'an empty folder'])('finds all well before the first start, in %s, and makes nothing', (place) => {
    const folder = temporaryFolder()
    if (place === 'an empty folder') mkdirSync(join(folder, 'data'))
    const before = readdirSync(folder, { recursive: true })
    const { status, stdout } = engine(['doctor'], folder)
    expect(stdout).toMatch(/good +database +none yet; a start makes \S+data.engine\.db\n/)
    expect([status, readdirSync(folder, { recursive: true })]).toEqual([0, before])
  })

  it('ends with 1 where the database is gone, and creates none', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'data', 'blobs'), { recursive: true })
    expect(engine(['doctor'], folder)).toMatchObject({ status: 1, stdout: expect.stringMatching(/ALARM +database +The database file/) })
    expect(readdirSync(join(folder, 'data'))).toEqual(['blobs'])
  })

  it('tells what a start would stumble over, each with what to do, and makes nothing', async () => {
    const { folder } = await servedFolder()
    writeFileSync(join(folder, 'data', 'secret.key'), 'hello', { mode: 0o600 })
    // Whoever looks into a database leaves what SQLite needs for that.
    const files = () => readdirSync(join(folder, 'data')).filter((name) => !/-(shm|wal)$/.test(name))
    const before = files()
    const holder = createServer((_request, response) => response.end('something else')).listen(0, '127.0.0.1')
    onTestFinished(() => void holder.close())
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    const args = ['doctor', '--port', String(port), '--allow-program', 'no-such-program', process.execPath]
    const { status, stdout } = await engineBeside(args, folder)
    expect(stdout).toMatch(/ALARM +key of the secrets +\S+secret\.key can not be used: .*bytes.*\n +Without the right key/)
    expect(stdout).toMatch(new RegExp(`ALARM +port +${port} on 127.0.0.1 can not be had \\(EADDRINUSE\\)\\n +Stop what holds it`))
    expect(stdout).toMatch(/ALARM +program no-such-program +not on the PATH\n +Install it/)
    expect(stdout).toContain(`good   program ${process.execPath}`)
    expect(stdout).not.toContain('hello')
    expect([status, files()]).toEqual([1, before])
  })

  it('knows the port of an Engine that runs, and prints its findings as JSON', async () => {
    const { folder, file } = await servedFolder()
    const { engine: running } = await openEngine(sqlite(file))
    onTestFinished(() => running.stop())
    const server = await serve({ engine: running, port: 0 })
    onTestFinished(() => server.close())
    const { status, stdout } = await engineBeside(['doctor', '--json', '--port', new URL(server.url).port], folder)
    const findings = JSON.parse(stdout) as { what: string; isGood: boolean; found: string }[]
    expect(findings.find(({ what }) => what === 'port')).toMatchObject({
      isGood: true,
      found: expect.stringContaining("an Engine's already"),
    })
    expect([status, findings.every(({ isGood }) => isGood)]).toEqual([0, true])
  })
})
