import { notes } from '@engine/plugin-notes'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'

import { lookAt, pagesOf, violationsInFrame } from './support/board-page.ts'
import { canLook, emptyStage } from './support/board-stage.ts'
import { pagePlugins } from './support/frame-plugins.ts'
import { createFrameWorld } from './support/frame-world.ts'

describe.skipIf(!canLook)('what a plugin shows on the board', { timeout: 60_000 }, () => {
  const staged = emptyStage()

  async function noting() {
    const world = await createFrameWorld(staged().board, [notes()])
    const { engine, companyId, prefix } = world
    const task = await engine.tasks.create({ companyId, title: 'Order the paper', description: 'For the printer on the second floor.' })
    const open = pagesOf(staged().browser, world.url)
    const texts = async () => (await engine.notes.list({ companyId, taskId: task.id })).items.map(({ text }) => text)
    const write = (text: string, taskId = task.id) => engine.notes.add({ companyId, taskId, text })
    return { ...world, task, texts, write, open: () => open(`${prefix}/tasks/${task.identifier}`) }
  }

  const notesIn = (page: Page) => page.frameLocator('iframe[title="Notes"]')
  const pageOfNotes = (page: Page) => page.frames().find((each) => each.url().includes('/plugins/notes/'))
  const isLive = (page: Page) => page.locator('.eng-live[data-state=live]').waitFor()

  it('is notes beside a task, written and removed by the mouse, with what others write as they write it', async () => {
    const world = await noting()
    const page = await world.open()
    await isLive(page)
    const shown = notesIn(page)
    await shown.getByText('Nothing was noted yet.').waitFor()
    await shown.getByLabel('A new note').click()
    await page.keyboard.type('The blue one, not the white one')
    await shown.getByRole('button', { name: 'Write', exact: true }).click()
    await shown.getByRole('listitem').filter({ hasText: 'The blue one' }).waitFor()
    expect(await world.texts()).toEqual(['The blue one, not the white one'])
    await world.write('Written elsewhere')
    await shown.getByText('Written elsewhere').waitFor()
    await shown.getByRole('button', { name: 'Remove “The blue one, not the white one”' }).click()
    await shown.getByText('The blue one').waitFor({ state: 'detached' })
    expect(await world.texts()).toEqual(['Written elsewhere'])
  })

  it('is reached, written and removed by the keyboard alone', async () => {
    const world = await noting()
    await world.write('To be removed')
    const page = await world.open()
    const shown = notesIn(page)
    await shown.getByText('To be removed').waitFor()
    const frame = pageOfNotes(page)
    const focused = () => frame?.evaluate('document.hasFocus() ? document.activeElement.id : null')
    for (let presses = 0; presses < 80 && (await focused()) !== 'text'; presses += 1) await page.keyboard.press('Tab')
    expect(await focused()).toBe('text')
    // Letters are letters here, and no keys of the board.
    await page.keyboard.type('gac: ring them first')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await shown.getByText('gac: ring them first').waitFor()
    expect(await focused()).toBe('text')
    await page.keyboard.type('And write to them')
    await page.keyboard.press('Control+Enter')
    await shown.getByText('And write to them').waitFor()
    for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await shown.getByText('To be removed').waitFor({ state: 'detached' })
    expect(await world.texts()).toEqual(['And write to them', 'gac: ring them first'])
    // Whoever goes on leaves the page of the plugin again.
    expect(await focused()).toBe('text')
    await page.keyboard.press('Shift+Tab')
    expect(await page.evaluate('document.activeElement.tagName')).not.toBe('IFRAME')
  })

  it('is accessible with all around it in light, dark and at the width of a phone, and follows the theme that is chosen', async () => {
    const world = await noting()
    await world.write('They close at noon on Fridays.')
    await world.write('The blue one is with the other supplier.\nRing them before you order.')
    const page = await world.open()
    const shown = notesIn(page)
    await shown.getByText('The blue one').waitFor()
    await lookAt(page, 'notes')
    await page.setViewportSize({ width: 1280, height: 820 })
    const ink = () => shown.locator('body').evaluate('getComputedStyle(document.body).color')
    const scheme = () => shown.locator('body').evaluate('document.documentElement.style.colorScheme')
    await page.emulateMedia({ colorScheme: 'light' })
    await expect.poll(scheme).toBe('light')
    const light = await ink()
    await page.getByRole('button', { name: 'Theme: system' }).click()
    await page.getByRole('button', { name: 'Theme: light' }).click()
    await expect.poll(scheme).toBe('dark')
    await expect.poll(ink).not.toBe(light)
    const frame = pageOfNotes(page)
    expect(frame && (await violationsInFrame(frame))).toEqual([])
    const height = async () => (await page.locator('iframe[title="Notes"]').boundingBox())?.height ?? 0
    const before = await height()
    await world.write(`One long word: ${'paper'.repeat(60)}`)
    await expect.poll(height).toBeGreaterThan(before)
    expect(await frame?.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
  })

  it('says what the API says to somebody who may not', async () => {
    const world = await noting()
    await world.write('To be read')
    const page = await world.open()
    const shown = notesIn(page)
    await shown.getByText('To be read').waitFor()
    await world.engine.companies.archive({ companyId: world.companyId })
    await shown.getByLabel('A new note').fill('Too late')
    await shown.getByRole('button', { name: 'Write', exact: true }).click()
    await expect.poll(() => shown.getByRole('alert').innerText()).toMatch(/archived/)
    expect(await world.texts()).toEqual(['To be read'])
  })

  it('is gone from the screen when the plugin is disabled, and there again when it is enabled', async () => {
    const world = await noting()
    const { id: pluginId } = await world.engine.plugins.install({ companyId: world.companyId, plugin: 'notes' })
    const page = await world.open()
    await isLive(page)
    await notesIn(page).getByLabel('A new note').waitFor()
    await world.engine.plugins.disable({ pluginId })
    await page.locator('iframe').waitFor({ state: 'detached' })
    expect(await page.getByRole('heading', { name: 'Notes' }).count()).toBe(0)
    await world.engine.plugins.enable({ pluginId })
    await notesIn(page).getByLabel('A new note').waitFor()
  })

  it('stands beside tasks and agents, on the dashboard, in the settings, and at a place of its own', async () => {
    const { plugin } = pagePlugins()
    const slots = ['task', 'agent', 'dashboard', 'settings', 'page'] as const
    const plugins = slots.map((slot) => plugin({ id: `of${slot}`, slot, script: 'plain.js' }))
    const { engine, companyId, prefix, url } = await createFrameWorld(staged().board, plugins)
    const task = await engine.tasks.create({ companyId, title: 'Look' })
    const agent = await engine.agents.create({ companyId, name: 'Ada', role: 'engineer', adapterType: 'scripted' })
    const open = pagesOf(staged().browser, url)
    const at = {
      task: `tasks/${task.identifier}`,
      agent: `agents/${agent.id}`,
      dashboard: 'dashboard',
      settings: 'settings',
      page: 'inbox',
    }
    for (const slot of slots) {
      const page = await open(`${prefix}/${at[slot]}`)
      if (slot === 'page') {
        await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'ofpage' }).click()
        await page.getByRole('heading', { name: 'ofpage' }).waitFor()
      }
      const text = await page.frameLocator(`iframe[title="of${slot}"]`).locator('body[data-ready] #context').innerText()
      expect(JSON.parse(text), slot).toMatchObject({
        companyId,
        plugin: `of${slot}`,
        slot,
        taskId: slot === 'task' ? task.id : null,
        agentId: slot === 'agent' ? agent.id : null,
      })
      expect(await page.locator('iframe').count(), slot).toBe(1)
      if (slot === 'page') await lookAt(page, 'plugin-page')
    }
  })

  it('is found by a few letters, and nothing is there for a plugin without a page', async () => {
    const { plugin } = pagePlugins()
    const { prefix, url } = await createFrameWorld(staged().board, [plugin({ id: 'figures', slot: 'page', script: 'plain.js' })])
    const page = await pagesOf(staged().browser, url)(`${prefix}/pages/nobody`)
    await page.getByText('Nothing is shown here').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Go to' }).and(page.locator(':focus')).waitFor()
    await page.keyboard.type('figur')
    await page.getByRole('option', { name: 'figures' }).waitFor()
    await page.keyboard.press('Enter')
    await page.frameLocator('iframe[title="figures"]').locator('body[data-ready]').waitFor()
    expect(page.url()).toBe(`${url}/${prefix}/pages/figures`)
  })

  it('reads again what changed while nobody listened', async () => {
    const world = await noting()
    const context = await staged().browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const listening = Promise.withResolvers<void>()
    await page.route(/\/events/, async (route) => {
      await listening.promise
      await route.continue()
    })
    await page.goto(`${world.url}/${world.prefix}/tasks/${world.task.identifier}`)
    const shown = notesIn(page)
    await shown.getByText('Nothing was noted yet.').waitFor()
    await world.write('Meanwhile')
    expect(await shown.getByRole('listitem').count()).toBe(0)
    listening.resolve()
    await shown.getByText('Meanwhile').waitFor()
  })
})
