import { createHmac } from 'node:crypto'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { serve } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'

import { isLive, lookAt, type Look } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { until } from './support/engine.ts'
import { createGovernanceWorld } from './support/governance-world.ts'

describe.skipIf(!canLook)('the forms of the board say all that the API takes', { timeout: 60_000 }, () => {
  const now = stage(createGovernanceWorld)

  async function at(path: string, look?: Look) {
    const page = await now().open(now().world.url, `${now().world.prefix}/${path}`, look)
    await isLive(page)
    await page.getByRole('heading', { level: 1 }).waitFor()
    return page
  }

  it('hears a key as soon as the screen is seen', async () => {
    const page = await at('settings')
    await page.evaluate(`new MutationObserver((_changes, observer) => {
      if (document.querySelector('main h1')?.textContent !== 'Budgets') return
      observer.disconnect()
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'c', bubbles: true, cancelable: true }))
    }).observe(document.body, { childList: true, subtree: true, characterData: true })`)
    await page.getByRole('link', { name: 'Budgets' }).first().click()
    await page.getByRole('dialog', { name: 'New budget' }).waitFor()
  })

  it('keeps what was chosen, and where one stands, when there is more to choose from meanwhile', async () => {
    const { engine, companyId, agents } = now().world
    const page = await at('tasks')
    await page.keyboard.press('c')
    const choice = page.getByRole('dialog').getByLabel('Agent')
    await choice.getByRole('option', { name: 'Ada Byron' }).waitFor({ state: 'attached' })
    await choice.focus()
    await choice.selectOption({ label: 'Ada Byron' })
    const late = await engine.agents.create({ companyId, name: 'Late Lea', role: 'engineer', adapterType: now().world.adapter.type })
    await choice.getByRole('option', { name: 'Late Lea' }).waitFor({ state: 'attached' })
    expect(await choice.inputValue()).toBe(agents.ada)
    expect(await choice.and(page.locator(':focus')).count()).toBe(1)
    await engine.agents.terminate({ agentId: late.id })
    await choice.getByRole('option', { name: 'Late Lea' }).waitFor({ state: 'detached' })
    expect(await choice.inputValue()).toBe(agents.ada)
  })

  it('makes a route with conditions, a mapping, a digest and its tries, says what is wrong at its field, and sends what it says', async () => {
    const { engine, companyId, destination } = now().world
    const page = await at('routes')
    await page.keyboard.press('c')
    const form = page.getByRole('dialog', { name: 'New route' })
    await form.getByLabel('Name', { exact: true }).fill('Reports')
    await form.getByLabel('Events').fill('task.completd')
    await form.getByLabel('and has one of these tags').fill('report, launch')
    await form.getByText('What else must hold of its task').click()
    await form.getByLabel('high', { exact: true }).check()
    await form.getByLabel('Its context has these values').fill('customer: acme')
    await form.getByLabel('Each time it sends').selectOption('mapping')
    await form.getByLabel('Mapping, as JSON').fill('{"title": "{{data.task.title}}", "data": null}')
    await lookAt(page, 'form-route')
    await form.getByRole('button', { name: 'Create' }).click()
    // What is no JSON is not sent at all.
    await form.getByText('It has to be JSON').waitFor()
    await form.getByLabel('Its context has these values').fill('{"customer": "acme"}')
    await form.getByRole('button', { name: 'Create' }).click()
    // What the server refuses stands at its field, which is where writing goes on.
    const events = form.getByLabel('Events')
    await form.locator('[aria-invalid=true]').waitFor()
    expect(await events.getAttribute('aria-invalid')).toBe('true')
    expect(await events.evaluate((element) => element.ownerDocument.activeElement === element)).toBe(true)
    await events.fill('task.created')
    await form.getByText('When it is sent, and how often it is tried').click()
    await form.getByLabel('Tries').fill('3')
    await form.getByLabel('Gathered, and sent together at').fill('0 8 * * 1-5')
    await form.getByRole('list', { name: 'Next times' }).getByRole('listitem').nth(2).waitFor()
    await form.getByLabel('Gathered, and sent together at').fill('')
    await form.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'Reports', exact: true }).waitFor()
    const { items } = await engine.routes.list({ companyId })
    const route = items.find(({ name }) => name === 'Reports')
    expect(route).toMatchObject({
      conditions: { tagsAny: ['report', 'launch'], priority: ['high'], context: { customer: 'acme' } },
      mapping: { title: '{{data.task.title}}', data: null },
      template: null,
      digest: null,
      retry: { maxAttempts: 3 },
    })
    const given = { companyId, priority: 'high' as const, tags: ['report'], context: { customer: 'acme' } }
    await engine.tasks.create({ ...given, title: 'Not for others', context: { customer: 'other' } })
    await engine.tasks.create({ ...given, title: 'The yearly report' })
    const sent = await until(
      async () => destination.sent.filter(({ event }) => event.type === 'task.created'),
      (found) => found.length > 0,
    )
    expect(sent).toHaveLength(1)
    expect(sent[0]?.body).toMatchObject({ kind: 'json', value: { title: 'The yearly report' } })
    await page.keyboard.press('e')
    const change = page.getByRole('dialog', { name: 'Change the route' })
    expect(await change.getByLabel('Its context has these values').inputValue()).toContain('acme')
    await change.getByLabel('Each time it sends').selectOption('template')
    await change.getByLabel('Text', { exact: true }).fill('{{data.task.title}} {{#if done}}')
    await change.getByRole('button', { name: 'Change it' }).click()
    await change.getByText('stands the place of a value').first().waitFor()
    expect(await change.getByLabel('Text', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    await change.getByLabel('Text', { exact: true }).fill('{{data.task.title}} is there')
    await change.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('{{data.task.title}} is there').waitFor()
    const template = async () => (await engine.routes.get({ routeId: route?.id ?? '' })).template
    expect(await template()).toEqual({ text: '{{data.task.title}} is there', contentType: 'text/plain' })
  })

  it('declares variables of a routine, lets a webhook fill them, and makes the task that a signed delivery asks for', async () => {
    const { engine, companyId, url } = now().world
    const page = await at('routines')
    await page.keyboard.press('c')
    const form = page.getByRole('dialog', { name: 'New routine' })
    await form.getByLabel('Name', { exact: true }).first().fill('Month end')
    await form.getByLabel('Title', { exact: true }).fill('Close {{shop}} with {{pages}} pages')
    await form.getByLabel('Priority').selectOption('high')
    await form.getByLabel('Tags').fill('close, {{shop}}')
    await form.getByLabel('It is done when').fill('Every page is signed')
    await form.getByRole('button', { name: 'Add a variable' }).click()
    await page.keyboard.type('shop')
    await form.getByLabel('Type').selectOption('select')
    await form.getByLabel('What it can be, one a line').fill('north\nsouth')
    await form.getByLabel('When nothing is said').fill('east')
    await form.getByLabel('Each fire needs a value').check()
    await lookAt(page, 'form-routine')
    await form.getByRole('button', { name: 'Make the routine' }).click()
    await form.getByRole('group', { name: 'Variables' }).getByText('the value must be one of its options').waitFor()
    await form.getByLabel('When nothing is said').fill('north')
    await form.getByRole('button', { name: 'Make the routine' }).click()
    // The other placeholder names no variable yet.
    await form.getByText('names a variable that this routine does not declare').first().waitFor()
    expect(await form.getByLabel('Title', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    await form.getByRole('button', { name: 'Add a variable' }).click()
    await page.keyboard.type('pages')
    await form.getByLabel('Type').nth(1).selectOption('number')
    await form.getByLabel('When nothing is said').nth(1).fill('2')
    await form.getByRole('button', { name: 'Make the routine' }).click()
    await page.getByRole('heading', { name: 'Month end' }).waitFor()
    await page.getByRole('button', { name: 'Add a webhook' }).click()
    const hook = page.getByRole('dialog', { name: 'Add a webhook' })
    await hook.getByLabel('shop').fill('__proto__.shop')
    await hook.getByLabel('A delivery counts for').fill('600')
    await hook.getByRole('button', { name: 'Add it' }).click()
    await hook.locator('[aria-invalid=true]').waitFor()
    await hook.getByLabel('shop').fill('order.shop')
    await hook.getByRole('button', { name: 'Add it' }).click()
    const key = (await hook.getByLabel('Key', { exact: true }).textContent()) ?? ''
    const address = (await hook.locator('code').textContent()) ?? ''
    await hook.getByRole('button', { name: 'I have kept it' }).click()
    await page.getByText('Takes shop from order.shop').waitFor()
    const body = JSON.stringify({ order: { shop: 'south' } })
    const [id, timestamp] = ['delivery-1', String(Math.floor(Date.now() / 1_000))]
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
    expect(address.startsWith(`${url}/api/hooks/`)).toBe(true)
    const answer = await fetch(address, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body })
    expect(answer.status).toBe(202)
    await page.getByText('Close south with 2 pages').waitFor()
    await page.getByText('shop: south, pages: 2').waitFor()
    const { items } = await engine.tasks.list({ companyId })
    expect(items.find(({ title }) => title === 'Close south with 2 pages')).toMatchObject({ priority: 'high', tags: ['close', 'south'] })
    // What it takes is changed without another key.
    await page.getByRole('list', { name: 'Triggers' }).getByRole('button', { name: 'Change' }).click()
    const change = page.getByRole('dialog', { name: 'Change the webhook' })
    await change.getByLabel('pages').fill('order.pages')
    await change.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Takes shop from order.shop, pages from order.pages').waitFor()
  })

  it('limits one task from the list of budgets by words of its title, and from the task itself', async () => {
    const { engine, companyId } = now().world
    const task = await engine.tasks.create({ companyId, title: 'Draw the whole city' })
    const other = await engine.tasks.create({ companyId, title: 'Draw one street' })
    const page = await at('budgets')
    await page.keyboard.press('c')
    const form = page.getByRole('dialog', { name: 'New budget' })
    await form.getByLabel('Of', { exact: true }).selectOption('task')
    await form.getByLabel('Task', { exact: true }).fill('nothing like it')
    await form.getByLabel('Limit in US dollars').fill('lots')
    await form.getByRole('button', { name: 'Set the limit' }).click()
    await form.getByText('Choose which task it is over.').waitFor()
    await form.getByLabel('Task', { exact: true }).fill(task.identifier)
    await form.getByText(`${task.identifier} Draw the whole city`).waitFor()
    await form.getByRole('button', { name: 'Set the limit' }).click()
    await form.getByText('It has to be a number of US dollars.').waitFor()
    await form.getByLabel('Limit in US dollars').fill('3')
    await form.getByLabel('Warns at').fill('50')
    await lookAt(page, 'form-budget')
    await form.getByRole('button', { name: 'Set the limit' }).click()
    await page.getByRole('heading', { name: `${task.identifier} Draw the whole city` }).waitFor()
    const budgetOf = async (scopeId: string) => (await engine.budgets.list({ companyId, scopeId })).items[0]
    expect(await budgetOf(task.id)).toMatchObject({ scope: 'task', limit: 3_000_000, warnPercent: 50, isHard: true })
    // One that is there already is not replaced by the way.
    await page.keyboard.press('c')
    await form.getByLabel('Limit in US dollars').fill('900')
    await form.getByRole('button', { name: 'Set the limit' }).click()
    await form.getByText('There is a limit like this already, of $50.00').waitFor()
    const street = await at(`tasks/${other.identifier}`)
    await street.getByRole('button', { name: 'Set a limit' }).click()
    await street.getByLabel('Limit in US dollars').fill('1.50')
    await street.keyboard.press('Enter')
    await street.getByText('$0.00 of $1.50').waitFor()
    expect(await budgetOf(other.id)).toMatchObject({ scope: 'task', limit: 1_500_000 })
  })

  it('says what a run of an agent may cost, and that what is no amount is none', async () => {
    const { engine, agents } = now().world
    const page = await at(`agents/${agents.rui}`)
    await page.keyboard.press('e')
    const form = page.getByRole('dialog')
    const cap = form.getByLabel('A run costs at most, US dollars')
    await cap.fill('lots')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByText('Say how many dollars').waitFor()
    await cap.fill('2.50')
    await lookAt(page, 'form-agent')
    await form.getByRole('button', { name: 'Save' }).click()
    await page.getByText('$2.50').waitFor()
    expect(await engine.agents.get({ agentId: agents.rui })).toMatchObject({ maxCostMicrosPerRun: 2_500_000 })
  })

  it('makes a task with all that it belongs to, changes it, and overwrites nobody', async () => {
    const { engine, companyId, agents } = now().world
    const sprint = await engine.sprints.create({ companyId, name: 'Sprint 1', startsOn: '2026-11-16', endsOn: '2026-11-27' })
    const label = await engine.labels.create({ companyId, name: 'urgent' })
    const first = await engine.tasks.create({ companyId, title: 'Comes first', status: 'backlog' })
    const page = await at('tasks')
    await page.keyboard.press('c')
    const form = page.getByRole('dialog', { name: 'New task' })
    await form.getByLabel('What must be done').fill('Paint the gate')
    await form.getByText('What it belongs to, when it is due').click()
    await form.getByLabel('Sprint').selectOption({ label: 'Sprint 1' })
    await form.getByLabel('Due at the end of').fill('2027-03-31')
    await form.getByLabel('Tags').fill('paint, gate')
    await form.getByLabel('Waits for these tasks').fill('NONE-999')
    await form.getByLabel('urgent').check()
    await lookAt(page, 'form-task')
    await form.getByRole('button', { name: 'Create' }).click()
    await form.getByRole('alert').waitFor()
    await form.getByLabel('Waits for these tasks').fill(first.identifier)
    await form.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { level: 1, name: /Paint the gate/ }).waitFor()
    const made = (await engine.tasks.list({ companyId })).items.find(({ title }) => title === 'Paint the gate')
    const read = () => engine.tasks.get({ taskId: made?.id ?? '' })
    const dueDate = (await read()).dueDate
    expect(await read()).toMatchObject({ sprintId: sprint.id, tags: ['paint', 'gate'], labels: [{ id: label.id }] })
    expect(dueDate).toContain('2027-03-31')
    await page.keyboard.press('e')
    const change = page.getByRole('dialog', { name: 'Change the task' })
    await change.getByLabel('What must be done').fill('Paint the green gate')
    await change.getByLabel('It is done when').fill('It is dry')
    await change.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 1, name: /Paint the green gate/ }).waitFor()
    expect(await read()).toMatchObject({ dueDate, sprintId: sprint.id, acceptanceCriteria: ['It is dry'], labels: [{ id: label.id }] })
    await page.keyboard.press('e')
    await change.getByLabel('What must be done').fill('Mine')
    await engine.tasks.update({ taskId: made?.id ?? '', title: 'Theirs' })
    await page.getByRole('heading', { level: 1, name: /Theirs/, includeHidden: true }).waitFor()
    await change.getByRole('button', { name: 'Save' }).click()
    await change.getByText('Something came in between').waitFor()
    expect((await read()).title).toBe('Theirs')
    await page.keyboard.press('Escape')
    // One that somebody has is taken back with a reason.
    await engine.tasks.update({ taskId: first.id, status: 'todo' })
    await engine.tasks.checkout({ taskId: first.id, agentId: agents.ada })
    const held = await at(`tasks/${first.identifier}`)
    await held.getByRole('button', { name: 'Take it back…' }).click()
    await held.getByLabel('Why').fill('It hangs.')
    await held.keyboard.press('Enter')
    await held.getByText(`${first.identifier} is free again`).waitFor()
    expect(await engine.tasks.get({ taskId: first.id })).toMatchObject({ status: 'todo', checkout: null })
  })

  it('says what to do where a server has nothing that could run an agent', async () => {
    const engine = await createEngine({ storage: sqlite(':memory:') })
    const company = await engine.companies.create({ name: 'Bare', taskPrefix: 'BARE' })
    const server = await serve({ engine, port: 0, board: now().board })
    onTestFinished(async () => {
      await server.close()
      await engine.stop()
    })
    const page = await now().open(server.url, 'BARE/agents')
    await page.getByRole('button', { name: 'Hire' }).first().click()
    await page.getByText('This server has nothing that could run an agent').waitFor()
    await lookAt(page, 'form-no-adapters')
    // An agent that takes its work by its key needs nothing that runs it.
    const form = page.getByRole('dialog')
    await form.getByLabel('Name').fill('Eve')
    await form.getByLabel('Role').fill('writer')
    expect(await form.getByLabel('Starts').locator('option').allTextContents()).toEqual([
      'When somebody checks a task out for it',
      'When it asks for work from outside',
    ])
    // It asks before it spends, and is refused above that.
    await form.getByLabel('A run costs at most').fill('2.50')
    expect(await form.getByLabel('Every so many minutes').count()).toBe(0)
    await form.getByRole('button', { name: 'Hire' }).click()
    await page.getByRole('heading', { name: 'Eve' }).waitFor()
    const [eve] = (await engine.agents.list({ companyId: company.id })).items
    expect(eve).toMatchObject({ name: 'Eve', adapterType: 'external', executionMode: 'polling', maxCostMicrosPerRun: 2_500_000 })
    expect(await page.getByRole('button', { name: 'Start now' }).count()).toBe(0)
  })

  it('begins at its first field, keeps what is written when somebody clicks beside it, and goes by Escape', async () => {
    const page = await at('tasks')
    await page.keyboard.press('c')
    const form = page.getByRole('dialog', { name: 'New task' })
    await form.waitFor()
    await page.keyboard.type('Written at once')
    await page.mouse.click(20, 780)
    expect(await form.getByLabel('What must be done').inputValue()).toBe('Written at once')
    await page.keyboard.press('Escape')
    await form.waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.tagName')).not.toBe('INPUT')
  })

  it('is shown whole where it is touched, without a keyboard that nobody asked for, and goes by its cross', async () => {
    const page = await at('tasks', { isTouched: true })
    await page.getByRole('button', { name: 'New task' }).tap()
    const form = page.getByRole('dialog', { name: 'New task' })
    await form.locator(':focus').waitFor()
    expect(await page.evaluate('document.activeElement.tagName')).not.toMatch(/INPUT|SELECT|TEXTAREA/)
    await page.touchscreen.tap(5, 5)
    await form.getByRole('button', { name: 'Close' }).tap()
    await form.waitFor({ state: 'detached' })
  })

  it('shows a key that is shown once until it is put away', async () => {
    const page = await at('workers')
    await page.getByRole('button', { name: 'Add a node' }).click()
    const form = page.getByRole('dialog', { name: 'Add a node' })
    await form.getByRole('textbox').first().fill('Harbour')
    await page.keyboard.press('Enter')
    const key = page.locator('output', { hasText: 'eng_' })
    await key.waitFor()
    await page.mouse.click(20, 780)
    expect(await key.count()).toBe(1)
  })
})
