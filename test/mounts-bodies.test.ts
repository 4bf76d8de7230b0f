// Apps that read the bodies of requests before Engine does.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import express from 'express'
import { expect, it, onTestFinished } from 'vitest'

import { createHandler, expressHandler, localOperator, webHandler } from '@engine/http'

import { createWorld } from './http-fixtures.ts'

const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Acme"}' }
const refused = [503, 'body_already_read', expect.stringContaining('Mount Engine before what parses bodies, such as express.json()')]

async function told(answer: Response): Promise<unknown> {
  const { code, detail } = (await answer.json()) as { code: string; detail: string }
  return [answer.status, code, detail]
}

it('are told that Engine has to be first, by requests of node', async () => {
  const { engine } = await createWorld()
  const app = express()
  app.use(express.json())
  app.use('/engine', expressHandler({ engine, localActor: localOperator }))
  const server = createServer(app).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/engine/api/companies`
  expect(await told(await fetch(url, post))).toEqual(refused)
  // What has no body is as it was.
  expect((await fetch(url)).status).toBe(200)
  expect((await engine.companies.list()).items).toEqual([])
})

it('may look at a body and put it back', async () => {
  const { engine } = await createWorld()
  const app = express()
  app.use(async (request, _, next) => {
    if (request.readableLength === 0) await once(request, 'readable')
    request.unshift(request.read())
    next()
  })
  app.use('/engine', expressHandler({ engine, localActor: localOperator }))
  const server = createServer(app).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/engine/api/companies`, post)
  expect([answer.status, (await engine.companies.list()).items.map(({ name }) => name)]).toEqual([201, ['Acme']])
})

it('are told that Engine has to be first, by requests of the web', async () => {
  const { engine } = await createWorld()
  const request = new Request('http://localhost/api/companies', post)
  await request.text()
  const answer = webHandler(createHandler({ engine, localActor: localOperator }))
  expect(await told(await answer(request))).toEqual(refused)
  const held = new Request('http://localhost/api/companies', post)
  held.body?.getReader()
  expect(await told(await answer(held))).toEqual(refused)
})
