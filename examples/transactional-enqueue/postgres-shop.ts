import pg from 'pg'

import { postgres } from '@engine/storage-postgres'

import type { Order, Shop } from './shop.ts'

export async function openPostgresShop(url: string): Promise<Shop> {
  const pool = new pg.Pool({ connectionString: url })
  // An idle connection that breaks is replaced; without a listener it would end the process.
  pool.on('error', () => undefined)
  await pool.query(`
    create table if not exists orders (id text primary key, item text not null, quantity integer not null);
    create table if not exists stock (item text primary key, quantity integer not null check (quantity >= 0));
    insert into stock values ('teapot', 3) on conflict do nothing`)
  return {
    // Engine's tables lie in a schema of their own in the same database.
    storage: postgres(url),
    orders: async () => (await pool.query<Order>('select id, item, quantity from orders order by id')).rows,
    close: () => pool.end(),
    transaction: (work) =>
      inTransaction(pool, (tx) =>
        work({
          handle: tx,
          insertOrder: async ({ id, item, quantity }) =>
            void (await tx.query('insert into orders values ($1, $2, $3)', [id, item, quantity])),
          takeFromStock: async ({ item, quantity }) =>
            void (await tx.query('update stock set quantity = quantity - $2 where item = $1', [item, quantity])),
        }),
      ),
  }
}

async function inTransaction<Result>(pool: pg.Pool, work: (tx: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const tx = await pool.connect()
  try {
    await tx.query('begin')
    const result = await work(tx)
    await tx.query('commit')
    return result
  } catch (error) {
    await tx.query('rollback')
    throw error
  } finally {
    tx.release()
  }
}
