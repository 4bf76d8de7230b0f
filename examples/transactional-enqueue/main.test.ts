import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'

import { scriptedAdapter, until } from '../../test/support/engine.ts'
import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'
import { emptyDatabase } from '../../test/support/storages.ts'
import { openPostgresShop } from './postgres-shop.ts'
import { placeOrder, type Packing, type Shop } from './shop.ts'
import { openSqliteShop } from './sqlite-shop.ts'

const databases = ['SQLite', 'Postgres'] as const

async function openShop(database: (typeof databases)[number]): Promise<{ shop: Shop; packing: Packing }> {
  const shop = database === 'SQLite' ? openSqliteShop(join(temporaryFolder(), 'shop.db')) : await openPostgresShop(await emptyDatabase())
  onTestFinished(() => shop.close())
  const engine = await createEngine({ storage: shop.storage, adapters: [scriptedAdapter()] })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Shop' })
  const { id: packerId } = await engine.agents.create({ companyId, name: 'Pia', role: 'packer', adapterType: 'scripted' })
  return { shop, packing: { engine, companyId, packerId } }
}

describe.each(databases)('a shop on %s', (database) => {
  it('prints a packed order, and nothing of the one that the stock did not allow', async () => {
    const url = database === 'Postgres' ? await emptyDatabase() : ''
    const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder(), env: { DATABASE_URL: url } })
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.output()).toMatch(/SHO-1 Pack 2 × teapot: done\n99 teapots: .*\norders: 1, tasks: 1\n/)
  })

  it('gives every order of a rush its task while the stock lasts', async () => {
    const { shop, packing } = await openShop(database)
    await packing.engine.start()
    const orders = ['1', '2', '3', '4', '5'].map((id) => ({ id, item: 'teapot', quantity: 1 }))
    const results = await Promise.allSettled(orders.map((order) => placeOrder(shop, packing, order)))
    const taken = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.context['orderId']] : []))
    expect(taken).toHaveLength(3)
    expect(new Set((await shop.orders()).map((order) => order.id))).toEqual(new Set(taken))
    await until(
      () => packing.engine.tasks.list({ companyId: packing.companyId }),
      ({ items }) => items.length === 3 && items.every((task) => task.status === 'done'),
    )
  })
})
