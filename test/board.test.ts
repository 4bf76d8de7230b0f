import { expect, describe, it, onTestFinished } from 'vitest'

import { isLive, lookAt, shoot, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { createBoardWorld } from './support/board-world.ts'
import { note, startBrowserThatKeepsPages } from './support/browser.ts'
import { until } from './support/engine.ts'

describe.skipIf(!canLook)('the board', { timeout: 60_000 }, () => {
  const now = stage(createBoardWorld)
  const open = (path: string, look?: Look) => now().open(now().world.url, path, look)

  it('is small to load', () => {
    const [line, kilobytes = ''] = /first load: ([\d.]+) kB gzip/.exec(now().built) ?? []
    note(line ?? '')
    expect(Number(kilobytes)).toBeLessThan(250)
  })

  /** Where each screen is, and what is seen of it. */
  const screens = {
    inbox: () => [`${now().world.prefix}/inbox`, 'Deploy on Friday'],
    dashboard: () => [`${now().world.prefix}/dashboard`, 'Waits for you'],
    tasks: () => [`${now().world.prefix}/tasks`, 'Write the release notes'],
    lanes: () => [`${now().world.prefix}/tasks?view=board`, 'Write the release notes'],
    task: () => [`${now().world.prefix}/tasks/${now().world.tasks.reviewed}`, 'A result waits for your review'],
    run: () => [`${now().world.prefix}/runs/${now().world.runId}`, 'Reading 214 pages'],
    agents: () => [`${now().world.prefix}/agents`, 'Pause'],
    agent: () => [`${now().world.prefix}/agents/${now().world.agents.ada}`, 'What it is told'],
    approvals: () => [`${now().world.prefix}/approvals`, 'What is asked for'],
    activity: () => [`${now().world.prefix}/activity`, 'Verify all seals'],
  } as const

  it.each(Object.keys(screens) as (keyof typeof screens)[])(
    'shows %s in light, dark and at the width of a phone, and is accessible in each',
    async (name) => {
      const [path = '', text = ''] = screens[name]()
      const page = await open(path)
      await page.getByText(text).first().waitFor()
      await lookAt(page, name)
    },
  )

  /** A result of Ada's that waits for its review, in a task of its own. */
  async function submitted(title: string) {
    const { engine, companyId, agents } = now().world
    const task = await engine.tasks.create({ companyId, title })
    const { run } = await engine.tasks.checkout({ taskId: task.id, agentId: agents.ada })
    const deliverable = await engine.deliverables.submit({ taskId: task.id, title, content: `# ${title}` })
    await engine.runs.cancel({ runId: run.id })
    return { task, deliverable }
  }

  it('scrolls through ten thousand tasks, of which only those in view are on the page', async () => {
    const { engine } = now().world
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
    // A change far up is read again as its page alone, and not as a hundred.
    let asked = 0
    page.on('request', (request) => (asked += request.url().includes('/tasks?') ? 1 : 0))
    const { items } = await engine.tasks.list({ companyId: company.id, limit: 1 })
    await list.evaluate((element) => Object.assign(element, { scrollTop: 0 }))
    await engine.tasks.update({ taskId: items[0]?.id ?? '', title: 'The first of many' })
    await page.getByText('The first of many').waitFor()
    expect(asked).toBeLessThanOrEqual(2)
  })

  const statusOf = async (taskId: string) => (await now().world.engine.tasks.get({ taskId })).status

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
    const page = await open(`${now().world.prefix}/dashboard`)
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
    const page = await open(`${now().world.prefix}/inbox`)
    await page.getByRole('button', { name: /Tax form/ }).click()
    await page.getByRole('heading', { name: 'Tax form' }).first().waitFor()
    await page.keyboard.press('r')
    await page.getByLabel('What should change?').fill('The year is missing.')
    await page.keyboard.press('Control+Enter')
    const read = async () => (await now().world.engine.deliverables.get({ deliverableId: deliverable.id })).review
    await until(read, (review) => review?.feedback === 'The year is missing.')
  })

  it('answers a question by the number of its choice', async () => {
    const { engine, companyId } = now().world
    const task = await engine.tasks.create({ companyId, title: 'Choose' })
    const ask = { kind: 'question' as const, prompt: 'Blue or green?', choices: ['blue', 'green'].map((key) => ({ key, label: key })) }
    const { id: interactionId } = await engine.interactions.ask({ taskId: task.id, ask })
    const page = await open(`${now().world.prefix}/inbox`)
    await page.getByRole('button', { name: /Blue or green/ }).click()
    await page.getByRole('button', { name: 'green', exact: true }).waitFor()
    await page.keyboard.press('2')
    await until(
      async () => (await engine.interactions.get({ interactionId })).answer?.choice,
      (choice) => choice === 'green',
    )
  })

  it('shows what happens elsewhere without a reload, and asks for nothing because time goes by', async () => {
    const page = await open(`${now().world.prefix}/tasks`)
    await isLive(page)
    await page.getByText('Order more paper').waitFor()
    let asked = 0
    page.on('request', () => (asked += 1))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(asked).toBe(0)
    const committed = performance.now()
    const task = await now().world.engine.tasks.create({ companyId: now().world.companyId, title: 'Out of nowhere' })
    await page.getByText('Out of nowhere').waitFor()
    note(`a live event was on screen ${Math.round(performance.now() - committed)} ms after its command began`)
    await now().world.engine.tasks.update({ taskId: task.id, title: 'Renamed from afar' })
    await page.getByText('Renamed from afar').waitFor()
  })

  it('holds no connection for a page that was left, and is live again for who goes back to it', async () => {
    const { engine, companyId, prefix, runId, url } = now().world
    const browser = await startBrowserThatKeepsPages()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    // A browser has six connections to one server; a run has a stream of its own beside that of its company.
    for (const path of ['goals', `runs/${runId}`, 'agents', `runs/${runId}`, 'inbox', 'costs', 'tasks']) {
      await page.goto(`${url}/${prefix}/${path}`)
      await isLive(page)
    }
    await page.evaluate(() => Object.assign(globalThis, { isKept: true }))
    for (let visit = 0; visit < 4; visit += 1) {
      await page.goto(`${url}/status?visit=${visit}`)
      await page.getByRole('heading').first().waitFor()
    }
    await engine.tasks.create({ companyId, title: 'While you were away' })
    await page.evaluate('history.go(-4)')
    await page.getByText('While you were away').waitFor()
    expect(await page.evaluate(() => 'isKept' in globalThis)).toBe(true)
    await engine.tasks.create({ companyId, title: 'Since you are back' })
    await page.getByText('Since you are back').waitFor()
  })

  it('says what came in between when somebody else was faster, and leaves what is true on screen', async () => {
    const { deliverable } = await submitted('Old contract')
    const page = await open(`${now().world.prefix}/inbox`)
    await page.getByRole('button', { name: /Old contract/ }).click()
    await page.getByRole('heading', { name: 'Old contract' }).first().waitFor()
    // What the other one did has not come to this page yet.
    await page.route('**/review', async (route) => {
      await now().world.engine.deliverables.review({ deliverableId: deliverable.id, decision: 'rejected', feedback: 'No.' })
      await route.continue()
    })
    await page.getByRole('button', { name: 'Approve' }).click()
    const told = page.getByRole('region', { name: 'Notifications' })
    await told.getByText('Something came in between').waitFor()
    await told.getByText('It is rejected, and stays so.').waitFor()
    await page.getByRole('button', { name: /Old contract/ }).waitFor({ state: 'detached' })
    await shoot(page, 'conflict-light')
    expect((await now().world.engine.deliverables.get({ deliverableId: deliverable.id })).status).toBe('rejected')
  })

  it('moves a task by dragging it, and by its menu with the keyboard alone', async () => {
    const { engine, companyId } = now().world
    const [dragged, keyed] = await Promise.all(
      ['Drag me', 'Key me'].map((title) => engine.tasks.create({ companyId, title, status: 'backlog' })),
    )
    const page = await open(`${now().world.prefix}/tasks?view=board`)
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
