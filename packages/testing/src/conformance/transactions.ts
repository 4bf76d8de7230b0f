import { setTimeout as delay } from 'node:timers/promises'

import { CompiledQuery } from 'kysely'
import { expect } from 'vitest'

import {
  directGroup,
  inTransaction,
  insert,
  newRow,
  openDirectly,
  present,
  refusedNumber,
  type ContractRow,
  type Database,
} from './driver.ts'

/** What each refusal of the database is known by; core turns these into its own errors. */
const codes = {
  duplicate: ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'],
  check: ['SQLITE_CONSTRAINT_CHECK', '23514'],
  reference: ['SQLITE_CONSTRAINT_FOREIGNKEY', '23503'],
  missing: ['SQLITE_CONSTRAINT_NOTNULL', '23502'],
} as const

/** Whether a commit is acknowledged only when a power cut takes nothing of it back, and the answers that say so. */
const waitsForDisk = {
  // FULL and EXTRA.
  sqlite: { setting: 'select synchronous as waits from pragma_synchronous', least: [2, 3] },
  postgres: {
    setting: "select current_setting('synchronous_commit') as waits",
    least: ['on', 'local', 'remote_write', 'remote_apply'],
  },
} as const

const changeOfMind = new Error('taken back')

export const transactions = directGroup('transactions', {
  'a transaction keeps all that it wrote, or leaves nothing when it is taken back': async (direct) => {
    const { db } = direct
    const [kept, takenBack] = [newRows(3), newRows(3)]
    await inTransaction(db, (tx) => insertAll(tx, kept))
    const rolledBack = inTransaction(db, async (tx) => {
      await insertAll(tx, takenBack)
      await tx
        .deleteFrom('contract_rows')
        .where(
          'id',
          'in',
          kept.map(({ id }) => id),
        )
        .execute()
      throw changeOfMind
    })
    await expect(rolledBack).rejects.toBe(changeOfMind)
    expect(await present(db, [...kept, ...takenBack])).toEqual(kept)
  },

  'of many transactions at once each is kept or taken back for itself': async (direct) => {
    const { db } = direct
    const rows = newRows(60)
    const answers = await Promise.allSettled(
      rows.map((row, index) =>
        inTransaction(db, async (tx) => {
          await insert(tx, row)
          await present(tx, rows)
          if (index % 3 === 0) throw changeOfMind
        }),
      ),
    )
    expect(answers.map(({ status }) => status === 'rejected')).toEqual(rows.map((_, index) => index % 3 === 0))
    expect(await present(db, rows)).toEqual(rows.filter((_, index) => index % 3 !== 0))
  },

  'a transaction that read before it wrote never fails for it, and no change is lost': async (direct) => {
    const { db } = direct
    const row = newRow({ number: 0 })
    await inTransaction(db, (tx) => insert(tx, row))
    await Promise.all(Array.from({ length: 40 }, () => inTransaction(db, (tx) => increment(tx, row.id))))
    expect(await numberOf(db, row.id)).toBe(40)
  },

  'reads outside a transaction never see what it has not committed': async (direct) => {
    const { db } = direct
    const [row] = newRows(1)
    const seen: Promise<readonly ContractRow[]>[] = []
    const rolledBack = inTransaction(db, async (tx) => {
      await insertAll(tx, [row])
      // Where there is one connection these wait for the end of the transaction, so they are not awaited here.
      for (let look = 0; look < 5; look += 1) {
        seen.push(present(db, [row]))
        await delay(2)
      }
      expect(await present(tx, [row])).toEqual([row])
      throw changeOfMind
    })
    await expect(rolledBack).rejects.toBe(changeOfMind)
    expect(await Promise.all(seen)).toEqual([[], [], [], [], []])
  },

  'what was committed is seen by the next read': async (direct) => {
    const { db } = direct
    for (const row of newRows(30)) {
      await inTransaction(db, (tx) => insert(tx, row))
      expect(await present(db, [row])).toEqual([row])
    }
  },

  'a commit waits until what it wrote is on disk': async (direct) => {
    const { db } = direct
    const { setting, least } = waitsForDisk[direct.under.storage.family]
    // Each connection has settings of its own; the one that writes is asked.
    const answer = await inTransaction(db, (tx) => tx.executeQuery<{ waits: unknown }>(CompiledQuery.raw(setting)))
    const [{ waits } = { waits: null }] = answer.rows
    expect(least, `${setting} says ${String(waits)}`).toContain(waits)
  },

  'a statement that fails takes its transaction back, and the connection goes on': async (direct) => {
    const { db } = direct
    const [first] = newRows(1)
    for (let round = 0; round < 15; round += 1) {
      const failed = inTransaction(db, async (tx) => {
        await insert(tx, first)
        await tx.executeQuery(CompiledQuery.raw('select * from no_such_table'))
      })
      await expect(failed).rejects.toThrow(/no_such_table/)
    }
    expect(await present(db, [first])).toEqual([])
    await inTransaction(db, (tx) => insert(tx, first))
    expect(await present(db, [first])).toEqual([first])
  },

  'a statement that fails and is ignored is never half a commit: all that is left is kept, or the commit is refused': async (direct) => {
    const { db } = direct
    const [before, after] = newRows(2)
    const committed = await inTransaction(db, async (tx) => {
      await insert(tx, before)
      await insert(tx, before).catch(() => undefined)
      await insert(tx, after).catch(() => undefined)
    }).then(
      () => true,
      () => false,
    )
    expect(await present(db, [before, after])).toEqual(committed ? [before, after] : [])
  },

  'a statement that fails among others at the same time harms none of them': async (direct) => {
    const { db } = direct
    const taken = newRow({ label: `taken ${Math.random()}` })
    await inTransaction(db, (tx) => insert(tx, taken))
    const rows = newRows(30).map((row, index) => (index % 2 === 0 ? row : { ...row, label: taken.label }))
    await Promise.allSettled(rows.map((row) => inTransaction(db, (tx) => insert(tx, row))))
    expect(await present(db, rows)).toEqual(rows.filter((_, index) => index % 2 === 0))
  },

  'a statement that fails says by its code what was wrong': async (direct) => {
    const { db } = direct
    const row = newRow({ label: `once ${Math.random()}` })
    const add = (more: Partial<ContractRow>) => codeOf(inTransaction(db, (tx) => insert(tx, newRow(more))))
    await inTransaction(db, (tx) => insert(tx, row))
    expect(codes.duplicate).toContain(await add({ id: row.id }))
    expect(codes.duplicate).toContain(await add({ label: row.label }))
    expect(codes.check).toContain(await add({ number: refusedNumber }))
    expect(codes.reference).toContain(await add({ parent: newRow().id }))
    expect(codes.missing).toContain(await add({ required: null }))
  },

  'the event loop gets its turns, however busy the database is kept': async (direct) => {
    const { db } = direct
    let turns = 0
    const ticking = setInterval(() => (turns += 1), 1)
    // By its own time: a machine with much else to do gives few turns to anybody.
    const begun = process.cpuUsage()
    const isSoon = ({ user, system } = process.cpuUsage(begun)) => user + system < 500_000
    while (turns <= 3 && isSoon()) await db.executeQuery(CompiledQuery.raw('select 1 as one'))
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(3)
  },

  'calls that are under way when connections are closed are answered or refused, and later ones are refused': async (direct) => {
    const under = await direct.create()
    const db = openDirectly(under.storage)
    const ask = (of: Pick<Database, 'executeQuery'> = db) => of.executeQuery(CompiledQuery.raw('select 1 as one'))
    const [begun, closing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const holding = inTransaction(db, async (tx) => {
      await ask(tx)
      begun.resolve()
      await closing.promise
      return ask(tx)
    })
    await begun.promise
    const ended = Promise.allSettled([holding, ask(), inTransaction(db, ask), ask()])
    // Those that wait for nobody are on their way.
    await delay(0)
    const closed = db.destroy()
    closing.resolve()
    await closed
    for (const answer of await ended) if (answer.status === 'fulfilled') expect(answer.value.rows).toEqual([{ one: 1 }])
    await expect(ask()).rejects.toThrow(/destroyed|closed/)
    await db.destroy()
    await under.dispose()
  },

  'connections that were closed that were never used are closed as well': async (direct) => {
    const under = await direct.create()
    await openDirectly(under.storage).destroy()
    await under.dispose()
  },

  'a storage says what it is, and shows no password': async (direct) => {
    const { storage } = direct.under
    expect(storage.spec).toBe('engine.storage.v1')
    expect(['sqlite', 'postgres']).toContain(storage.family)
    expect(storage.schema === undefined).toBe(storage.family === 'sqlite')
    expect(storage.id).not.toMatch(/:\/\/[^/]*@/)
  },
})

function newRows(count: 1): [ContractRow]
function newRows(count: 2): [ContractRow, ContractRow]
function newRows(count: number): ContractRow[]
function newRows(count: number): ContractRow[] {
  return Array.from({ length: count }, () => newRow())
}

async function insertAll(db: Database, rows: readonly ContractRow[]): Promise<void> {
  for (const row of rows) await insert(db, row)
}

async function numberOf(db: Database, id: string): Promise<number | null> {
  const { number } = await db.selectFrom('contract_rows').select('number').where('id', '=', id).executeTakeFirstOrThrow()
  return number
}

/** As core does it: Postgres locks the row, SQLite has the whole database and leaves the lock out. */
async function increment(db: Database, id: string): Promise<void> {
  const { number } = await db.selectFrom('contract_rows').select('number').where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
  await db
    .updateTable('contract_rows')
    .set({ number: (number ?? 0) + 1 })
    .where('id', '=', id)
    .execute()
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof Error && 'code' in error ? String(error.code) : 'no code'
}
