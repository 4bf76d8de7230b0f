import { setTimeout } from 'node:timers/promises'

import Database from 'better-sqlite3'

import { sqlite } from '@engine/storage-sqlite'

import type { Order, Shop } from './shop.ts'

export function openSqliteShop(file: string): Shop {
  const db = open(file)
  db.exec(`
    create table if not exists orders (id text primary key, item text not null, quantity integer not null);
    create table if not exists stock (item text primary key, quantity integer not null check (quantity >= 0));
    insert into stock values ('teapot', 3) on conflict do nothing`)
  return {
    storage: sqlite(file),
    // What was asked for is what the statement says.
    orders: async () => db.prepare('select id, item, quantity from orders order by id').all() as Order[],
    close: async () => void db.close(),
    transaction: (work) =>
      inTransaction(file, (tx) =>
        work({
          handle: tx,
          insertOrder: async (order) => void tx.prepare('insert into orders values (@id, @item, @quantity)').run(order),
          takeFromStock: async (order) => void tx.prepare('update stock set quantity = quantity - @quantity where item = @item').run(order),
        }),
      ),
  }
}

function open(file: string): Database.Database {
  // While SQLite itself waits for the file, this whole process stands still; so it hardly does, and `begin` waits instead.
  const db = new Database(file, { timeout: 20 })
  db.pragma('journal_mode = wal')
  db.pragma('synchronous = full')
  return db
}

/** On a connection of its own: on a shared one, statements of other requests would become part of this transaction. */
async function inTransaction<Result>(file: string, work: (tx: Database.Database) => Promise<Result>): Promise<Result> {
  const tx = open(file)
  try {
    await begin(tx)
    const result = await work(tx)
    tx.exec('commit')
    return result
  } finally {
    // Rolls back what is not committed.
    tx.close()
  }
}

async function begin(tx: Database.Database): Promise<void> {
  for (;;) {
    try {
      tx.exec('begin immediate')
      return
    } catch (error) {
      if (!(error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')) throw error
      await setTimeout(5)
    }
  }
}
