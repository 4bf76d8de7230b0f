import { randomUUID } from 'node:crypto'
import { once } from 'node:events'

import { createEngine } from '@engine/core'
import { processAdapter } from '@engine/adapters/process'

import { openPostgresShop } from './postgres-shop.ts'
import { placeOrder } from './shop.ts'
import { openSqliteShop } from './sqlite-shop.ts'

const url = process.env['DATABASE_URL']
const shop = url?.startsWith('postgres') ? await openPostgresShop(url) : openSqliteShop('./shop.db')
const engine = await createEngine({ storage: shop.storage, adapters: [processAdapter({ programs: ['date'] })] })
const { id: companyId } = await engine.companies.create({ name: 'Shop' })
const packer = { name: 'Pia', role: 'packer', adapterType: 'process', adapterConfig: { command: 'date' } }
const { id: packerId } = await engine.agents.create({ companyId, ...packer })
await engine.start()

const completed = new EventTarget()
engine.on('task.completed', () => void completed.dispatchEvent(new Event('task')))
const packed = once(completed, 'task')
const task = await placeOrder(shop, { engine, companyId, packerId }, { id: randomUUID(), item: 'teapot', quantity: 2 })
await packed
console.log(`${task.identifier} ${task.title}: done`)

try {
  await placeOrder(shop, { engine, companyId, packerId }, { id: randomUUID(), item: 'teapot', quantity: 99 })
} catch (error) {
  console.log('99 teapots:', error instanceof Error ? error.message : error)
}
const tasks = await engine.tasks.list({ companyId })
console.log(`orders: ${(await shop.orders()).length}, tasks: ${tasks.items.length}`)

await engine.stop()
await shop.close()
