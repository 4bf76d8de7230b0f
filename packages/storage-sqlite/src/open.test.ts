// What a file is not opened by: each of these loses or corrupts data, or ends the process without a word.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'

import { connect } from './connection-thread.ts'
import { openDatabase } from './open.ts'

afterEach(() => vi.doUnmock('better-sqlite3'))

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'engine.db')
}

/** As if another version of SQLite were bundled. */
function bundle(version: string): void {
  class Bundled extends Database {
    constructor(...given: ConstructorParameters<typeof Database>) {
      super(...given)
      this.function('sqlite_version', () => version)
    }
  }
  vi.doMock('better-sqlite3', () => ({ default: Bundled }))
}

it.each(['3.51.2', '3.40.1'])('an SQLite in which two writers corrupt a file, %s, is refused', async (version) => {
  const path = temporaryFile()
  const { writer, reader } = await openDatabase(path)
  for (const connection of [writer, reader]) connection?.close()
  bundle(version)
  for (const target of [path, ':memory:']) await expect(openDatabase(target)).rejects.toThrow(`SQLite ${version} can corrupt`)
  await expect(openDatabase(path, 'reading')).rejects.toThrow(`SQLite ${version} can corrupt`)
})

it('a Node on which the driver crashes is refused before the driver is loaded', async () => {
  const versions = Object.getOwnPropertyDescriptor(process, 'versions') ?? {}
  onTestFinished(() => void Object.defineProperty(process, 'versions', versions))
  Object.defineProperty(process, 'versions', { ...versions, value: { ...process.versions, node: '22.13.0' } })
  const loaded = vi.fn(() => ({ default: Database }))
  vi.doMock('better-sqlite3', loaded)
  await expect(openDatabase(':memory:')).rejects.toThrow(/needs Node.js 22\.18 or newer, this is 22\.13\.0/)
  expect(loaded).not.toHaveBeenCalled()
})

it('every connection waits for the disk, also that of a thread', async () => {
  const path = temporaryFile()
  const { writer, reader } = await openDatabase(path)
  const thread = await connect(path)
  try {
    for (const connection of [writer, reader]) expect(connection?.pragma('synchronous', { simple: true })).toBe(2)
    expect(await thread.run({ sql: 'pragma synchronous', parameters: [] })).toEqual([{ synchronous: 2 }])
  } finally {
    await thread.close()
    for (const connection of [writer, reader]) connection?.close()
  }
})
