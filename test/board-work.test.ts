import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive, lookAt, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { seedWork } from './support/board-work.ts'
import { createBoardWorld } from './support/board-world.ts'
import { until } from './support/engine.ts'

async function createWorkWorld(board: URL) {
  const world = await createBoardWorld(board)
  return { ...world, seeds: await seedWork(world) }
}

describe.skipIf(!canLook)('the board of the work', { timeout: 60_000 }, () => {
  const now = stage(createWorkWorld)

  /** A screen that is listening, so that what happens elsewhere comes to it. */
  async function open(path: string, look?: Look): Promise<Page> {
    const page = await now().open(now().world.url, `${now().world.prefix}/${path}`, look)
    await isLive(page)
    return page
  }

  /** Where each screen is, and what is seen of it. */
  const screens = {
    org: () => ['agents?view=org', 'Head of delivery'],
    hired: () => [`agents/${now().world.seeds.newcomer}`, 'It waits for its approval'],
    goals: () => [`goals/${now().world.seeds.goalId}`, 'Nine of ten pages'],
    projects: () => ['projects', 'New catalogue'],
    project: () => [`projects/${now().world.seeds.projectId}`, 'Index the search'],
    sprints: () => [`sprints/${now().world.seeds.sprintId}`, 'Measure the start page'],
    knowledge: () => [`knowledge/${now().world.seeds.entryId}`, 'the slowest but one'],
    routines: () => [`routines/${now().world.seeds.routineId}`, 'by hand'],
    secrets: () => [`secrets/${now().world.seeds.secretId}`, 'Where it goes'],
  } as const

  it.each(Object.keys(screens) as (keyof typeof screens)[])('shows %s in light, dark and narrow, accessible in each', async (name) => {
    const [path = '', text = ''] = screens[name]()
    const page = await open(path)
    await page.getByText(text).first().waitFor()
    await lookAt(page, `work-${name}`)
  })

  it('leads to every screen by two keys, and on a phone by one button', async () => {
    const page = await open('inbox')
    for (const [key, title] of [
      ['g', 'Goals'],
      ['j', 'Projects'],
      ['s', 'Sprints'],
      ['r', 'Routines'],
      ['k', 'Knowledge'],
      ['e', 'Secrets'],
    ] as const) {
      await page.keyboard.press('g')
      await page.keyboard.press(key)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
    }
    const button = page.getByRole('button', { name: 'All', exact: true })
    for (const width of [320, 390]) {
      await page.setViewportSize({ width, height: 820 })
      const { x = width, width: wide = width } = (await button.boundingBox()) ?? {}
      expect(x + wide, `the last one at the bottom, ${width} wide`).toBeLessThanOrEqual(width)
    }
    await button.click()
    const all = page.getByRole('dialog', { name: 'All screens' })
    await all.getByRole('link', { name: 'Routines' }).click()
    await page.getByRole('heading', { level: 1, name: 'Routines' }).waitFor()
    await all.waitFor({ state: 'detached' })
  })

  it('finds what has a name by a few letters, and goes there by the keyboard alone', async () => {
    const page = await open('inbox')
    for (const [text, title] of [
      ['faster', 'Faster shop'],
      ['nobody waits', 'Nobody waits for a page'],
      ['weekly', 'Weekly report'],
      ['measure pages', 'How we measure pages'],
    ] as const) {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Go to' }).fill(text)
      await page.getByRole('option', { name: title }).first().waitFor()
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByRole('heading', { name: title }).first().waitFor()
    }
  })

  it.each([
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', '⌘K'],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'Ctrl K'],
  ])('calls the key that finds by what is on the keyboard: %s', async (userAgent, name) => {
    const page = await open('inbox', { userAgent })
    await page.getByRole('button', { name: 'Search' }).getByText(name, { exact: true }).click()
    await page.getByRole('combobox', { name: 'Go to' }).waitFor()
  })

  describe('the org chart', () => {
    it('moves an agent under another manager by its menu with the keyboard alone, and offers no circle', async () => {
      const page = await open('agents?view=org')
      await page.getByRole('link', { name: 'Kim Osei' }).focus()
      await page.keyboard.press('ArrowRight')
      await expectFocus(page, 'Ada Byron')
      await page.keyboard.press('ArrowLeft')
      await expectFocus(page, 'Kim Osei')
      await page.getByRole('button', { name: 'Move Kim Osei' }).waitFor()
      // Everybody else is below.
      expect(await page.getByRole('button', { name: 'Move Kim Osei' }).isDisabled()).toBe(true)
      await page.getByRole('button', { name: 'Move Rui' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('menuitem', { name: 'Under Ada Byron' }).waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Home')
      await page.keyboard.press('Enter')
      const managerOf = async () => (await now().world.engine.agents.get({ agentId: now().world.agents.rui })).reportsTo
      await until(managerOf, (manager) => manager === now().world.agents.ada)
      await now().world.engine.agents.update({ agentId: now().world.agents.rui, reportsTo: now().world.seeds.kim })
      await page.locator(`[data-agent="${now().world.agents.rui}"]`).waitFor()
    })

    it('shows live who is paused and who is new', async () => {
      const page = await open('agents?view=org')
      const rui = page.locator(`[data-agent="${now().world.agents.rui}"]`)
      await now().world.engine.agents.pause({ agentId: now().world.agents.rui })
      await rui.getByText('paused').waitFor()
      await now().world.engine.agents.resume({ agentId: now().world.agents.rui })
      await rui.getByText('idle').waitFor()
    })
  })

  it('hires an agent whose approval is shown and given where it waits', async () => {
    const page = await open('agents')
    await page.getByRole('button', { name: 'Hire' }).click()
    const form = page.getByRole('dialog', { name: 'Hire an agent' })
    await form.getByLabel('Name').fill('Tove')
    await form.getByLabel('Role').fill('analyst')
    await form.getByLabel('Reports to').selectOption({ label: 'Kim Osei' })
    await form.getByText('It needs no configuration.').waitFor()
    await form.getByLabel('Is run by').selectOption({ label: 'An agent behind a URL' })
    await form.getByLabel('Url', { exact: true }).fill('https://agents.example/run')
    await form.getByText('What else can be set').click()
    await form.getByLabel('Method', { exact: true }).selectOption('PUT')
    await form.getByLabel('headers, as JSON').fill('{"authorization": {"secret": "MAIL_PASSWORD"}}')
    await lookAt(page, 'work-hire')
    await form.getByRole('button', { name: 'Hire' }).click()
    await page.getByText('It waits for its approval').waitFor()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('It waits for its approval').waitFor({ state: 'detached' })
    const hired = async () =>
      (await now().world.engine.agents.list({ companyId: now().world.companyId })).items.find(({ name }) => name === 'Tove')
    // What was decided leaves the screen before the server has it.
    expect(await until(hired, (tove) => tove?.status === 'idle')).toMatchObject({
      role: 'analyst',
      reportsTo: now().world.seeds.kim,
      adapterType: 'http',
      adapterConfig: { url: 'https://agents.example/run', method: 'PUT', headers: { authorization: { secret: 'MAIL_PASSWORD' } } },
    })
  })

  it('makes a key of an agent that is shown once, and revokes it', async () => {
    const page = await open(`agents/${now().world.agents.ada}`)
    await page.getByRole('tab', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name').fill('Build server')
    await page.keyboard.press('Enter')
    const key = (await page.getByLabel('Key', { exact: true }).textContent()) ?? ''
    expect(key).toMatch(/^eng_agent_/)
    await page.getByRole('button', { name: 'I have kept it' }).click()
    await page.getByLabel('Key', { exact: true }).waitFor({ state: 'detached' })
    await page.getByText(`${key.slice(0, 12)}…`).waitFor()
    expect(await page.content()).not.toContain(key)
    await page.getByRole('button', { name: 'Revoke Build server' }).click()
    await page.getByRole('button', { name: 'Revoke it' }).click()
    await page.getByText('revoked').first().waitFor()
    const { items } = await now().world.engine.keys.list({ companyId: now().world.companyId, agentId: now().world.agents.ada })
    expect(items.map(({ revokedAt }) => revokedAt === null)).toEqual([false])
  })

  it('changes an agent with its version, and says so when somebody else was faster', async () => {
    const page = await open(`agents/${now().world.agents.ada}`)
    await page.getByText('What it is told').waitFor()
    await page.keyboard.press('e')
    const form = page.getByRole('dialog', { name: 'Change Ada Byron' })
    await form.getByLabel('Title').fill('Principal')
    await now().world.engine.agents.update({ agentId: now().world.agents.ada, title: 'Architect' })
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByText('Something came in between').waitFor()
    expect((await now().world.engine.agents.get({ agentId: now().world.agents.ada })).title).toBe('Architect')
    await form.getByRole('button', { name: 'Close' }).click()
    await page.getByText('Architect').waitFor()
  })

  it('sets a goal below another by the keyboard, reaches it by the mouse, and shows the change of another', async () => {
    const page = await open(`goals/${now().world.seeds.goalId}`)
    await page.getByText('Nine of ten pages').waitFor()
    await page.keyboard.press('c')
    await page.getByLabel('What is to be reached').fill('Fewer clicks')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 2, name: 'Fewer clicks' }).waitFor()
    await page.getByRole('button', { name: 'Move' }).click()
    await page.getByRole('menuitem', { name: 'achieved' }).click()
    const goal = async () =>
      (await now().world.engine.goals.list({ companyId: now().world.companyId })).items.find(({ title }) => title === 'Fewer clicks')
    const reached = await until(goal, (found) => found?.status === 'achieved')
    await now().world.engine.goals.update({ goalId: reached?.id ?? '', title: 'Fewer steps' })
    await page.getByRole('heading', { level: 2, name: 'Fewer steps' }).waitFor()
  })

  it('begins a project by the mouse, changes it by the keyboard and completes it', async () => {
    const page = await open('projects')
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByLabel('Name').fill('Winter sale')
    await page.getByLabel('Goal').selectOption({ label: 'Nobody waits for a page' })
    await page.getByRole('button', { name: 'Begin the project' }).click()
    await page.getByRole('heading', { level: 1, name: 'Winter sale' }).waitFor()
    await page.keyboard.press('e')
    await page.getByLabel('Name').fill('Winter sales')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Winter sales' }).waitFor()
    for (const status of ['in progress', 'completed']) {
      await page.getByRole('button', { name: 'Move', exact: true }).click()
      await page.getByRole('menuitem', { name: status }).click()
      await page.locator('.eng-screen-head').getByText(status).waitFor()
    }
    const { items } = await now().world.engine.projects.list({ companyId: now().world.companyId, status: 'completed' })
    expect(items).toMatchObject([{ name: 'Winter sales', goalId: now().world.seeds.goalId }])
    await now().world.engine.projects.update({ projectId: items[0]?.id ?? '', name: 'Sold out' })
    await page.getByRole('heading', { level: 1, name: 'Sold out' }).waitFor()
  })

  it('fills a sprint by the keyboard, and closes it knowing what is still open', async () => {
    const { engine, companyId } = now().world
    const project = await engine.projects.create({ companyId, name: 'Sprinted' })
    const sprint = await engine.sprints.create({ companyId, name: 'Short one', projectId: project.id })
    const task = await engine.tasks.create({ companyId, projectId: project.id, title: 'Fits in', status: 'backlog' })
    const page = await open(`sprints/${sprint.id}`)
    await page.getByText('Nothing is in it yet').waitFor()
    await page.keyboard.press('m')
    await page.getByRole('checkbox', { name: /Fits in/ }).focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('list', { name: 'backlog' }).getByText('Fits in').waitFor()
    expect((await engine.tasks.get({ taskId: task.id })).sprintId).toBe(sprint.id)
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await page.getByText('One task is still open').waitFor()
    await page.getByRole('button', { name: 'Close it anyway' }).click()
    await until(
      async () => (await engine.sprints.get({ sprintId: sprint.id })).status,
      (status) => status === 'completed',
    )
    await engine.tasks.update({ taskId: task.id, title: 'Left behind' })
    await page.getByText('Left behind').waitFor()
    await page.getByRole('button', { name: `Move ${task.identifier}` }).click()
    await page.getByRole('menuitem', { name: 'Out of the sprint' }).click()
    await page.getByText('Nothing is in it yet').waitFor()
  })

  it('writes knowledge with a preview, finds it, and overwrites nobody unasked', async () => {
    const { engine } = now().world
    const page = await open('knowledge')
    await page.keyboard.press('c')
    await page.getByLabel('Title').fill('Where the lamps are')
    await page.getByLabel('Text, in Markdown').fill('In the **cellar**.')
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByRole('region', { name: 'Preview' }).locator('strong', { hasText: 'cellar' }).waitFor()
    await page.getByRole('button', { name: 'Write it down' }).click()
    await page.getByRole('heading', { level: 2, name: 'Where the lamps are' }).waitFor()
    await page.getByLabel('Search the knowledge').fill('measure pages')
    await page.getByRole('link', { name: 'How we measure pages' }).waitFor()
    await page.getByRole('link', { name: 'Where the lamps are' }).waitFor({ state: 'detached' })
    await page.getByLabel('Search the knowledge').fill('')
    await page.getByRole('button', { name: 'Change' }).click()
    const { items } = await engine.knowledge.list({ companyId: now().world.companyId })
    const knowledgeEntryId = items.find(({ title }) => title === 'Where the lamps are')?.id ?? ''
    await engine.knowledge.update({ knowledgeEntryId, body: 'In the attic.' })
    await page.getByLabel('Text, in Markdown').fill('In the shed.')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Something came in between').waitFor()
    expect((await engine.knowledge.get({ knowledgeEntryId })).body).toBe('In the attic.')
    await page.getByRole('button', { name: 'Mine goes over version 2' }).click()
    await page.locator('.eng-prose', { hasText: 'In the shed.' }).waitFor()
    expect((await engine.knowledge.get({ knowledgeEntryId })).body).toBe('In the shed.')
    await engine.knowledge.update({ knowledgeEntryId, body: 'Nowhere.' })
    await page.getByText('Nowhere.').waitFor()
  })

  it('schedules a routine with its next three times, runs it now, pauses it, and shows the key of a webhook once', async () => {
    const page = await open('routines')
    await page.getByRole('button', { name: 'New routine' }).click()
    await page.getByLabel('Name').fill('Count the stock')
    await page.getByLabel('Title', { exact: true }).fill('Count what is there')
    await page.getByRole('button', { name: 'Make the routine' }).click()
    await page.getByRole('heading', { level: 2, name: 'Count the stock' }).waitFor()
    await page.getByRole('button', { name: 'Add a schedule' }).click()
    await page.getByLabel('When').fill('0 6 * * *')
    await page.getByLabel('Time zone').fill('UTC')
    await until(
      () =>
        page
          .getByRole('list', { name: 'Next times' })
          .locator('time')
          .evaluateAll((times) => times.map((time) => time.getAttribute('datetime'))),
      (times) => times.length === 3 && times.every((time) => time?.endsWith('T06:00:00.000Z') === true),
    )
    await page.getByLabel('When').fill('0 6 * * 9')
    await page.getByRole('list', { name: 'Next times' }).waitFor({ state: 'detached' })
    await page.getByLabel('When').fill('0 6 * * 1')
    await page.keyboard.press('Enter')
    await page.getByText('0 6 * * 1').waitFor()
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByRole('button', { name: 'Run it' }).click()
    await page.getByRole('list', { name: 'Fires' }).getByText('Count what is there').waitFor()
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    await page.getByRole('button', { name: 'Add it' }).click()
    const key = (await page.getByLabel('Key', { exact: true }).textContent()) ?? ''
    expect(key.length).toBeGreaterThan(20)
    await page.getByRole('button', { name: 'I have kept it' }).click()
    await page.getByLabel('Key', { exact: true }).waitFor({ state: 'detached' })
    await page.getByText('Nobody has called it yet.').waitFor()
    expect(await page.content()).not.toContain(key)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Off: it does not fire.').waitFor()
    const { items } = await now().world.engine.routines.list({ companyId: now().world.companyId, status: 'paused' })
    expect(items.map(({ name }) => name)).toEqual(['Count the stock'])
    await now().world.engine.routines.resume({ routineId: items[0]?.id ?? '' })
    await page.getByRole('button', { name: 'Run now' }).waitFor()
  })

  it('takes the value of a secret and never shows it again, rotates, binds, and deletes only what nothing names', async () => {
    const answers: Promise<string>[] = []
    const page = await open('secrets')
    page.on(
      'response',
      (response) =>
        response.url().includes('/api/') && !response.url().includes('/events') && answers.push(response.text().catch(() => '')),
    )
    await page.keyboard.press('c')
    await page.getByLabel('Name').fill('BANK_KEY')
    await page.getByRole('textbox', { name: 'Value' }).fill('very-hidden-one ')
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('heading', { level: 2, name: 'BANK_KEY' }).waitFor()
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('textbox', { name: 'Value' }).fill('very-hidden-two')
    await page.keyboard.press('Control+Enter')
    await page.getByText('BANK_KEY is at version 2').waitFor()
    await page.getByRole('button', { name: 'Bind' }).click()
    await page.getByLabel('Whose programs get it').selectOption({ label: 'The agent Rui' })
    await page.getByRole('dialog').getByRole('button', { name: 'Bind' }).click()
    await page.getByRole('list', { name: 'Where it goes' }).getByText('Rui').waitFor()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete it' }).click()
    await page
      .getByRole('region', { name: 'Notifications' })
      .getByText(/BANK_KEY is in use|in use|used/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Unbind' }).click()
    await page.getByText('Nowhere. Bind it').waitFor()
    await page.getByRole('button', { name: 'Destroy' }).click()
    await page.getByRole('button', { name: 'Destroy it' }).click()
    await page.getByText('destroyed').waitFor()
    expect(await page.content()).not.toContain('very-hidden')
    expect((await Promise.all(answers)).filter((text) => text.includes('very-hidden'))).toEqual([])
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('button', { name: 'Delete it' }).click()
    await page.getByRole('link', { name: 'BANK_KEY' }).waitFor({ state: 'detached' })
    await now().world.engine.secrets.create({ companyId: now().world.companyId, name: 'LATE_KEY', value: 'something' })
    await page.getByRole('link', { name: 'LATE_KEY' }).waitFor()
  })

  it('keeps a filter under a name, finds it again in another tab, and forgets it', async () => {
    const page = await open('tasks')
    await page.getByLabel('Priority').selectOption('low')
    await page.getByText('Order more paper').waitFor()
    await page.getByText('Write the release notes').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('menuitem', { name: 'Save this filter…' }).click()
    await page.getByLabel('Name').fill('Can wait')
    await page.keyboard.press('Enter')
    const other = await open('tasks')
    await other.getByText('Write the release notes').waitFor()
    await other.getByRole('button', { name: 'Views' }).click()
    await other.getByRole('menuitem', { name: 'Can wait', exact: true }).click()
    await other.getByText('Write the release notes').waitFor({ state: 'detached' })
    expect(new URL(other.url()).search).toBe('?priority=low')
    await other.getByRole('button', { name: 'Views' }).click()
    await other.getByRole('menuitem', { name: 'Forget “Can wait”' }).click()
    await other.getByRole('button', { name: 'Clear' }).click()
    await other.getByText('Write the release notes').waitFor()
    await until(
      () => other.getByRole('button', { name: 'Views' }).isDisabled(),
      (isDisabled) => isDisabled,
    )
  })

  it('changes several tasks at once by the keyboard, and says for each what was refused', async () => {
    const { engine, companyId } = now().world
    const project = await engine.projects.create({ companyId, name: 'Bulk' })
    const made = await Promise.all(
      ['One of many', 'Two of many'].map((title) => engine.tasks.create({ companyId, projectId: project.id, title, status: 'backlog' })),
    )
    const over = await engine.tasks.create({ companyId, projectId: project.id, title: 'Over already' })
    await engine.tasks.cancel({ taskId: over.id })
    const page = await open(`tasks?project=${project.id}`)
    await page.getByText('One of many').waitFor()
    for (let row = 0; row < 3; row += 1) {
      await page.keyboard.press('j')
      await page.keyboard.press('x')
    }
    await page.getByText('3 chosen').waitFor()
    await page.getByRole('toolbar', { name: 'Chosen tasks' }).getByRole('button', { name: 'To do' }).click()
    await page.getByText('2 of 3 tasks changed').waitFor()
    await page.getByRole('region', { name: 'Notifications' }).getByText(over.identifier).or(page.getByText(over.id)).first().waitFor()
    for (const { id } of made) expect((await engine.tasks.get({ taskId: id })).status).toBe('todo')
    await page.getByText('3 chosen').waitFor({ state: 'detached' })
  })

  it('saves the files of a task and of a result as they are, and attaches one', async () => {
    const { engine, agents, companyId } = now().world
    const task = await engine.tasks.create({ companyId, title: 'With files' })
    const { run } = await engine.tasks.checkout({ taskId: task.id, agentId: agents.ada })
    const content = new TextEncoder().encode('a,b\n1,2\n')
    const attachment = await engine.attachments.upload({ taskId: task.id, name: 'figures.csv', contentType: 'text/csv', content })
    await engine.deliverables.submit({ taskId: task.id, title: 'Figures', content: 'See the file.', fileIds: [attachment.id] })
    await engine.runs.cancel({ runId: run.id })
    const page = await open(`tasks/${task.identifier}`)
    await page.getByText('A result waits for your review').waitFor()
    expect(await saved(page)).toEqual({ name: 'figures.csv', text: 'a,b\n1,2\n' })
    await page.getByRole('tab', { name: 'Files' }).click()
    expect(await saved(page)).toEqual({ name: 'figures.csv', text: 'a,b\n1,2\n' })
    await page.getByLabel('Attach a file').setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('Hello') })
    await page.getByRole('button', { name: 'Save note.txt' }).waitFor()
    await page.getByRole('button', { name: 'Remove note.txt' }).click()
    await page.getByRole('button', { name: 'Remove it' }).click()
    await page.getByRole('button', { name: 'Save note.txt' }).waitFor({ state: 'detached' })
  })
})

async function expectFocus(page: Page, name: string): Promise<void> {
  await until(
    async () => String(await page.evaluate('document.activeElement?.textContent')),
    (text) => text.includes(name),
  )
}

/** What the first button that saves gives. */
async function saved(page: Page): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save figures.csv' }).first().click(),
  ])
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk))
  return { name: download.suggestedFilename(), text: Buffer.concat(chunks).toString() }
}
