import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'

import { openApp } from './app.ts'

async function open(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'app-'))
  const app = await openApp(join(folder, 'shop.db'), randomBytes(32).toString('base64'))
  const server = app.web.listen(0, '127.0.0.1')
  context.after(async () => {
    server.closeAllConnections()
    server.close()
    await app.stop()
    rmSync(folder, { recursive: true })
  })
  await once(server, 'listening')
  // A server that listens on an IP address has an AddressInfo.
  return { ...app, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function ask(url: string, body?: object): Promise<{ status: number; body: { id: string; task?: { status: string } } }> {
  const given = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await fetch(url, given)
  return { status: answer.status, body: (await answer.json()) as { id: string } }
}

await test('an order becomes a task, and an agent packs it', async (context) => {
  const { url } = await open(context)
  const placed = await ask(`${url}/orders`, { item: 'teapot' })
  assert.equal(placed.status, 201)
  const order = () => ask(`${url}/orders/${placed.body.id}`)
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline && (await order()).body.task?.status !== 'done') await setTimeout(50)
  assert.equal((await order()).body.task?.status, 'done')
  assert.equal((await fetch(`${url}/engine/api/health/ready`)).status, 200)
})

await test('an order that is none leaves no task behind', async (context) => {
  const { url, engine } = await open(context)
  assert.equal((await ask(`${url}/orders`, {})).status, 400)
  const [shop] = (await engine.companies.list({})).items
  assert.deepEqual((await engine.tasks.list({ companyId: shop?.id ?? '' })).items, [])
})
