import { existsSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { processAdapter } from '@engine/adapters/process'
import { createEngine } from '@engine/core'
import { expressHandler, localOperator } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'
import { boardFolder } from '@engine/ui-kit/board'
import express from 'express'

const engine = await createEngine({ storage: sqlite('./shop.db'), adapters: [processAdapter({ programs: ['date'] })] })
const { id: companyId } = await engine.companies.create({ name: 'Shop' })
const hire = { name: 'Pia', role: 'packer', adapterType: 'process', adapterConfig: { command: 'date' } }
const { id: assigneeAgentId } = await engine.agents.create({ companyId, ...hire })
await engine.start()

const app = express()
// Engine reads its bodies itself, so it comes before whatever parses them. Put your own sign-in before it.
const board = existsSync(boardFolder) ? { board: boardFolder } : {}
app.use('/engine', expressHandler({ engine, localActor: localOperator, ...board }))
app.use(express.json())
app.post('/orders', async (request, response) => {
  const task = await engine.tasks.create({ companyId, title: `Pack ${request.body.item}`, assigneeAgentId })
  response.status(201).json({ order: task.identifier })
})
app.get('/orders/:order', async (request, response) => {
  const { title, status } = await engine.tasks.get({ taskId: request.params.order })
  response.json({ title, status })
})

const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1')
await once(server, 'listening')
// A server that listens on an IP address has an AddressInfo.
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
console.log(`The shop is on ${url}, its board on ${url}/engine/`)
await once(process, 'SIGINT')
server.close()
server.closeAllConnections()
await engine.stop()
