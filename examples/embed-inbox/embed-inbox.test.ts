import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { expect, it, onTestFinished } from 'vitest'

import { findChromium, startBrowser } from '../../test/support/browser.ts'
import { createWorld } from '../../test/support/engine.ts'
import { shopServer } from './server.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const chromium = findChromium()

/** The address of the shop, built and served. */
async function serveShop(engine: Parameters<typeof shopServer>[0]): Promise<string> {
  const built = mkdtempSync(join(tmpdir(), 'engine-shop-'))
  const vite = join(folder, 'node_modules/vite/bin/vite.js')
  const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' }
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', built, '--emptyOutDir'], { cwd: folder, env, maxBuffer: 2 ** 26 })
  const server = shopServer(engine, pathToFileURL(`${built}/`)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(built, { recursive: true })
  })
  await once(server, 'listening')
  // A server that listens on an IP address has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it.skipIf(chromium === null)(
  'the inbox works inside another app, and changes nothing of that app around it',
  { timeout: 90_000 },
  async () => {
    const { engine, companyId, agentId } = await createWorld({ agentMode: 'manual' })
    onTestFinished(() => engine.stop())
    const task = await engine.tasks.create({ companyId, title: 'Count the stock' })
    await engine.tasks.checkout({ taskId: task.id, agentId })
    await engine.deliverables.submit({ taskId: task.id, title: 'Stock list', content: '# 40 chairs' })
    const url = await serveShop(engine)
    const browser = await startBrowser(chromium ?? '')
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    await page.goto(url)
    await page.getByText('1 decisions wait for you.').waitFor()
    const style = (selector: string, name: string) => page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${name}`)
    expect(await style('h1', 'fontFamily')).toBe('serif')
    expect(await style('#shop > button', 'backgroundColor')).toBe('rgb(0, 128, 0)')
    expect(await page.getByRole('link', { name: /Count the stock/ }).getAttribute('href')).toContain('/orders?task=')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('0 decisions wait for you.').waitFor()
  },
)
