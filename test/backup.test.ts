import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'

import { inspectDatabase, type Storage } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { errorOf } from '@engine/testing'

import { checkOutNew, foundCompany, openEngine } from './support/company.ts'
import { temporaryFolder } from './support/files.ts'
import { startLoad } from './support/load.ts'
import { startProgram } from './support/processes.ts'
import { newStorage } from './support/storages.ts'

const bin = fileURLToPath(new URL('../packages/cli/src/bin.ts', import.meta.url))

/** What does not hold in a database. */
async function brokenIn(storage: Storage): Promise<unknown[]> {
  await using database = await inspectDatabase(storage)
  return (await database.verify()).checks.filter((check) => !check.isHeld)
}

function tasksIn(file: string): string[] {
  const db = new Database(file, { readonly: true })
  try {
    return db.prepare('select id from tasks').pluck().all() as string[]
  } finally {
    db.close()
  }
}

describe('a backup of a SQLite database', () => {
  it('is sound each time that it is made while this and another process write, and has all that was acknowledged before', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'engine.db')
    const company = await foundCompany(sqlite(file))
    onTestFinished(() => company.engine.stop())
    const other = startProgram(new URL('./support/writer.ts', import.meta.url), { args: [file, company.companyId, company.agentId] })
    await other.printed(/WRITES/)
    const load = startLoad(company.engine, company)
    const sizes: number[] = []
    for (let number = 1; number <= 5; number += 1) {
      const before = load.acknowledged
      while (load.acknowledged < before + 20) await new Promise((resolve) => setTimeout(resolve, 5))
      const known = [...load.tasks]
      const copy = join(folder, `copy-${number}.db`)
      await company.engine.backup(copy)
      expect(await brokenIn(sqlite(copy))).toEqual([])
      const copied = tasksIn(copy)
      expect(copied).toEqual(expect.arrayContaining(known))
      sizes.push(copied.length)
    }
    await load.stop()
    other.child.kill('SIGTERM')
    await other.printed(/WROTE \d+/)
    expect(sizes).toEqual(sizes.toSorted((left, right) => left - right))
    expect(new Set(sizes).size).toBe(sizes.length)
    expect((await company.engine.verify()).isSound).toBe(true)
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('is a fixture in memory, of which each engine has a copy', async () => {
    const [file, storage] = [join(temporaryFolder(), 'fixture.db'), sqlite(':memory:')]
    const { engine, companyId } = await foundCompany(storage)
    await engine.backup(file)
    await engine.stop()
    const fixture = sqlite(readFileSync(file))
    const [{ engine: first }, { engine: second }] = [await openEngine(fixture), await openEngine(fixture)]
    onTestFinished(async () => void (await Promise.all([first.stop(), second.stop()])))
    await first.tasks.create({ companyId, title: 'Only here' })
    expect((await first.tasks.list({ companyId })).items).toHaveLength(1)
    expect((await second.tasks.list({ companyId })).items).toEqual([])
    expect(await brokenIn(fixture)).toEqual([])
  })

  it('lets other calls go on meanwhile', async () => {
    const folder = temporaryFolder()
    const { engine, companyId } = await foundCompany(sqlite(join(folder, 'engine.db')))
    onTestFinished(() => engine.stop())
    let isMade = false
    const backup = engine.backup(join(folder, 'copy.db')).then(() => (isMade = true))
    const created = await engine.tasks.create({ companyId, title: 'Meanwhile' })
    expect(isMade).toBe(false)
    await backup
    expect(await engine.tasks.get({ taskId: created.id })).toMatchObject({ title: 'Meanwhile' })
  })

  it('is one file that needs no other beside it', async () => {
    const folder = temporaryFolder()
    const { engine } = await foundCompany(sqlite(join(folder, 'engine.db')))
    await engine.backup(join(folder, 'copy.db'))
    await engine.stop()
    expect(readdirSync(folder)).toEqual(['copy.db', 'engine.db'])
    expect(readFileSync(join(folder, 'copy.db')).subarray(18, 20)).toEqual(Buffer.from([1, 1]))
  })

  it('can be made of a database in memory', async () => {
    const copy = join(temporaryFolder(), 'copy.db')
    const company = await foundCompany(sqlite(':memory:'))
    onTestFinished(() => company.engine.stop())
    const { taskId } = await checkOutNew(company)
    await company.engine.backup(copy)
    expect(await brokenIn(sqlite(copy))).toEqual([])
    expect(tasksIn(copy)).toEqual([taskId])
  })

  it('is left as it was by looking at it', async () => {
    const folder = temporaryFolder()
    const copy = join(folder, 'copy.db')
    const { engine } = await foundCompany(sqlite(join(folder, 'engine.db')))
    await engine.backup(copy)
    await engine.stop()
    const before = readFileSync(copy)
    await using database = await inspectDatabase(sqlite(copy))
    expect(await database.facts()).toMatchObject({ isUnopenedCopy: true, epoch: 1 })
    await database.verify()
    expect(readFileSync(copy)).toEqual(before)
    expect(readdirSync(folder)).toEqual(['copy.db', 'engine.db'])
  })
})

