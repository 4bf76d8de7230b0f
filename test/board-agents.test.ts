import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive, lookAt } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { createBoardWorld } from './support/board-world.ts'
import { until } from './support/engine.ts'

describe.skipIf(!canLook)('the board, where an agent is set to work', { timeout: 60_000 }, () => {
  const now = stage(createBoardWorld)
  const told = (page: Page, text: string) => page.getByRole('region', { name: 'Notifications' }).getByText(text).waitFor()

  async function openAgent(agentId: string): Promise<Page> {
    const { url, prefix } = now().world
    const page = await now().open(url, `${prefix}/agents/${agentId}`)
    await isLive(page)
    return page
  }

  it('starts it on a task with what it is told, and says what is in the way', async () => {
    const { engine, companyId, agents } = now().world
    const task = await engine.tasks.create({ companyId, title: 'Name the new colour', status: 'backlog' })
    const page = await openAgent(agents.rui)
    const start = page.getByRole('button', { name: 'Start now' })
    await start.click()
    const form = page.getByRole('dialog', { name: 'Start Rui now' })
    const chosen = form.getByLabel('Task, or the most urgent that it could take')
    await chosen.fill('nothing that there is')
    await form.getByRole('button', { name: 'Start', exact: true }).click()
    await form.getByText('No task is called that').first().waitFor()
    await chosen.fill(task.identifier)
    await form.getByText('Name the new colour').waitFor()
    await form.getByLabel('What it is told').fill('It is nearly **green**.')
    await lookAt(page, 'agents-start')
    await form.getByLabel('What it is told').press('ControlOrMeta+Enter')
    await told(page, 'Rui starts as soon as it has room')
    const runs = async () => (await engine.runs.list({ companyId, taskId: task.id })).items
    const [run] = await until(runs, ({ length }) => length > 0)
    expect(run).toMatchObject({ agentId: agents.rui, wakeReasons: ['message'] })
    expect((await engine.comments.list({ taskId: task.id })).items).toMatchObject([{ body: 'It is nearly **green**.' }])
    const done = await engine.tasks.create({ companyId, title: 'Done long ago', status: 'todo', assigneeAgentId: agents.ada })
    await start.click()
    await chosen.fill(done.identifier)
    await form.getByText('Done long ago').waitFor()
    await form.getByRole('button', { name: 'Start', exact: true }).click()
    await form.getByText('Not like this').or(form.getByText('Something came in between')).first().waitFor()
  })

  it('lets it look for work by itself, and shows when', async () => {
    const { engine, agents } = now().world
    const page = await openAgent(agents.rui)
    await page.getByText('when it is given some').waitFor()
    const change = async (act: (form: ReturnType<Page['getByRole']>) => Promise<void>) => {
      await page.getByRole('button', { name: /^Change/ }).click()
      const form = page.getByRole('dialog', { name: 'Change Rui' })
      await act(form)
      await form.getByRole('button', { name: 'Save' }).click()
      await form.waitFor({ state: 'detached' })
    }
    const scheduleOf = async () => (await engine.agents.get({ agentId: agents.rui })).schedule
    await change(async (form) => {
      await form.getByLabel('Every so many minutes').fill('90')
      await lookAt(page, 'agents-looks')
    })
    await page.getByText('every 90 minutes').waitFor()
    expect(await scheduleOf()).toEqual({ enabled: true, intervalSec: 5_400 })
    const before = await engine.agents.get({ agentId: agents.rui })
    // A change of something else puts no look off.
    await change((form) => form.getByLabel('Title').fill('Head of words'))
    await page.getByText('Head of words').waitFor()
    expect(await engine.agents.get({ agentId: agents.rui })).toMatchObject({ title: 'Head of words', wakesAt: before.wakesAt })
    await change((form) => form.getByLabel('Switched on').uncheck())
    await page.getByText('every 90 minutes, switched off').waitFor()
    await lookAt(page, 'agents-profile')
    expect(await scheduleOf()).toEqual({ enabled: false, intervalSec: 5_400 })
    await change((form) => form.getByLabel('Every so many minutes').fill(''))
    await page.getByText('when it is given some').waitFor()
    expect(await scheduleOf()).toBeNull()
  })

  it('tells all that happened to it, as far back as anybody asks', async () => {
    const { engine, companyId } = now().world
    const { id: agentId } = await engine.agents.create({ companyId, name: 'Noor', role: 'writer', executionMode: 'polling' })
    for (let index = 0; index < 100; index += 1) await engine.agents.update({ agentId, title: `Title ${index}` })
    const page = await openAgent(agentId)
    await page.getByRole('tab', { name: 'Activity' }).click()
    const earlier = page.getByRole('button', { name: 'Earlier' })
    await earlier.waitFor()
    expect(await page.getByText('agent registered').count()).toBe(0)
    await earlier.click()
    await page.getByText('agent registered').waitFor()
  })
})
