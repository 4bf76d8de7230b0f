import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { artefacts, buildBoard, findChromium, note, startBrowser } from './support/browser.ts'
import { createBoardWorld, type BoardWorld } from './support/board-world.ts'
import { until } from './support/engine.ts'

const chromium = findChromium()
if (chromium === null)
  note('the board is not looked at: there is no Chromium; install it (apt-get install chromium) or say where by CHROMIUM')

describe.skipIf(chromium === null)('the board', { timeout: 60_000 }, () => {
  let browser: Browser
  let world: BoardWorld
  let built = ''
  let folder = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'engine-board-'))
    built = await buildBoard(folder)
    browser = await startBrowser(chromium ?? '')
    world = await createBoardWorld(pathToFileURL(`${folder}/`))
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await world?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  interface Look {
    readonly theme?: 'light' | 'dark'
    readonly width?: number
  }

  /** A page of its own that fails the test when anything is thrown, refused by the policy or asked of another server. */
  async function open(path: string, { theme = 'light', width = 1280 }: Look = {}): Promise<Page> {
    const context: BrowserContext = await browser.newContext({ colorScheme: theme, viewport: { width, height: 820 }, bypassCSP: false })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on(
      'console',
      (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && complaints.push(message.text()),
    )
    page.on(
      'request',
      (request) => !request.url().startsWith(world.url) && !request.url().startsWith('data:') && complaints.push(`asked ${request.url()}`),
    )
    onTestFinished(() => expect(complaints).toEqual([]))
    await page.goto(`${world.url}/${path}`)
    return page
  }

  /** Taken when all parts of the page have come. */
  async function shoot(page: Page, name: string): Promise<void> {
    await page.locator('[data-loading]').first().waitFor({ state: 'detached' })
    await page.screenshot({ path: join(artefacts, `${name}.png`) })
  }

  it('is small to load', () => {
    const [line, kilobytes = ''] = /first load: ([\d.]+) kB gzip/.exec(built) ?? []
    note(line ?? '')
    expect(Number(kilobytes)).toBeLessThan(250)
  })

  /** Where each screen is, and what is seen of it. */
  const screens = {
    inbox: () => [`${world.prefix}/inbox`, 'Deploy on Friday'],
    dashboard: () => [`${world.prefix}/dashboard`, 'Waits for you'],
    tasks: () => [`${world.prefix}/tasks`, 'Write the release notes'],
    lanes: () => [`${world.prefix}/tasks?view=board`, 'Write the release notes'],
    task: () => [`${world.prefix}/tasks/${world.tasks.reviewed}`, 'A result waits for your review'],
    run: () => [`${world.prefix}/runs/${world.runId}`, 'Reading 214 pages'],
    agents: () => [`${world.prefix}/agents`, 'Pause'],
    agent: () => [`${world.prefix}/agents/${world.agents.ada}`, 'What it is told'],
    approvals: () => [`${world.prefix}/approvals`, 'What is asked for'],
    activity: () => [`${world.prefix}/activity`, 'Verify all seals'],
  } as const

  it.each(Object.keys(screens) as (keyof typeof screens)[])(
    'shows %s in light, dark and at the width of a phone, and is accessible in each',
    async (name) => {
      const [path = '', text = ''] = screens[name]()
      const page = await open(path)
      await page.getByText(text).first().waitFor()
      for (const look of ['light', 'dark', 'phone'] as const) {
        await page.emulateMedia({ colorScheme: look === 'dark' ? 'dark' : 'light' })
        await page.setViewportSize({ width: look === 'phone' ? 390 : 1280, height: 820 })
        await shoot(page, `${name}-${look}`)
        expect(await violations(page), `${name}, ${look}`).toEqual([])
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${name}, ${look}`).toBeLessThanOrEqual(0)
      }
    },
  )

  /** A result of Ada's that waits for its review, in a task of its own. */
  async function submitted(title: string) {
    const { engine, companyId, agents } = world
    const task = await engine.tasks.create({ companyId, title })
    const { run } = await engine.tasks.checkout({ taskId: task.id, agentId: agents.ada })
    const deliverable = await engine.deliverables.submit({ taskId: task.id, title, content: `# ${title}` })
    await engine.runs.cancel({ runId: run.id })
    return { task, deliverable }
  }

  it('scrolls through ten thousand tasks, of which only those in view are on the page', async () => {
    const { engine } = world
    const company = await engine.companies.create({ name: 'Large', taskPrefix: 'LARGE' })
    for (let from = 0; from < 10_000; from += 100) {
      const tasks = Array.from({ length: 100 }, (_, at) => ({ title: `Task number ${from + at + 1}` }))
      await engine.tasks.createMany({ companyId: company.id, tasks })
    }
    const page = await open('LARGE/tasks')
    await page.getByText('Task number 1', { exact: true }).waitFor()
    const list = page.getByRole('region', { name: 'Tasks' })
    const toEnd = async () => {
      await list.evaluate((element) => Object.assign(element, { scrollTop: 1_000_000_000 }))
      return page.getByText('Task number 10000', { exact: true }).count()
    }
    await until(toEnd, (found) => found === 1, 40_000)
    expect(await page.locator('.eng-list-row').count()).toBeLessThan(80)
    const frames: unknown = await page.evaluate(`new Promise((resolve) => {
      const list = document.querySelector('.eng-list')
      const times = []
      let top = 0
      const step = (now) => {
        times.push(now)
        list.scrollTop = top += 120
        if (times.length < 120) requestAnimationFrame(step)
        else resolve(1000 * (times.length - 1) / (times.at(-1) - times[0]))
      }
      list.scrollTop = 0
      requestAnimationFrame(step)
    })`)
    note(`10,000 tasks scroll at ${Math.round(Number(frames))} frames a second`)
    // A change far up is read again as its page alone, and not as a hundred.
    let asked = 0
    page.on('request', (request) => (asked += request.url().includes('/tasks?') ? 1 : 0))
    const { items } = await engine.tasks.list({ companyId: company.id, limit: 1 })
    await list.evaluate((element) => Object.assign(element, { scrollTop: 0 }))
    await engine.tasks.update({ taskId: items[0]?.id ?? '', title: 'The first of many' })
    await page.getByText('The first of many').waitFor()
    expect(asked).toBeLessThanOrEqual(2)
  })

  const statusOf = async (taskId: string) => (await world.engine.tasks.get({ taskId })).status
  const isLive = (page: Page) => page.locator('.eng-live[data-state=live]').waitFor()

  it('brings a review to its approval by the mouse alone', async () => {
    const { task } = await submitted('Price list')
    const page = await open('')
    await page.getByRole('button', { name: /Price list/ }).click()
    await page.getByRole('heading', { name: 'Price list' }).first().waitFor()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Price list: approved').waitFor()
    await until(
      () => statusOf(task.id),
      (status) => status === 'done',
    )
    await page.getByRole('button', { name: /Price list/ }).waitFor({ state: 'detached' })
  })

  it('brings a review to its approval by the keyboard alone, from a dashboard to the next thing that waits', async () => {
    const { task } = await submitted('Zoning letter')
    const page = await open(`${world.prefix}/dashboard`)
    await isLive(page)
    await page.keyboard.press('g')
    await page.keyboard.press('i')
    await page.getByRole('button', { name: /Zoning letter/ }).waitFor()
    const isMarked = () => page.locator('.eng-list-row[data-active=true]', { hasText: 'Zoning letter' }).count()
    for (let steps = 0; steps < 20 && (await isMarked()) === 0; steps += 1) await page.keyboard.press('j')
    await page.getByRole('heading', { name: 'Zoning letter' }).first().waitFor()
    await page.keyboard.press('a')
    await until(
      () => statusOf(task.id),
      (status) => status === 'done',
    )
  })

  it('sends a result back with words that the agent gets', async () => {
    const { deliverable } = await submitted('Tax form')
    const page = await open(`${world.prefix}/inbox`)
    await page.getByRole('button', { name: /Tax form/ }).click()
    await page.getByRole('heading', { name: 'Tax form' }).first().waitFor()
    await page.keyboard.press('r')
    await page.getByLabel('What should change?').fill('The year is missing.')
    await page.keyboard.press('Control+Enter')
    const read = async () => (await world.engine.deliverables.get({ deliverableId: deliverable.id })).review
    await until(read, (review) => review?.feedback === 'The year is missing.')
  })

  it('answers a question by the number of its choice', async () => {
    const { engine, companyId } = world
    const task = await engine.tasks.create({ companyId, title: 'Choose' })
    const ask = { kind: 'question' as const, prompt: 'Blue or green?', choices: ['blue', 'green'].map((key) => ({ key, label: key })) }
    const { id: interactionId } = await engine.interactions.ask({ taskId: task.id, ask })
    const page = await open(`${world.prefix}/inbox`)
    await page.getByRole('button', { name: /Blue or green/ }).click()
    await page.getByRole('button', { name: 'green', exact: true }).waitFor()
    await page.keyboard.press('2')
    await until(
      async () => (await engine.interactions.get({ interactionId })).answer?.choice,
      (choice) => choice === 'green',
    )
  })

  it('shows what happens elsewhere without a reload, and asks for nothing because time goes by', async () => {
    const page = await open(`${world.prefix}/tasks`)
    await isLive(page)
    await page.getByText('Order more paper').waitFor()
    let asked = 0
    page.on('request', () => (asked += 1))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(asked).toBe(0)
    const committed = performance.now()
    const task = await world.engine.tasks.create({ companyId: world.companyId, title: 'Out of nowhere' })
    await page.getByText('Out of nowhere').waitFor()
    note(`a live event was on screen ${Math.round(performance.now() - committed)} ms after its command began`)
    await world.engine.tasks.update({ taskId: task.id, title: 'Renamed from afar' })
    await page.getByText('Renamed from afar').waitFor()
  })

  it('says what came in between when somebody else was faster, and leaves what is true on screen', async () => {
    const { deliverable } = await submitted('Old contract')
    const page = await open(`${world.prefix}/inbox`)
    await page.getByRole('button', { name: /Old contract/ }).click()
    await page.getByRole('heading', { name: 'Old contract' }).first().waitFor()
    // What the other one did has not come to this page yet.
    await page.route('**/review', async (route) => {
      await world.engine.deliverables.review({ deliverableId: deliverable.id, decision: 'rejected', feedback: 'No.' })
      await route.continue()
    })
    await page.getByRole('button', { name: 'Approve' }).click()
    const told = page.getByRole('region', { name: 'Notifications' })
    await told.getByText('Something came in between').waitFor()
    await told.getByText('It is rejected, and stays so.').waitFor()
    await page.getByRole('button', { name: /Old contract/ }).waitFor({ state: 'detached' })
    await shoot(page, 'conflict-light')
    expect((await world.engine.deliverables.get({ deliverableId: deliverable.id })).status).toBe('rejected')
  })

  it('moves a task by dragging it, and by its menu with the keyboard alone', async () => {
    const { engine, companyId } = world
    const [dragged, keyed] = await Promise.all(
      ['Drag me', 'Key me'].map((title) => engine.tasks.create({ companyId, title, status: 'backlog' })),
    )
    const page = await open(`${world.prefix}/tasks?view=board`)
    await page.getByText('Drag me').waitFor()
    await page.locator(`[data-task="${dragged?.identifier}"]`).dragTo(page.getByRole('region', { name: 'todo' }))
    await until(
      () => statusOf(dragged?.id ?? ''),
      (status) => status === 'todo',
    )
    await page.getByRole('button', { name: `Move ${keyed?.identifier}` }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'todo' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await until(
      () => statusOf(keyed?.id ?? ''),
      (status) => status === 'todo',
    )
  })
})

/** What axe finds, in a line each. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found: unknown = await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target, failureSummary }) => target.join(' ') + ' ' + failureSummary).join(' | ')))",
  )
  // The text above gives a list of texts.
  return found as string[]
}
