import { readFileSync } from 'node:fs'

import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive, lookAt, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { until } from './support/engine.ts'
import { createGovernanceWorld } from './support/governance-world.ts'

describe.skipIf(!canLook)('the board, where money and rights are decided', { timeout: 60_000 }, () => {
  const now = stage(createGovernanceWorld)
  const open = (path: string, look?: Look) => now().open(now().world.url, path, look)
  const at = (path: string) => open(`${now().world.prefix}/${path}`)
  const told = (page: Page, text: string) => page.getByRole('region', { name: 'Notifications' }).getByText(text).waitFor()

  const screens = {
    budgets: ['budgets', 'The limit was reached'],
    costs: ['costs', 'At the end of the month'],
    routes: ['routes', 'the shop'],
    deliveries: ['deliveries?status=parked', 'it is closed'],
    members: ['members', 'Grace Hopper'],
    plugins: ['plugins?plugin=asking', 'hooks.example.com'],
    settings: ['settings', 'Hires wait for an approval'],
    calls: ['run', 'run_tests'],
  } as const

  it.each(Object.keys(screens) as (keyof typeof screens)[])(
    'shows %s in light, dark and at the width of a phone, and is accessible in each',
    async (name) => {
      const [path, text] = screens[name]
      const page = await at(path === 'run' ? `runs/${now().world.runId}` : path)
      await page.getByText(text).first().waitFor()
      await lookAt(page, name)
    },
  )

  const budgetOf = async (scopeId: string) =>
    (await now().world.engine.budgets.list({ companyId: now().world.companyId, scopeId })).items.find(
      ({ window }) => window === 'month_utc',
    )

  it('raises a limit at which work stopped by the mouse, and shows what is spent elsewhere as it happens', async () => {
    const { engine, companyId, agents } = now().world
    const page = await at('budgets')
    await isLive(page)
    await page.getByRole('button', { name: 'Raise to $2.00' }).click()
    await told(page, 'Raised; work goes on')
    await page.getByText('The limit was reached').waitFor({ state: 'detached' })
    expect(await budgetOf(agents.rui)).toMatchObject({ limit: 2_000_000, isStopped: false })
    const cost = { provider: 'anthropic', model: 'claude-sonnet', costMicros: 1_230_000, billingType: 'metered' } as const
    await engine.costs.report({ companyId, sourceEventId: 'seen at once', agentId: agents.ada, ...cost })
    await page.getByRole('button', { name: /Ada Byron/ }).click()
    await page.getByText('$1.23 spent').waitFor()
  })

  it('makes a limit by the keyboard alone, and keeps work stopped by one key', async () => {
    const { engine, companyId, agents } = now().world
    const page = await at('budgets')
    await isLive(page)
    await page.keyboard.press('c')
    // Where it begins.
    await page.getByRole('combobox', { name: 'Of', exact: true }).and(page.locator(':focus')).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    const agent = page.getByRole('combobox', { name: 'Agent' })
    await agent.getByRole('option', { name: 'Ada Byron' }).waitFor({ state: 'attached' })
    await agent.focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('combobox', { name: 'Counted anew' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.getByLabel('Limit in US dollars').focus()
    await page.keyboard.type('0.50')
    await page.keyboard.press('Enter')
    await told(page, 'The limit holds')
    await page.getByText('money, in all').waitFor()
    const lifetime = async () => (await engine.budgets.list({ companyId })).items.find((budget) => budget.window === 'lifetime')
    const made = await until(lifetime, (budget) => budget !== undefined)
    expect(made).toMatchObject({ limit: 500_000, scope: 'agent' })
    const cost = { provider: 'anthropic', model: 'claude-sonnet', costMicros: 900_000, billingType: 'metered' } as const
    await engine.costs.report({ companyId, sourceEventId: 'too much again', agentId: made?.scopeId ?? agents.ada, ...cost })
    await page.getByText('The limit was reached').first().waitFor()
    await page.keyboard.press('x')
    const resolved = async () => (await engine.budgets.incidents({ companyId })).items.at(-1)?.resolution
    await until(resolved, (resolution) => resolution === 'kept_paused')
    // What comes after this works with the same agent.
    const { id: budgetId = '', version = 0 } = (await lifetime()) ?? {}
    await engine.budgets.remove({ budgetId, version })
  })

  it('names the agents that a limit keeps from starting, until it is said what a run of them may cost', async () => {
    const { engine, companyId } = now().world
    const late = { name: 'Late Larry', role: 'engineer', adapterType: 'telling-late' }
    const { id: agentId } = await engine.agents.create({ companyId, ...late })
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limitCents: 500 })
    const page = await at(`budgets?budget=${budgetId}`)
    await isLive(page)
    const named = page.getByRole('list', { name: 'Agents without a cap' })
    await named.getByText('by telling-late').waitFor()
    await named.getByRole('link', { name: 'Late Larry' }).waitFor()
    await engine.agents.update({ agentId, maxCostMicrosPerRun: 1_000_000 })
    await named.waitFor({ state: 'detached' })
    await engine.budgets.remove({ budgetId })
    await engine.agents.terminate({ agentId })
  })

  it('names of a budget of a task whoever has the task now', async () => {
    const { engine, companyId } = now().world
    const hire = async (name: string) =>
      (await engine.agents.create({ companyId, name, role: 'engineer', adapterType: 'telling-late', executionMode: 'manual' })).id
    const hired = [await hire('First Fay'), await hire('Second Sue')]
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Count the beans', assigneeAgentId: hired[0] ?? '' })
    const { id: budgetId } = await engine.budgets.set({ companyId, scope: 'task', scopeId: taskId, limitCents: 500 })
    const page = await at(`budgets?budget=${budgetId}`)
    await isLive(page)
    const named = page.getByRole('list', { name: 'Agents without a cap' })
    await named.getByRole('link', { name: 'First Fay' }).waitFor()
    await engine.tasks.assign({ taskId, agentId: hired[1] ?? '' })
    await named.getByRole('link', { name: 'Second Sue' }).waitFor()
    expect(await named.getByRole('listitem').count()).toBe(1)
    await engine.tasks.cancel({ taskId })
    await engine.budgets.remove({ budgetId })
    for (const agentId of hired) await engine.agents.terminate({ agentId })
  })

  it('names twenty of many agents without a cap, counts the others, and asks no more for it when something was spent', async () => {
    const { engine, companyId } = now().world
    const hired: string[] = []
    for (let at = 0; at < 22; at += 1)
      hired.push((await engine.agents.create({ companyId, name: `Bee ${at}`, role: 'engineer', adapterType: 'telling-late' })).id)
    const limit = { companyId, scope: 'company', window: 'lifetime', limitCents: 1_000_000 } as const
    const { id: budgetId } = await engine.budgets.set(limit)
    const page = await at(`budgets?budget=${budgetId}`)
    await isLive(page)
    await page.getByText('And 2 more').waitFor()
    expect(await page.getByRole('list', { name: 'Agents without a cap' }).getByRole('listitem').count()).toBe(20)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await engine.costs.report({ companyId, sourceEventId: 'of bees', provider: 'x', costMicros: 12_340_000 })
    await until(
      () => Promise.resolve(asked),
      (paths) => paths.some((path) => path.endsWith('/budgets')),
    )
    await page.getByText('$12.34').first().waitFor()
    expect(asked.filter((path) => path.endsWith('/agents-without-cap'))).toEqual([])
    await engine.budgets.remove({ budgetId })
    for (const agentId of hired) await engine.agents.terminate({ agentId })
  })

  it('reads the costs of a day out by the keyboard, and gives all of them as a table', async () => {
    const page = await at('costs')
    const chart = page.getByRole('slider', { name: 'Spent each day' })
    await chart.focus()
    await page.keyboard.press('Home')
    const first = await chart.getAttribute('aria-valuetext')
    await page.keyboard.press('ArrowRight')
    expect(await chart.getAttribute('aria-valuetext')).not.toBe(first)
    await page.keyboard.press('End')
    const last = (await chart.getAttribute('aria-valuetext')) ?? ''
    const { endsAt } = await now().world.engine.costs.forecast({ companyId: now().world.companyId })
    const isLastDay = new Date().toISOString().slice(0, 10) === new Date(Date.parse(endsAt) - 1).toISOString().slice(0, 10)
    expect(last.endsWith('expected')).toBe(!isLastDay)
    const coming = page.waitForEvent('download')
    await page.getByRole('button', { name: 'CSV' }).click()
    const text = readFileSync(await (await coming).path(), 'utf8')
    expect(text.split('\n')[0]).toContain('occurredAt,costMicros')
    expect(text).toContain('claude-opus')
    await page.getByRole('tab', { name: 'By model' }).click()
    await page.getByRole('row', { name: /claude-opus/ }).waitFor()
  })

  it('makes a route whose secret is named and never shown, and tries it with its value', async () => {
    const page = await at('routes')
    await page.getByText('the shop').first().waitFor()
    await page.keyboard.press('c')
    await page.getByLabel('Name', { exact: true }).fill('Archive')
    await page.getByLabel('Events').fill('task.*\ndeliverable.approved')
    await page.getByText('What else can be set').click()
    await page.getByRole('textbox', { name: 'To', exact: true }).fill('the archive')
    await page.getByLabel('or a secret for token').selectOption('HOOK_KEY')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'Archive', exact: true }).waitFor()
    const listed = async () =>
      (await now().world.engine.routes.list({ companyId: now().world.companyId })).items.find(({ name }) => name === 'Archive')
    const route = await until(listed, (found) => found !== undefined)
    expect(route).toMatchObject({
      events: ['task.*', 'deliverable.approved'],
      config: { to: 'the archive', token: { secret: 'HOOK_KEY' } },
    })
    await page.keyboard.press('t')
    await page.getByText('It would arrive').waitFor()
    expect(await page.content()).not.toContain('whsec_very-secret-value')
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor()
    // Somebody else was faster with another change.
    await page.keyboard.press('e')
    await page.getByLabel('Name', { exact: true }).fill('Mine')
    await page.route('**/api/routes/*', async (request) => {
      if (request.request().method() === 'PATCH') await now().world.engine.routes.update({ routeId: route?.id ?? '', name: 'Theirs' })
      await request.continue()
    })
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('Something came in between').waitFor()
  })

  it('sends again what was given up: one by a key, all by the mouse', async () => {
    const { engine, companyId, routeId, destination } = now().world
    const page = await at('deliveries?status=parked')
    await page.getByText('{"error":"gone"}').waitFor()
    destination.script = async () => ({ kind: 'delivered' })
    const parked = async () => (await engine.deliveries.list({ companyId, routeId, status: 'parked' })).items.length
    expect(await parked()).toBe(2)
    await page.keyboard.press('a')
    await until(parked, (left) => left === 1)
    await page.getByRole('button', { name: 'Send all again that Shop gave up' }).click()
    await until(parked, (left) => left === 0)
    await page.getByText('No delivery is like that').waitFor()
  })

  it('lets people in, gives them a role, and shows a key once', async () => {
    const { engine, companyId } = now().world
    const page = await at('members')
    await isLive(page)
    const kim = page.getByLabel('Role of Kim Lee')
    await kim.selectOption('operator')
    await told(page, 'Kim Lee is operator now')
    await engine.members.add({ companyId, name: 'Ken Thompson', role: 'viewer' })
    await page.getByLabel('Role of Ken Thompson').waitFor()
    await page.keyboard.press('c')
    await page.getByLabel('Address').fill('barbara@example.com')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'The invitation' }).getByText(/^eng_/).waitFor()
    await page.getByRole('button', { name: 'I have kept it' }).click()
    await page.getByRole('tab', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name').fill('Night shift')
    await page.getByRole('button', { name: 'Make the key' }).click()
    const key = (await page.getByLabel('The key', { exact: true }).last().textContent()) ?? ''
    expect(await engine.authenticate(key)).toMatchObject({ kind: 'agent' })
    await page.getByRole('button', { name: 'I have kept it' }).click()
    const row = page.getByRole('row', { name: /Night shift/ })
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await row.waitFor({ state: 'detached' })
    expect(await page.content()).not.toContain(key)
  })

  it('configures a plugin, stops it, and asks before one may reach outside', async () => {
    const { engine, companyId } = now().world
    const page = await at('plugins?plugin=greeter')
    await page.getByRole('button', { name: 'Configure' }).click()
    await page.getByLabel('Word').fill('Welcome')
    await page.getByRole('button', { name: 'Put it in place' }).click()
    await told(page, 'Greeter is ready')
    await page.getByText('"word": "Welcome"').waitFor()
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await page.getByRole('button', { name: 'Enable', exact: true }).waitFor()
    await page.getByRole('button', { name: /Asking/ }).click()
    await page.getByRole('button', { name: 'Install', exact: true }).click()
    await page.getByRole('dialog').getByText('tasks.get').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Install' }).click()
    await page.getByText('It waits for somebody to approve').waitFor()
    const [approval] = (await engine.approvals.list({ companyId, type: 'plugin_install' })).items
    const deciding = await at(`approvals?approval=${approval?.id ?? ''}`)
    await deciding.getByText('hooks.example.com').waitFor()
    const decisions = deciding.getByRole('button', { name: /^(Approve|Send back|Reject)/ })
    // Engine itself asks, and nobody could send another request in the place of this one.
    expect(await decisions.count()).toBe(2)
    await decisions.first().click()
    await page.getByText('It waits for somebody to approve').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Disable', exact: true }).waitFor()
  })

  it('takes a company away as a file and brings it in again as another one, after showing what that does', async () => {
    const { engine } = now().world
    const page = await at('settings')
    const coming = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    const file = await (await coming).path()
    const content = readFileSync(file)
    expect(content.toString()).toContain('agents/ada-byron')
    const chosen = { name: 'acm-package.json', mimeType: 'application/json', buffer: content }
    await page.getByLabel('Import', { exact: true }).setInputFiles(chosen)
    await page.getByLabel('Into').selectOption('new')
    await page.getByRole('button', { name: 'Show what it would do' }).click()
    await page.getByRole('region', { name: 'What the import would do' }).getByText('Ada Byron').waitFor()
    const named = async () => (await engine.companies.list()).items.filter(({ name }) => name === 'Acme Works').length
    expect(await named()).toBe(1)
    await page.getByRole('button', { name: /^Import \d+ things/ }).click()
    await until(named, (count) => count === 2)
  })

  it('renames a company, stops all that runs in it, and archives it by its name alone', async () => {
    const { engine } = now().world
    const other = await engine.companies.create({ name: 'Gamma', taskPrefix: 'GAM' })
    const page = await open('GAM/settings')
    await isLive(page)
    await page.getByLabel('Name', { exact: true }).fill('Gamma Works')
    await page.keyboard.press('Enter')
    await until(
      async () => (await engine.companies.get({ companyId: other.id })).name,
      (name) => name === 'Gamma Works',
    )
    await page.getByRole('button', { name: 'Gamma Works' }).first().waitFor()
    await page.getByRole('button', { name: 'Stop everything' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop everything' }).click()
    await page.getByRole('button', { name: 'Resume the company' }).click()
    await page.getByRole('button', { name: 'Pause the company' }).waitFor()
    await page.getByRole('button', { name: 'Archive' }).click()
    await page.getByLabel('Write GAM to go on').fill('gam')
    await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
    await page.getByText('It has to be GAM').waitFor()
    await page.getByLabel('Write GAM to go on').fill('GAM')
    await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
    await page.getByText('nothing in it changes any more').waitFor()
  })

  it('shows times as moments to whoever wants them so, and remembers it', async () => {
    const page = await at('settings')
    await page.getByRole('button', { name: 'Date and time' }).click()
    await page.goto(`${now().world.url}/${now().world.prefix}/tasks`)
    const time = page.locator('.eng-list time').first()
    await time.waitFor()
    expect(await time.textContent()).toContain(':')
    await lookAt(page, 'exact-times')
    await page.goto(`${now().world.url}/${now().world.prefix}/settings`)
    await page.getByRole('button', { name: 'How long ago' }).click()
    await page.goto(`${now().world.url}/${now().world.prefix}/tasks`)
    await time.waitFor()
    expect(await time.textContent()).not.toContain(':')
  })

  it('shows what is set aside for a run as it is used', async () => {
    const { engine, adapter, companyId, agents } = now().world
    const task = await engine.tasks.create({ companyId, title: 'Count slowly' })
    const usage = { provider: 'anthropic', model: 'claude-sonnet', inputTokens: 10, outputTokens: 10, costMicros: 250_000 }
    const goOn = Promise.withResolvers<void>()
    adapter.scripts.set(task.id, async (turn) => {
      await goOn.promise
      await turn.emit({ type: 'usage', usage })
      await new Promise((resolve) => turn.signal.addEventListener('abort', resolve, { once: true }))
      return { kind: 'failed', class: 'transient', message: 'stopped' }
    })
    await engine.tasks.assign({ taskId: task.id, agentId: agents.ada })
    const running = async () => (await engine.runs.list({ companyId, taskId: task.id })).items.find(({ status }) => status === 'running')
    const run = await until(running, (found) => found !== undefined)
    const page = await at(`runs/${run?.id}`)
    await isLive(page)
    const held = page.getByRole('status', { name: 'Set aside for this run' })
    await held.getByText('$0.00 used').waitFor()
    goOn.resolve()
    await held.getByText('$0.25 used').waitFor()
    await page.getByRole('button', { name: 'Cancel the run' }).click()
    await page.getByText('Run it again').waitFor()
    await held.waitFor({ state: 'detached' })
  })

  it('reaches the other companies and the theme at the width of a phone', async () => {
    const page = await open(`${now().world.prefix}/inbox`, { width: 390 })
    await page.getByRole('button', { name: 'Company', exact: true }).click()
    await page.getByRole('button', { name: 'Dark' }).click()
    await page.locator('.eng-root[data-theme=dark]').waitFor()
    await page.getByRole('button', { name: 'Beta Studio' }).click()
    await page.waitForURL(/BET\/inbox/)
  })

  it('leads from an empty company to its first finished task', async () => {
    const { engine, adapter } = now().world
    const company = await engine.companies.create({ name: 'Newcomer', taskPrefix: 'NEW' })
    adapter.scripts.set('Ida', async (turn) => {
      await turn.emit({ type: 'deliverable', title: 'A welcome', content: 'Welcome to the shop.' })
      return { kind: 'needs_review' }
    })
    const page = await open('NEW/dashboard')
    await page.getByText('Hire an agent').waitFor()
    await lookAt(page, 'first-steps')
    await page.setViewportSize({ width: 1280, height: 820 })
    await page.getByLabel('Name').fill('Ida')
    await page.getByLabel('Role').fill('writer')
    await page.getByRole('button', { name: 'Hire', exact: true }).click()
    await page.getByLabel('What must be done').fill('Write a welcome')
    await page.keyboard.press('Enter')
    await page.getByText('Welcome to the shop.').waitFor()
    await page.keyboard.press('a')
    await page.getByText('The first task is done.').waitFor()
    expect((await engine.tasks.list({ companyId: company.id })).items[0]?.status).toBe('done')
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByText('First steps').waitFor({ state: 'detached' })
  })
})
