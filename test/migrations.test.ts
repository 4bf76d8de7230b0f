import { join } from 'node:path'

import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { dump, errorOf } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

/** How many migrations this code has. */
const migrationCount = 3

async function migratedFile(): Promise<string> {
  const file = join(temporaryFolder(), 'engine.db')
  const engine = await createEngine({ storage: sqlite(file) })
  await engine.companies.create({ name: 'Acme' })
  await engine.stop()
  return file
}

const open = (file: string) => createEngine({ storage: sqlite(file) })

describe('a database', () => {
  it('is opened again with its data', async () => {
    const engine = await open(await migratedFile())
    expect((await engine.companies.list()).items).toHaveLength(1)
    await engine.stop()
  })

  it('of a newer Engine is refused and left as it was', async () => {
    const file = await migratedFile()
    const db = new Database(file)
    db.exec(`insert into engine_migrations values (99, '0099-future', 'x', '2030-01-01T00:00:00.000Z')`)
    db.close()
    const before = dump(file)
    expect(await errorOf(open(file))).toMatchObject({ code: 'schema_newer', message: expect.stringContaining('0099-future') })
    expect(dump(file)).toBe(before)
  })

  it('with an edited migration is refused and left as it was', async () => {
    const file = await migratedFile()
    const db = new Database(file)
    db.exec(`update engine_migrations set checksum = 'edited'`)
    db.close()
    const before = dump(file)
    expect(await errorOf(open(file))).toMatchObject({ code: 'schema_edited' })
    expect(dump(file)).toBe(before)
  })

  it('is migrated by exactly one of several processes that start together, and all of them are ready', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 3; round += 1) {
      const file = join(temporaryFolder(), 'engine.db')
      const starters = Array.from({ length: 4 }, () => startProgram(new URL('./support/starter.ts', import.meta.url), { args: [file] }))
      const answers = await Promise.all(starters.map(async (starter) => Number((await starter.printed(/MIGRATED (\d+)/))[1])))
      expect(answers.reduce((sum, applied) => sum + applied, 0)).toBe(migrationCount)
    }
  })
})
