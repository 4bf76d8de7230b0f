import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

import { createEngine, type PluginDefinition } from '@engine/core'
import { serve } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

import { goodPassword, openSetup, quickPasswords } from './accounts.ts'

/** A served company with these plugins, until the test is over; with accounts, whoever follows `setup` owns it. */
export async function createFrameWorld<const Plugins extends readonly PluginDefinition[]>(
  board: URL,
  plugins: Plugins,
  { hasAccounts = false } = {},
) {
  const engine = await createEngine({
    storage: sqlite(':memory:'),
    plugins,
    adapters: [scriptedAdapter()],
    settings: { ...quickPasswords, pollMs: 20 },
  })
  const { id: companyId, taskPrefix: prefix } = await engine.companies.create({ name: 'Acme Works' })
  await engine.start()
  const server = await serve({ engine, port: 0, board, mode: hasAccounts ? 'authenticated' : 'local_trusted' })
  onTestFinished(async () => {
    await server.close()
    await engine.stop()
  })
  const setup = hasAccounts ? `${server.url}/setup#${await openSetup(engine)}` : ''
  return { engine, url: server.url, companyId, prefix, setup }
}

/** A server that notes each request and answers none well: where nothing may go. */
export async function createForbiddenServer(): Promise<{ readonly url: string; readonly asked: readonly string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end('')
  })
  server.on('upgrade', (request, socket) => {
    asked.push(request.url ?? '')
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  // A server that listens on an IP address has an AddressInfo.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Makes the first account, and is logged in with it. */
export async function setUp(page: Page, { setup, name }: { setup: string; name: string }): Promise<void> {
  await page.goto(setup)
  await page.getByLabel('Your name').fill(name)
  await page.getByLabel('Email address').fill('first@example.com')
  await page.getByLabel(/New password/).fill(goodPassword)
  await page.keyboard.press('Enter')
  await page.locator('.eng-live[data-state=live]').waitFor()
}
