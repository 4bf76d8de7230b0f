// What needs processes of their own; the rest is in packages/testing/src/conformance/migrations.ts, for every storage.
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { watched } from '@engine/testing'

import { temporaryFolder } from './support/files.ts'
import { startProgram, type Program } from './support/processes.ts'
import { emptyDatabase } from './support/storages.ts'

const places = { 'a SQLite file': async () => join(temporaryFolder(), 'engine.db'), Postgres: emptyDatabase }

const start = (...args: string[]): Program => startProgram(new URL('./support/starter.ts', import.meta.url), { args })
const applied = async (starter: Program): Promise<number> => Number((await starter.printed(/MIGRATED (\d+)/))[1])

async function countMigrations(place: string): Promise<number> {
  const storage = watched(place.startsWith('postgres:') ? postgres(place) : sqlite(place))
  const engine = await createEngine({ storage })
  const [row] = await storage.watch.query<{ count: number }>(`select count(*) as count from ${storage.watch.table('engine_migrations')}`)
  await engine.stop()
  return row?.count ?? 0
}

describe.each(Object.entries(places))('a new database: %s', (_, newPlace) => {
  it('is migrated once by several processes that start together, and all of them are ready', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 2; round += 1) {
      const place = await newPlace()
      const counts = await Promise.all(Array.from({ length: 4 }, () => applied(start(place))))
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(await countMigrations(place))
    }
  })

  it('is migrated by those that wait, when the one that migrates it is killed in the middle', { timeout: 60_000 }, async () => {
    const place = await newPlace()
    const first = start(place, '30')
    await first.printed(/STANDS STILL/)
    const others = [start(place), start(place)]
    await Promise.all(others.map((other) => other.printed(/OPENS/)))
    first.child.kill('SIGKILL')
    await first.exited
    const counts = await Promise.all(others.map(applied))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(await countMigrations(place))
  })
})
