import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import pg from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'

import { until } from './engine.ts'
import { createDatabase, dropDatabase, startPostgres } from './postgres.ts'

const pgbouncerUrl = inject('pgbouncerUrl')
if (pgbouncerUrl === null) console.log(`skipped, no PgBouncer: ${inject('pgbouncerSkipped')}`)

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, ssl: false })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end().catch(() => undefined))
  return client
}

async function newDatabase(serverUrl: string): Promise<string> {
  const url = await createDatabase(serverUrl)
  onTestFinished(() => dropDatabase(url))
  return url
}

async function newServer(options: Parameters<typeof startPostgres>[0] = {}) {
  const server = await startPostgres(options)
  onTestFinished(() => server.stop())
  return server
}

async function setting(client: pg.Client, name: string): Promise<string> {
  const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [name])
  return String(rows[0]?.value)
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return Number(rows[0]?.pid)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the Postgres server of a test run', () => {
  test('holds databases that see nothing of each other', async () => {
    const first = await connect(await newDatabase(inject('postgresUrl')))
    const second = await connect(await newDatabase(inject('postgresUrl')))
    await first.query('create table notes (id int)')
    await expect(first.query('select * from notes')).resolves.toMatchObject({ rowCount: 0 })
    await expect(second.query('select * from notes')).rejects.toMatchObject({ code: '42P01' })
  })

  test('drops a database although somebody is connected to it', async () => {
    const url = await createDatabase(inject('postgresUrl'), { name: 'with "quotes" and ü' })
    await connect(url)
    await dropDatabase(url)
    await expect(connect(url)).rejects.toMatchObject({ code: '3D000' })
  })

  test('is in UTF8 with the locale C, and listens on the loopback address alone', async () => {
    const client = await connect(await newDatabase(inject('postgresUrl')))
    const expected = {
      synchronous_commit: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '127.0.0.1',
      max_connections: '200',
    }
    for (const [name, value] of Object.entries(expected)) expect(`${name} ${await setting(client, name)}`).toBe(`${name} ${value}`)
    const { rows } = await client.query('select datcollate, datctype from pg_database where datname = current_database()')
    expect(rows).toEqual([{ datcollate: 'C', datctype: 'C' }])
  })

  test('asks for its password', async () => {
    const url = new URL(inject('postgresUrl'))
    url.password = 'engine'
    await expect(connect(url.href)).rejects.toMatchObject({ code: '28P01' })
  })

  test('runs as a user that is not root', async () => {
    const client = await connect(inject('postgresUrl'))
    // Postgres refuses a data folder of another user than its own.
    expect(statSync(await setting(client, 'data_directory')).uid).not.toBe(0)
  })
})

