import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'

import { isLive, lookAt } from './support/board-page.ts'
import { canLook, stage } from './support/board-stage.ts'
import { createBoardWorld, submitTwice } from './support/board-world.ts'
import { errorOf, until } from './support/engine.ts'

describe.skipIf(!canLook)('the board, where tasks are put in order', { timeout: 60_000 }, () => {
  const now = stage(createBoardWorld)
  const told = (page: Page, text: string) => page.getByRole('region', { name: 'Notifications' }).getByText(text).waitFor()

  async function open(path: string): Promise<Page> {
    const page = await now().open(now().world.url, `${now().world.prefix}/${path}`)
    await isLive(page)
    return page
  }

  const more = async (page: Page, act: string) => {
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: act }).click()
  }

  it('makes a label, changes it, marks a task with it, and deletes it', async () => {
    const { engine, companyId } = now().world
    const page = await open('settings')
    await page.getByRole('button', { name: 'New label' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Name').fill('urgnt')
    await form.getByLabel('Has a color').check()
    await form.getByLabel('Color', { exact: true }).fill('#c0392b')
    await form.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('button', { name: 'Change urgnt' }).click()
    await form.getByLabel('Name').fill('Urgent')
    await form.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('list', { name: 'Labels' }).getByText('Urgent', { exact: true }).waitFor()
    await lookAt(page, 'tasks-labels')
    expect((await engine.labels.list({ companyId })).items).toMatchObject([{ name: 'Urgent', color: '#c0392b' }])
    const task = await engine.tasks.create({ companyId, title: 'Mark me', status: 'backlog' })
    const other = await open(`tasks/${task.identifier}`)
    await other.getByRole('button', { name: /^Change/ }).click()
    await other.getByLabel('Urgent').check()
    await other.getByRole('button', { name: 'Save' }).click()
    await other.getByLabel('About this task').getByText('Urgent').waitFor()
    await page.getByRole('button', { name: 'Delete Urgent' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete Urgent' }).click()
    await told(page, 'Gone, also from 1 tasks')
    expect((await engine.tasks.get({ taskId: task.id })).labels).toEqual([])
  })

  it('holds a task and all below it, says so there, and lets them go on', async () => {
    const { engine, companyId } = now().world
    const root = await engine.tasks.create({ companyId, title: 'The whole move', status: 'backlog' })
    const below = await engine.tasks.create({ companyId, title: 'Pack', status: 'backlog', parentId: root.id })
    const page = await open(`tasks/${root.identifier}`)
    await more(page, 'Hold it and all below')
    await page.getByLabel('Why').fill('The lorry is late.')
    await page.getByRole('button', { name: 'Hold', exact: true }).click()
    await told(page, '2 held')
    await page.getByText('until somebody lets it go on').waitFor()
    await lookAt(page, 'tasks-held')
    const other = await open(`tasks/${below.identifier}`)
    await other.getByText('It is held').waitFor()
    await other.getByRole('link', { name: root.identifier }).first().waitFor()
    await more(page, 'Let it and all below go on')
    await told(page, '2 go on')
    await other.getByText('It is held').waitFor({ state: 'detached' })
    expect((await engine.tasks.get({ taskId: below.id })).heldByTaskId).toBeNull()
  })

  it('says why a task can not be deleted, cancels what is below it, and deletes it', async () => {
    const { engine, companyId } = now().world
    const root = await engine.tasks.create({ companyId, title: 'Not wanted', status: 'backlog' })
    const below = await engine.tasks.create({ companyId, title: 'Not wanted either', status: 'backlog', parentId: root.id })
    const page = await open(`tasks/${root.identifier}`)
    const remove = async () => {
      await more(page, 'Delete')
      await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    }
    await remove()
    await told(page, 'Not like this')
    await more(page, 'Cancel it and all below')
    await page.getByRole('button', { name: 'Cancel all' }).click()
    await told(page, '2 cancelled')
    expect((await engine.tasks.get({ taskId: below.id })).status).toBe('cancelled')
    await remove()
    await told(page, `${root.identifier} is deleted`)
    await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
    expect(await errorOf(engine.tasks.get({ taskId: root.id }))).toMatchObject({ code: 'not_found' })
  })

  it('takes a comment on one version of a result', async () => {
    const { engine, companyId, agents } = now().world
    // A task of its own: what an attempt before left behind stands elsewhere.
    const task = await engine.tasks.create({ companyId, title: 'Plan another migration', assigneeAgentId: agents.ada })
    await submitTwice(engine, { taskId: task.id, agentId: agents.ada })
    const page = await open(`tasks/${task.identifier}`)
    await page.getByRole('tab', { name: /Deliverables/ }).click()
    const about = page.getByRole('region', { name: 'About this version' })
    await about.getByLabel('Your comment').fill('The second step takes **too long**.')
    await about.getByLabel('Your comment').press('ControlOrMeta+Enter')
    await about.getByText('too long').waitFor()
    await lookAt(page, 'tasks-version')
    const { items } = await engine.deliverables.list({ companyId, taskId: task.id })
    const newest = items.at(-1)?.id ?? ''
    const said = async () => (await engine.comments.listOnDeliverable({ deliverableId: newest })).items
    expect(await until(said, ({ length }) => length > 0)).toMatchObject([{ body: 'The second step takes **too long**.' }])
    await page.getByRole('button', { name: /^Version 1/ }).click()
    await about.getByText('Nothing was said yet').waitFor()
  })
})
