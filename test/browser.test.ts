import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { chromium, type Browser } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { serve } from '@engine/http'

import { goodPassword, openSetup, quickPasswords } from './support/accounts.ts'
import { createWorld } from './support/engine.ts'

/** A real one, where the machine has it. */
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
if (program === undefined) process.stdout.write('test/browser.test.ts is left out: there is no Chromium on this machine\n')

async function startBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
  const browser = await chromium.launch({ executablePath: program ?? '', args })
  onTestFinished(() => browser.close())
  return browser
}

async function open() {
  const world = await createWorld({ agentMode: 'manual', settings: quickPasswords })
  onTestFinished(() => world.engine.stop())
  const server = await serve({ engine: world.engine, port: 0, mode: 'authenticated' })
  onTestFinished(() => server.close())
  return { ...world, url: server.url }
}

/** A page of somebody else's on this machine. */
async function pageOf(content: string): Promise<string> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(content)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  // A server that listens on an IP address has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe.skipIf(program === undefined)('somebody in a real browser', () => {
  it('sets up, is let in, logs out, is kept out, logs in, and hands no token to any script or page', { timeout: 60_000 }, async () => {
    const { engine, url } = await open()
    const page = await (await startBrowser()).newPage()
    const said: string[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(error.message))

    await page.goto(url)
    expect(page.url()).toBe(`${url}/login`)

    const token = (await openSetup(engine)) ?? ''
    await page.goto(`${url}/setup#${token}`)
    await page.waitForURL(`${url}/setup`)
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('Email address').fill('ada@example.com')
    await page.getByLabel('New password').fill('password1234')
    await page.getByRole('button').click()
    await page.getByText('little more than a common word').waitFor()
    await page.getByLabel('New password').fill(goodPassword)
    await page.getByRole('button').click()
    await page.getByRole('heading', { name: 'Engine' }).waitFor()
    expect(page.url()).toBe(`${url}/`)

    expect(await page.evaluate('document.cookie')).toBe('')
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ name: 'engine_session', httpOnly: true, sameSite: 'Lax', path: '/' })
    expect(await page.content()).not.toContain('eng_session_')

    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(`${url}/login`)
    expect(await page.context().cookies()).toEqual([])
    expect(await engine.authenticate(cookie?.value ?? '')).toBeNull()
    await page.goto(url)
    expect(page.url()).toBe(`${url}/login`)

    await page.getByLabel('Email address').fill('ada@example.com')
    await page.getByLabel('Password').fill('not the password at all')
    await page.getByRole('button').click()
    await page.getByText('The address or the password is wrong').waitFor()
    await page.getByLabel('Password').fill(goodPassword)
    await page.getByRole('button').click()
    await page.getByRole('button', { name: 'Log out' }).waitFor()
    // What is refused is told by the browser too; a policy that kept something of ours out would be as well.
    expect(said.filter((text) => !/status of 4\d\d/.test(text))).toEqual([])
  })

  it('is not used by the page of another site, which neither reads nor changes anything', { timeout: 60_000 }, async () => {
    const { engine, url, watch } = await open()
    const evil = await pageOf('<h1>Evil</h1>')
    const token = (await openSetup(engine)) ?? ''
    await engine.accounts.setUp({ token, name: 'Ada', email: 'ada@example.com', password: goodPassword })
    const page = await (await startBrowser()).newPage()
    await page.goto(`${url}/login`)
    await page.getByLabel('Email address').fill('ada@example.com')
    await page.getByLabel('Password').fill(goodPassword)
    await page.getByRole('button').click()
    await page.getByRole('button', { name: 'Log out' }).waitFor()
    const before = await watch.dump()
    // Another port of the same machine: the cookie goes along, since for cookies it is the same site.
    await page.goto(evil)
    const tries = await page.evaluate(
      `Promise.all([
        fetch('${url}/api/companies', { credentials: 'include' }),
        fetch('${url}/api/companies', { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'text/plain' }, body: '{"name":"Evil"}' }),
        fetch('${url}/api/accounts/log-out', { method: 'POST', mode: 'no-cors', credentials: 'include' }),
      ].map((asked) => asked.then((answer) => answer.type, () => 'refused')))`,
    )
    expect(tries).toEqual(['refused', 'refused', 'refused'])
    // A form needs nobody's leave to be sent, and shows what it is answered.
    await page.evaluate(`
      const form = Object.assign(document.createElement('form'), { method: 'post', enctype: 'text/plain', action: '${url}/api/companies' })
      form.append(Object.assign(document.createElement('input'), { name: '{"name":"Evil","x":"', value: '"}' }))
      document.body.append(form)
      form.submit()`)
    await page.waitForURL(`${url}/api/companies`)
    expect(await page.content()).toContain('untrusted_origin')
    expect(await watch.dump()).toBe(before)
  })
})
