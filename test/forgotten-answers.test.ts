// Answers to keyed requests are kept for a day, then a running engine forgets them.
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { inspectDatabase, silentLogger, type Logger, type Storage } from '@engine/core'
import { systemClock } from '@engine/core/plugin'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { createWorld, until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase } from './support/storages.ts'

const hourMs = 3_600_000
const places: Readonly<Record<string, () => Promise<() => Storage>>> = {
  'a SQLite file': async () => {
    const file = join(temporaryFolder(), 'engine.db')
    return () => sqlite(file)
  },
  Postgres: async () => {
    const url = await newDatabase()
    return () => postgres(url)
  },
}

it.each(Object.entries(places))('an engine on %s forgets answers of the day before, and keeps those of today', async (_, newPlace) => {
  const storage = await newPlace()
  const longAgo = { ...systemClock, now: () => Date.now() - 25 * hourMs }
  const { engine: before, companyId } = await createWorld({ storage: storage(), clock: longAgo })
  await before.goals.create({ companyId, title: 'Then' }, { idempotencyKey: 'then' })
  await before.stop()

  const errors: string[] = []
  const logger: Logger = { ...silentLogger, error: (message, facts) => void errors.push(`${message} ${JSON.stringify(facts)}`) }
  const { engine } = await createWorld({ storage: storage(), logger })
  onTestFinished(() => engine.stop())
  await engine.goals.create({ companyId, title: 'Now' }, { idempotencyKey: 'now' })
  await engine.start()
  await using database = await inspectDatabase(storage())
  await until(
    () => database.facts(),
    ({ idempotencyRows }) => idempotencyRows === 1,
  )
  await engine.goals.create({ companyId, title: 'Now' }, { idempotencyKey: 'now' })
  await engine.goals.create({ companyId, title: 'Another' }, { idempotencyKey: 'then' })
  expect((await engine.goals.list({ companyId })).items.map(({ title }) => title)).toEqual(['Then', 'Now', 'Another'])
  expect(errors).toEqual([])
})
