// P21, P22: several processes open a new or an old database at the same moment; one migrates it, all are ready, whoever dies meanwhile.
import { createEngine } from '@engine/core'

import { migrate } from '../../packages/core/src/database/migrate.ts'
import { migrations } from '../../packages/core/src/database/migrations/index.ts'
import { openDatabase } from '../../packages/core/src/database/open.ts'
import { defineLoop, type Round, type Scene, type Stage } from './loop.ts'
import type { Open, Opened } from './programs/starter.ts'
import { wait } from './support/company.ts'
import { leavePlace, emptyPlace, storageAt, withReader, type Place, type Row } from './support/place.ts'
import { startProgram, type Program } from './support/program.ts'

const starterFile = new URL('./programs/starter.ts', import.meta.url)
const mostStarters = 4

export const starts = defineLoop({ name: 'starts', storages: ['sqlite', 'postgres'], begin })

interface Theatre {
  readonly scene: Scene
  readonly starters: Program[]
  /** What the database looks like when one process alone opened it. */
  readonly schema: string
}

async function begin(scene: Scene): Promise<Stage> {
  const schema = await schemaOfNew(scene)
  const starters = await Promise.all(Array.from({ length: mostStarters }, startStarter))
  return {
    round: (round) => play({ scene, starters, schema }, round),
    end: async () => void (await Promise.all(starters.map((program) => program.end()))),
  }
}

async function startStarter(): Promise<Program> {
  const program = startProgram(starterFile, { plan: {} })
  await program.next('ready')
  return program
}

async function schemaOfNew(scene: Scene): Promise<string> {
  const place = await emptyPlace(scene)
  const engine = await createEngine({ storage: storageAt(place) })
  await engine.stop()
  const schema = await schemaAt(place)
  await leavePlace(place)
  return schema
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { scene, starters } = theatre
  const place = await emptyPlace(scene)
  const already = round.random.int(migrations.length)
  if (already > 0) await migratePartly(place, already)
  round.count(already > 0 ? 'old databases' : 'new databases')
  const chosen = starters.slice(0, 2 + round.random.int(mostStarters - 1))
  const victim = round.random.int(3) === 0 ? 0 : null
  for (const program of chosen) program.send({ kind: 'open', place } satisfies Open)
  if (victim !== null) {
    await wait(round.random.int(40))
    starters[victim]?.kill('SIGKILL')
    round.count('starters killed')
  }
  const told = await Promise.all(chosen.map((program) => program.next<Opened>('opened').catch(() => null)))
  if (victim !== null) {
    await starters[victim]?.exited
    starters[victim] = await startStarter()
  }
  round.count('starts', chosen.length)
  await judge(theatre, round, { place, told, wasKilled: victim !== null, missing: migrations.length - already })
  await leavePlace(place)
}

async function migratePartly(place: Place, count: number): Promise<void> {
  const storage = storageAt(place)
  const db = openDatabase(storage, storage.open().dialect)
  try {
    await migrate(db, { schema: storage.schema, migrations: migrations.slice(0, count) })
  } finally {
    await db.destroy()
  }
}

interface Outcome {
  readonly place: Place
  /** Null from a process that was killed. */
  readonly told: readonly (Opened | null)[]
  readonly wasKilled: boolean
  readonly missing: number
}

async function judge({ schema }: Theatre, round: Round, { place, told, wasKilled, missing }: Outcome): Promise<void> {
  for (const [index, each] of told.entries()) {
    if (each?.problem) round.violation(`A starter was refused: ${each.problem}`)
    if (each === null && !(wasKilled && index === 0)) round.violation('A starter ended by itself')
  }
  const applied = told.flatMap((each) => each?.applied ?? [])
  if (new Set(applied).size < applied.length) round.violation(`Migrations were applied twice: ${applied.join(', ')}`)
  if (!wasKilled && applied.length !== missing)
    round.violation(`${applied.length} of ${missing} migrations were applied: ${applied.join(', ')}`)
  round.count('migrations applied', applied.length)
  const found = await schemaAt(place)
  if (found !== schema) round.violation(`The schema differs from that of one process: ${found}`)
}

async function schemaAt(place: Place): Promise<string> {
  const texts =
    place.storage === 'sqlite'
      ? [`select type, name, sql from sqlite_schema order by 1, 2`]
      : [
          `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns where table_schema = 'engine' order by 1, 2`,
          `select indexdef from pg_indexes where schemaname = 'engine' order by 1`,
          `select conname, pg_get_constraintdef(oid) as definition from pg_constraint where connamespace = 'engine'::regnamespace order by 1`,
        ]
  return withReader(place, async (reader) => {
    const parts: Row[][] = []
    for (const text of [...texts, 'select position, id, checksum from engine_migrations order by 1']) parts.push(await reader.rows(text))
    return JSON.stringify(parts)
  })
}
