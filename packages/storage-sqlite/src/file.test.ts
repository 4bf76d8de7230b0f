import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import NativeDatabase from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'

import { sqlite } from './index.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with `notes.db`, whose one note is not in the main file yet, and somebody who has it open. */
function notes(): { folder: string; file: string; db: NativeDatabase.Database } {
  const folder = temporaryFolder()
  const file = join(folder, 'notes.db')
  const db = new NativeDatabase(file)
  onTestFinished(() => void db.close())
  db.pragma('journal_mode = wal')
  db.exec(`create table notes (id integer primary key, text text not null); insert into notes values (1, 'first')`)
  return { folder, file, db }
}

function fileOf(path: string) {
  const { file } = sqlite(path).open()
  if (!file) throw new Error('this storage is no file')
  return file
}

function read(path: string): unknown[] {
  const db = new NativeDatabase(path, { readonly: true })
  try {
    return db.prepare('select text from notes order by id').pluck().all()
  } finally {
    db.close()
  }
}

const mark = (text: string) => ({ sql: 'update notes set text = ?', parameters: [text] })

describe('a backup', () => {
  it('has what is committed, and the marks, which the original has not', async () => {
    const { folder, file, db } = notes()
    db.exec(`begin; insert into notes values (2, 'not committed')`)
    const copy = join(folder, 'copy.db')
    await fileOf(file).backup({ path: copy, marks: [mark('marked')] })
    db.exec('commit')
    expect(read(copy)).toEqual(['marked'])
    expect(read(file)).toEqual(['first', 'not committed'])
  })

  it('is not there when a mark cannot be made', async () => {
    const { folder, file } = notes()
    const before = readdirSync(folder)
    const failing = fileOf(file).backup({
      path: join(folder, 'copy.db'),
      marks: [mark('x'), { sql: 'update missing set a = 1', parameters: [] }],
    })
    await expect(failing).rejects.toThrow('no such table: missing')
    expect(readdirSync(folder)).toEqual(before)
  })

  it('tells by a code that there is a file already', async () => {
    const { folder, file } = notes()
    writeFileSync(join(folder, 'copy.db'), 'mine')
    await expect(fileOf(file).backup({ path: join(folder, 'copy.db'), marks: [] })).rejects.toMatchObject({ code: 'EEXIST' })
  })

  it('of a database that is not there fails, and creates none', async () => {
    const folder = temporaryFolder()
    await expect(fileOf(join(folder, 'missing.db')).backup({ path: join(folder, 'copy.db'), marks: [] })).rejects.toThrow('unable to open')
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a file', () => {
  it('tells how much of it is in its WAL', async () => {
    const { file, db } = notes()
    expect(await fileOf(file).walBytes()).toBeGreaterThan(0)
    db.pragma('wal_checkpoint(truncate)')
    expect(await fileOf(file).walBytes()).toBe(0)
    expect(await fileOf(':memory:').walBytes()).toBe(0)
  })

  it('tells what is broken in it, and where a reference leads nowhere', async () => {
    const { file, db } = notes()
    expect(await fileOf(file).findDamage()).toEqual([])
    db.pragma('foreign_keys = off')
    db.exec(`create table answers (note integer references notes (id)); insert into answers values (7)`)
    expect(await fileOf(file).findDamage()).toEqual(['answers: row 1 refers to a row of notes that is not there'])
  })

  it('that is opened for reading is not changed, and not created', async () => {
    const { folder, file } = notes()
    const driver = sqlite(file).open('reading').dialect.createDriver()
    await driver.init()
    const connection = await driver.acquireConnection()
    const query = (sql: string) => ({
      sql,
      parameters: [],
      query: { kind: 'RawNode' as const, sqlFragments: [sql], parameters: [] },
      queryId: { queryId: '' },
    })
    expect((await connection.executeQuery<{ text: string }>(query('select text from notes'))).rows).toEqual([{ text: 'first' }])
    await expect(connection.executeQuery(query(`insert into notes values (2, 'x')`))).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
    await driver.destroy()
    const missing = join(folder, 'missing.db')
    await expect(sqlite(missing).open('reading').dialect.createDriver().init()).rejects.toThrow(
      `The database file ${missing} cannot be opened`,
    )
    expect(existsSync(missing)).toBe(false)
    await expect(sqlite(folder).open().dialect.createDriver().init()).rejects.toThrow(`${folder} cannot be opened: it is a folder.`)
  })
})

it('is the same file wherever the process goes after it was named', async () => {
  const { folder, file } = notes()
  const before = process.cwd()
  process.chdir(folder)
  onTestFinished(() => process.chdir(before))
  const { thread, file: named } = sqlite('notes.db').open()
  process.chdir(temporaryFolder())
  expect([await named?.findDamage(), await named?.walBytes(), thread?.target]).toEqual([[], await fileOf(file).walBytes(), file])
})