describe('a Postgres server of its own', () => {
  test('has every acknowledged row after a crash, on the same port and with its settings', async () => {
    const server = await newServer({ settings: { work_mem: '5MB' } })
    const url = await server.createDatabase()
    const client = await connect(url)
    expect(await setting(client, 'fsync')).toBe('on')
    await client.query('create table notes (id int)')
    await client.query('insert into notes values (1)')
    const pidBefore = server.pid
    await server.kill()
    expect(isAlive(pidBefore)).toBe(false)
    await expect(connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })

    await server.start()
    expect(server.pid).not.toBe(pidBefore)
    const recovered = await connect(url)
    expect((await recovered.query('select id from notes')).rows).toEqual([{ id: 1 }])
    expect(await setting(recovered, 'work_mem')).toBe('5MB')
  })

  test('starts again after an orderly stop that keeps its data', async () => {
    const server = await newServer()
    const url = await server.createDatabase('kept')
    await expect(server.start()).rejects.toThrow('still runs')
    await server.stop({ keepsData: true })
    await server.start()
    expect(await setting(await connect(url), 'is_superuser')).toBe('on')
  })

  test('leaves nothing behind when it is stopped, also after a crash', async () => {
    const endOne = async ({ crashes = false, isFleeting = false }) => {
      const server = await newServer({ isFleeting })
      const folder = dirname(await setting(await connect(server.url), 'data_directory'))
      if (crashes) await server.kill()
      await server.stop()
      expect([isAlive(server.pid), existsSync(folder)]).toEqual([false, false])
      await expect(server.start()).rejects.toThrow('keepsData')
    }
    await Promise.all([endOne({}), endOne({ crashes: true }), endOne({ crashes: true, isFleeting: true })])
  })

  test('has every acknowledged row after a crash also when it is fleeting, its data being in memory where that has room', async () => {
    const server = await newServer({ isFleeting: true })
    const client = await connect(server.url)
    expect(await setting(client, 'fsync')).toBe('off')
    const { bavail, bsize } = existsSync('/dev/shm') ? statfsSync('/dev/shm') : { bavail: 0, bsize: 0 }
    if (Math.min(bavail * bsize, process.availableMemory()) > 8 * 1024 ** 3)
      expect(await setting(client, 'data_directory')).toMatch('/dev/shm/')
    await client.query('create table notes (id int)')
    await client.query('insert into notes values (1)')
    await server.kill()
    await server.start()
    expect((await (await connect(server.url)).query('select id from notes')).rows).toEqual([{ id: 1 }])
  })

  test('tells what it printed when it cannot start', async () => {
    await expect(startPostgres({ settings: { no_such_setting: '1' } })).rejects.toThrow('unrecognized configuration parameter')
  })

  test('ends and leaves no file when the process that started it is killed', async () => {
    const starter = [
      `import { startPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)}`,
      'const server = await startPostgres()',
      'process.send(server.url)',
      'setInterval(() => undefined, 60_000)',
    ]
    const child = spawn(process.execPath, ['--input-type=module', '--eval', starter.join('\n')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [url] = (await once(child, 'message')) as [string]
    const folder = dirname(await setting(await connect(url), 'data_directory'))
    child.kill('SIGKILL')
    await until(
      () => existsSync(folder),
      (hasFiles) => !hasFiles,
    )
    await expect(connect(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe.skipIf(pgbouncerUrl === null)('PgBouncer before it', () => {
  test('gives many clients of one database few server processes', async () => {
    const url = await newDatabase(pgbouncerUrl ?? '')
    const clients = await Promise.all(Array.from({ length: 40 }, () => connect(url)))
    // All at the same time: each holds its server process for a moment.
    const answers = await Promise.all(
      clients.map((client) => client.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.05)')),
    )
    expect(new Set(answers.map(({ rows }) => rows[0]?.pid)).size).toBeLessThanOrEqual(8)
  })

  test('lets two clients take turns on one server process, which is not the one that a client was told of', async () => {
    const url = await newDatabase(pgbouncerUrl ?? '')
    const [first, second] = [await connect(url), await connect(url)]
    const shared = await backendOf(first)
    expect(await backendOf(second)).toBe(shared)
    expect(Reflect.get(first, 'processID')).toEqual(expect.any(Number))
    expect([Reflect.get(first, 'processID'), Reflect.get(second, 'processID')]).not.toContain(shared)
  })

  test('keeps a transaction on one server process, which others get only after its end', async () => {
    const url = await newDatabase(pgbouncerUrl ?? '')
    const [first, second] = [await connect(url), await connect(url)]
    await first.query('begin')
    const held = await backendOf(first)
    expect(await backendOf(second)).not.toBe(held)
    expect(await backendOf(first)).toBe(held)
    await first.query('commit')
  })

  test('forwards to the same server', async () => {
    const through = await newDatabase(pgbouncerUrl ?? '')
    await (await connect(through)).query('create table notes (id int)')
    const direct = new URL(inject('postgresUrl'))
    direct.pathname = new URL(through).pathname
    await expect((await connect(direct.href)).query('select * from notes')).resolves.toMatchObject({ rowCount: 0 })
  })
})
