import { createEngine, localSecrets, type Engine } from '@engine/core'
import { expressHandler, localOperator } from '@engine/http'
import { echo } from '@engine/plugin-echo'
import { sqlite } from '@engine/storage-sqlite'
import { boardFolder } from '@engine/ui-kit/board'
import express, { type Express } from 'express'

import { openOrders, type Orders, type Staff } from './orders.ts'

export interface App {
  readonly web: Express
  readonly engine: Engine
  stop(): Promise<void>
}

/** A shop with Engine inside: its orders become tasks of an agent. `secretKey` is 32 random bytes as base64. */
export async function openApp(file: string, secretKey: string): Promise<App> {
  const engine = await createEngine({ storage: sqlite(file), secrets: localSecrets({ key: secretKey }), plugins: [echo()] })
  const orders = openOrders(file, { engine, staff: await findStaff(engine) })
  await engine.start()
  return {
    web: createWeb(engine, orders),
    engine,
    async stop() {
      await engine.stop()
      orders.close()
    },
  }
}

function createWeb(engine: Engine, orders: Orders): Express {
  const web = express()
  // Whoever reaches this server is the owner of every company: say here who your users are before others reach it.
  web.use('/engine', expressHandler({ engine, localActor: localOperator, board: boardFolder }))
  web.use(express.json())
  web.post('/orders', async (request, response) => {
    const { item } = Object(request.body) as { item?: unknown }
    if (typeof item !== 'string' || item === '') return void response.status(400).json({ error: 'item is missing' })
    response.status(201).json(await orders.place(item))
  })
  web.get('/orders/:id', async (request, response) => {
    const order = orders.find(request.params.id)
    if (!order) return void response.status(404).json({ error: 'there is no such order' })
    const { identifier, status } = await engine.tasks.get({ taskId: order.taskId })
    response.json({ ...order, task: { identifier, status } })
  })
  return web
}

/** The company and the agent of the shop, made at the first start. */
async function findStaff(engine: Engine): Promise<Staff> {
  const [known] = (await engine.companies.list({ limit: 1 })).items
  const company = known ?? (await engine.companies.create({ name: 'Shop' }))
  const [packer] = (await engine.agents.list({ companyId: company.id, limit: 1 })).items
  const hire = { name: 'Pia', role: 'packer', adapterType: 'echo', adapterConfig: { prefix: 'Packed: ', review: false } }
  const { id: agentId } = packer ?? (await engine.agents.create({ companyId: company.id, ...hire }))
  return { companyId: company.id, agentId }
}