describe('a backup that cannot be made', () => {
  it('replaces no file that is there', async () => {
    const folder = temporaryFolder()
    const copy = join(folder, 'copy.db')
    writeFileSync(copy, 'mine')
    const { engine } = await foundCompany(sqlite(join(folder, 'engine.db')))
    onTestFinished(() => engine.stop())
    expect(await errorOf(engine.backup(copy))).toMatchObject({ code: 'already_exists', message: expect.stringContaining(copy) })
    expect(readFileSync(copy, 'utf8')).toBe('mine')
    expect(readdirSync(folder).filter((name) => !name.startsWith('engine.db'))).toEqual(['copy.db'])
  })

  it('replaces no file that appears while it is made', async () => {
    const folder = temporaryFolder()
    const copy = join(folder, 'copy.db')
    const { engine } = await foundCompany(sqlite(join(folder, 'engine.db')))
    onTestFinished(() => engine.stop())
    const outcomes = await Promise.allSettled([engine.backup(copy), engine.backup(copy), engine.backup(copy)])
    expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await brokenIn(sqlite(copy))).toEqual([])
    expect(readdirSync(folder).filter((name) => !name.startsWith('engine.db'))).toEqual(['copy.db'])
  })

  it('says which folder is missing', async () => {
    const folder = temporaryFolder()
    const { engine } = await foundCompany(sqlite(join(folder, 'engine.db')))
    onTestFinished(() => engine.stop())
    const error = await errorOf(engine.backup(join(folder, 'missing', 'copy.db')))
    expect(error).toMatchObject({
      code: 'backup_failed',
      message: expect.stringContaining(`there is no folder ${join(folder, 'missing')}`),
    })
  })

  it.skipIf(process.platform === 'win32')('for want of space leaves nothing of itself, and the database as it was', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'engine.db')
    const { engine } = await foundCompany(sqlite(file))
    await engine.stop()
    // A file of this process can have 64 blocks of 512 bytes at most; a longer one is refused as on a full disk.
    const command = ['-c', 'ulimit -f 64; exec "$0" "$@"', process.execPath, '--conditions=engine-source', bin]
    const { status, stderr } = spawnSync('sh', [...command, 'backup', 'copy.db', '--database-url', `file:${file}`], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', NODE_DISABLE_COMPILE_CACHE: '1' },
    })
    expect(stderr).toMatch(/^engine: No backup was made at copy\.db: .*\. Nothing is left of it\.\n$/)
    expect(status).toBe(1)
    expect(readdirSync(folder).filter((name) => !name.startsWith('engine.db'))).toEqual([])
    expect(await brokenIn(sqlite(file))).toEqual([])
  })

  it('because its process is killed has not got the name yet, or is whole', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'engine.db')
    const company = await foundCompany(sqlite(file))
    await company.engine.tasks.create({ companyId: company.companyId, title: 'Long', description: 'x'.repeat(60_000) })
    await company.engine.stop()
    for (let round = 1; round <= 4; round += 1) {
      const copy = join(folder, `copy-${round}.db`)
      const child = spawn(process.execPath, ['--conditions=engine-source', bin, 'backup', copy, '--database-url', `file:${file}`], {
        stdio: 'ignore',
        env: { ...process.env, NODE_OPTIONS: '' },
      })
      const ended = new Promise((resolve) => child.once('close', resolve))
      while (child.exitCode === null && !readdirSync(folder).some((name) => name.startsWith(`copy-${round}`))) {
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      child.kill('SIGKILL')
      await ended
      if (existsSync(copy)) expect(await brokenIn(sqlite(copy))).toEqual([])
    }
  })

  it.each(['pglite', 'postgres'])('by Engine, on %s, says what makes one', async (name) => {
    const storage = await newStorage(name)
    const { engine } = await openEngine(storage)
    onTestFinished(() => engine.stop())
    const error = await errorOf(engine.backup('copy.db'))
    expect(error).toMatchObject({ code: 'backup_elsewhere', kind: 'rule', message: expect.stringContaining('docs/backup.md') })
    expect(error.message).toContain('pg_dump --format=custom --schema=engine --file=engine.dump')
    expect(error.message).toContain(storage.id)
    expect(error.message).not.toContain('\n')
  })
})
