import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { lookAt } from './support/board-page.ts'
import { canLook, emptyStage } from './support/board-stage.ts'
import { until } from './support/engine.ts'
import { pagePlugins, type Report } from './support/frame-plugins.ts'
import { createForbiddenServer, createFrameWorld, setUp } from './support/frame-world.ts'

describe.skipIf(!canLook)('a hostile page of a plugin', { timeout: 60_000 }, () => {
  const staged = emptyStage()

  /** Where what is refused may be said in the console. */
  async function open(url: string): Promise<Page> {
    const context = await staged().browser.newContext({ bypassCSP: false })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.goto(url)
    await page.locator('.eng-live[data-state=live]').waitFor()
    return page
  }

  /** What its page said of itself, once it did. */
  const said = async (reports: readonly Report[], what: string) =>
    (
      await until(
        async () => reports.find((report) => report.what === what),
        (found) => found !== undefined,
      )
    )?.said

  const frameOf = (page: Page, title: string) => page.locator(`iframe[title="${title}"]`)

  it('reads nothing, asks nobody and leads nowhere', async () => {
    const { reports, plugin } = pagePlugins()
    const forbidden = await createForbiddenServer()
    const attacker = plugin({ id: 'attacker', slot: 'page', script: 'attack.js', elsewhere: forbidden.url })
    const { url, prefix, companyId } = await createFrameWorld(staged().board, [attacker])
    const page = await open(url)
    await page.context().addCookies([{ name: 'engine_session', value: 'of somebody', url, sameSite: 'Lax' }])
    await page.getByRole('link', { name: 'attacker' }).click()
    const outcomes = Object.entries(Object(await said(reports, 'attacks')))
    expect(outcomes.length).toBeGreaterThan(30)
    // Nothing was read, and what browsers answer without saying no is nothing either.
    expect(outcomes.filter(([, outcome]) => !/^refused: |^"refused"$|^null$/.test(String(outcome)))).toEqual([])
    const inWords = Object.fromEntries(outcomes)
    for (const name of ['reads the page around it', 'reads cookies', 'asks the API as who looks at it', 'leads the board elsewhere'])
      expect(inWords[name], name).toMatch(/^refused: /)
    for (const name of Object.keys(inWords).filter((each) => each.startsWith('asks for')))
      expect(inWords[name]).toBe('refused: capability_denied')
    // It said another company, and was heard in the one that is looked at.
    expect(reports.map((report) => report.companyId)).toEqual([companyId])
    expect(page.url()).toBe(`${url}/${prefix}/pages/attacker`)
    expect(page.context().pages()).toHaveLength(1)
    await fetch(`${forbidden.url}/control`)
    expect(forbidden.asked).toEqual(['/control'])
  })

  it('has nothing of the session of whoever is logged in, and is carried out as them', async () => {
    const { reports, plugin } = pagePlugins()
    const attacker = plugin({ id: 'attacker', slot: 'page', script: 'attack.js' })
    const { engine, url, prefix, setup } = await createFrameWorld(staged().board, [attacker], { hasAccounts: true })
    const context = await staged().browser.newContext({ bypassCSP: false })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await setUp(page, { setup, name: 'Ada Lovelace' })
    const asked: { path: string; cookie: Promise<string | null> }[] = []
    page.on('request', (request) => asked.push({ path: new URL(request.url()).pathname, cookie: request.headerValue('cookie') }))
    await page.goto(`${url}/${prefix}/pages/attacker`)
    const outcomes = Object(await said(reports, 'attacks'))
    for (const name of ['reads cookies', 'asks the API as who looks at it', 'asks the API the old way', 'loads the API as a module'])
      expect(outcomes[name], name).toMatch(/^refused: /)
    const session = (await context.cookies()).find(({ name }) => name === 'engine_session')
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
    const loaded = asked.filter(({ path }) => /^\/plugins\/.*\.js$/.test(path))
    expect(await Promise.all(loaded.map(({ cookie }) => cookie))).toEqual(loaded.map(() => null))
    expect(loaded.length).toBeGreaterThan(1)
    const person = await engine.authenticate(session?.value ?? '')
    expect(reports.map((report) => report.as)).toEqual([person && 'id' in person ? person.id : ''])
  })

  it('is not heard as another page, and not by another page', async () => {
    const { reports, plugin } = pagePlugins()
    const plugins = [
      plugin({ id: 'plain', slot: 'dashboard', script: 'plain.js' }),
      plugin({ id: 'impostor', slot: 'dashboard', script: 'plain.js' }),
    ]
    const impostor = plugin({ id: 'third', slot: 'dashboard', script: 'impostor.js' })
    const { url, prefix } = await createFrameWorld(staged().board, [...plugins, impostor])
    const page = await open(`${url}/${prefix}/dashboard`)
    expect(await said(reports, 'impostor')).toEqual({ plugin: 'third' })
    const shown = page.frameLocator('iframe[title="plain"]').locator('body')
    await expect.poll(() => shown.innerText()).toContain('"plugin":"plain"')
    // What was said to the window of a page came, and went no further than the page that listens to its window.
    await expect.poll(() => shown.innerText()).toContain('heard')
    expect(await shown.innerText()).not.toContain('told by the board')
    expect(reports.filter(({ what }) => what === 'second port')).toEqual([])
  })

  it('is heard no more wrongly than it speaks, and is as high as a screen bears', async () => {
    const { reports, plugin } = pagePlugins()
    const { url, prefix } = await createFrameWorld(staged().board, [plugin({ id: 'malformed', slot: 'settings', script: 'malformed.js' })])
    const page = await open(`${url}/${prefix}/settings`)
    const refused = { round: 'invalid_input', long: 'invalid_input', nameless: 'invalid_input', prototype: 'capability_denied' }
    expect(await said(reports, 'malformed')).toEqual(refused)
    expect((await frameOf(page, 'malformed').boundingBox())?.height).toBe(1_200)
  })

  it('is taken off when it asks far too much, and the board goes on', async () => {
    const { reports, plugin } = pagePlugins()
    const { url, prefix } = await createFrameWorld(staged().board, [plugin({ id: 'flood', slot: 'settings', script: 'flood.js' })])
    const page = await open(`${url}/${prefix}/settings`)
    await page.getByText('flood: stopped').waitFor()
    await frameOf(page, 'flood').waitFor({ state: 'detached' })
    expect(reports.length).toBeLessThan(600)
    await page.getByRole('link', { name: 'Agents', exact: true }).click()
    await page.getByRole('heading', { name: 'Agents' }).waitFor()
  })

  it('that never ends keeps no screen from working', async () => {
    const { plugin } = pagePlugins()
    const { url, prefix } = await createFrameWorld(staged().board, [plugin({ id: 'busy', slot: 'settings', script: 'busy.js' })])
    const page = await open(`${url}/${prefix}/settings`)
    await page.getByText('busy: no answer yet').waitFor()
    await page.getByRole('link', { name: 'Agents', exact: true }).click()
    await page.getByRole('heading', { name: 'Agents' }).waitFor()
  })

  it('is not heard any more from the moment at which its plugin is disabled, and its operations are refused', async () => {
    const { reports, plugin } = pagePlugins()
    const { engine, url, prefix, companyId } = await createFrameWorld(staged().board, [
      plugin({ id: 'asking', slot: 'settings', script: 'asking.js' }),
    ])
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'asking' })
    const page = await open(`${url}/${prefix}/settings`)
    await until(
      async () => reports.length,
      (count) => count > 3,
    )
    await engine.plugins.disable({ pluginId })
    const heard = reports.length
    await frameOf(page, 'asking').waitFor({ state: 'detached' })
    expect(reports.length).toBe(heard)
    const answer = await fetch(`${url}/api/companies/${companyId}/asking/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ what: 'asking', said: {} }),
    })
    expect(await answer.json()).toMatchObject({ code: 'plugin_disabled' })
    await engine.plugins.enable({ pluginId })
    await until(
      async () => reports.length,
      (count) => count > heard,
    )
  })

  it('that leads its frame elsewhere leads it nowhere, and is taken off', async () => {
    const { plugin } = pagePlugins()
    const forbidden = await createForbiddenServer()
    const leaving = plugin({ id: 'leaving', slot: 'settings', script: 'leaving.js', elsewhere: forbidden.url })
    const { url, prefix } = await createFrameWorld(staged().board, [leaving])
    const page = await open(`${url}/${prefix}/settings`)
    await page.getByText('leaving: stopped').waitFor()
    expect(forbidden.asked).toEqual([])
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('leaving: stopped').waitFor()
  })

  it('that says nothing is said to say nothing, and is looked at when it does in the end', async () => {
    const { plugin } = pagePlugins()
    const plugins = [
      plugin({ id: 'silent', slot: 'settings', script: 'silent.js' }),
      plugin({ id: 'late', slot: 'settings', script: 'late.js' }),
      plugin({ id: 'later', slot: 'settings', script: 'later.js' }),
    ]
    const { url, prefix } = await createFrameWorld(staged().board, plugins)
    const page = await open(`${url}/${prefix}/settings`)
    await page.getByText('later: another version').waitFor()
    await page.getByText('silent: no answer yet').waitFor()
    await page.frameLocator('iframe[title="late"]').locator('body[data-ready]').waitFor()
    await page.getByText('late: no answer yet').waitFor({ state: 'detached' })
    await page.getByText('silent: no answer yet').waitFor()
    await page.getByText('silent: no answer yet').scrollIntoViewIfNeeded()
    await lookAt(page, 'plugin-silent')
    await page.getByRole('status').filter({ hasText: 'silent' }).getByRole('button', { name: 'Try again' }).click()
    await page.getByText('silent: no answer yet').waitFor({ state: 'detached' })
    await page.getByText('silent: no answer yet').waitFor()
  })

  it('has nobody around it when it is opened by itself, and is in a sandbox there too', async () => {
    const { reports, plugin } = pagePlugins()
    const { engine, url, companyId } = await createFrameWorld(staged().board, [
      plugin({ id: 'alone', slot: 'settings', script: 'attack.js' }),
    ])
    const [slot] = (await engine.plugins.slots({ companyId })).items
    const page = await open(url)
    await page.goto(`${url}/${slot?.path}`)
    expect(await page.evaluate('origin')).toBe('null')
    expect(await page.evaluate('try { document.cookie } catch (error) { error.name }')).toBe('SecurityError')
    expect(reports).toEqual([])
  })
})
