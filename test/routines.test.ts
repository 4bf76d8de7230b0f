import { describe, expect, it, onTestFinished } from 'vitest'

import type { UserActor } from '@engine/core'

import { board, errorOf } from './support/engine.ts'
import { newRoutine, openRoutines } from './support/routines.ts'

const families = ['sqlite', 'postgres'] as const
const absentId = '01890000-0000-7000-8000-000000000000'

async function open(family: string, more: Parameters<typeof openRoutines>[1] = {}) {
  const world = await openRoutines(family, more)
  onTestFinished(() => world.engine.stop())
  return world
}

describe.each(families)('a routine on %s', (family) => {
  it('makes a task of its template with the values of its variables, and says where it came from', async () => {
    const world = await open(family)
    const { engine, companyId, agentId } = world
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    const label = await engine.labels.create({ companyId, name: 'Money' })
    const routine = await newRoutine(world, {
      name: 'Month end',
      task: {
        title: 'Close {{month}}',
        description: 'Close {{month}} with {{n}} accounts, {{note}}.',
        priority: 'high',
        assigneeAgentId: agentId,
        projectId: project.id,
        tags: ['close', '{{month}}'],
        labels: ['money'],
        acceptanceCriteria: ['{{n}} accounts balance'],
      },
      variables: [
        { name: 'month', type: 'select', options: ['May', 'June'], isRequired: true },
        { name: 'n', type: 'number', default: 3 },
        { name: 'note', type: 'text' },
      ],
    })
    expect(routine).toMatchObject({ status: 'active', catchUp: 'once', concurrency: 'always', version: 1, task: { labels: [label.id] } })
    const fire = await engine.routines.fire({ routineId: routine.id, variables: { month: 'May', note: '{{n}} @Ada $&' } })
    expect(fire).toMatchObject({ source: 'api', status: 'created', triggerId: null, scheduledFor: null, variables: { month: 'May', n: 3 } })
    const task = await engine.tasks.get({ taskId: fire.taskId ?? '' })
    expect(task).toMatchObject({
      title: 'Close May',
      description: 'Close May with 3 accounts, {{n}} @Ada $&.',
      priority: 'high',
      assigneeAgentId: agentId,
      projectId: project.id,
      tags: ['close', 'May'],
      labels: [{ name: 'Money' }],
      acceptanceCriteria: ['3 accounts balance'],
      origin: 'routine',
      createdBy: { kind: 'system', id: 'routine' },
      context: { routine: { id: routine.id, fireId: fire.id, scheduledFor: null, variables: fire.variables } },
    })
    const { items } = await engine.events.list({ companyId, limit: 100 })
    const told = items.filter(({ entity }) => entity.id === routine.id)
    const whose = { projectId: project.id, agentId }
    expect(told.map(({ type, data, entity }) => [type, data, entity.version])).toEqual([
      ['routine.created', { ...whose, name: 'Month end', status: 'active' }, 1],
      [
        'routine.fired',
        { ...whose, fireId: fire.id, source: 'api', triggerId: null, scheduledFor: null, status: 'created', taskId: task.id },
        1,
      ],
    ])
  })

  it('wakes its agent as a routine does', async () => {
    const world = await open(family, { agentMode: 'auto' })
    const { engine, companyId, agentId } = world
    const routine = await newRoutine(world, { task: { title: 'Look', assigneeAgentId: agentId } })
    await engine.routines.fire({ routineId: routine.id })
    expect((await engine.runs.list({ companyId })).items.map(({ wakeReasons }) => wakeReasons)).toEqual([['routine']])
  })

  it('leaves a task without an assignee to routing', async () => {
    const world = await open(family, { agentMode: 'auto' })
    const { engine, companyId, agentId } = world
    await engine.companies.update({ companyId, defaultAgentId: agentId })
    const { id: routineId } = await newRoutine(world)
    const { taskId } = await engine.routines.fire({ routineId })
    expect(await engine.tasks.get({ taskId: taskId ?? '' })).toMatchObject({ assigneeAgentId: agentId })
    expect((await engine.runs.list({ companyId })).items).toMatchObject([{ wakeReasons: ['routine'] }])
  })

  it('that coalesces wakes the open task with a note instead of making another, until that has ended', async () => {
    const world = await open(family, { agentMode: 'auto' })
    const { engine, companyId, agentId } = world
    const variables = [{ name: 'who', type: 'text' as const }]
    const routine = await newRoutine(world, { concurrency: 'coalesce', task: { title: 'Look', assigneeAgentId: agentId }, variables })
    const fire = (who: string) => engine.routines.fire({ routineId: routine.id, variables: { who } })
    const first = await fire('one')
    const second = await fire('@Ada `code`')
    expect(second).toMatchObject({ status: 'coalesced', taskId: first.taskId })
    const taskId = first.taskId ?? ''
    const comments = await engine.comments.list({ taskId })
    expect(comments.items).toHaveLength(1)
    expect(comments.items[0]).toMatchObject({ author: { kind: 'system', id: 'routine' }, mentions: [] })
    expect(comments.items[0]?.body).toContain(second.id)
    expect(comments.items[0]?.body).toContain(String.raw`\u0040Ada \u0060code\u0060`)
    expect((await engine.runs.list({ companyId })).items).toMatchObject([{ wakeReasons: ['routine'] }])
    await engine.tasks.checkout({ taskId, agentId })
    expect(await fire('three')).toMatchObject({ status: 'coalesced', taskId })
    expect((await engine.runs.list({ companyId, status: 'queued' })).items).toMatchObject([{ taskId, wakeReasons: ['routine'] }])
    await engine.tasks.complete({ taskId })
    const next = await fire('four')
    expect([next.status, next.taskId === taskId]).toEqual(['created', false])
  })

  it('that skips does nothing while its task is open, and says so', async () => {
    const world = await open(family)
    const { engine } = world
    const { id: routineId } = await newRoutine(world, { concurrency: 'skip' })
    const first = await engine.routines.fire({ routineId })
    const taskId = first.taskId ?? ''
    const { identifier } = await engine.tasks.get({ taskId })
    expect(await engine.routines.fire({ routineId })).toMatchObject({ status: 'skipped', taskId, reason: `${identifier} is still todo.` })
    expect((await engine.comments.list({ taskId })).items).toEqual([])
    await engine.tasks.cancel({ taskId })
    await engine.tasks.delete({ taskId })
    expect(await engine.routines.fire({ routineId })).toMatchObject({ status: 'created' })
    expect((await engine.routines.fires({ routineId })).items.map(({ status }) => status)).toEqual(['created', 'skipped', 'created'])
    expect((await engine.routines.fires({ routineId, status: 'skipped' })).items).toHaveLength(1)
  })

  it('that can not make its task says why each time, goes on, and is paused after ten failures in a row', async () => {
    const world = await open(family)
    const { engine, companyId, agentId } = world
    const { id: routineId } = await newRoutine(world, { task: { title: 'Look', assigneeAgentId: agentId } })
    const { id: hookId } = await engine.routines.addTrigger({ routineId, kind: 'cron', expression: '0 0 1 1 *' })
    await engine.agents.terminate({ agentId })
    const failed = await engine.routines.fire({ routineId })
    expect(failed).toMatchObject({ status: 'failed', taskId: null, reason: 'The agent Ada is terminated and takes no tasks.' })
    expect(await engine.routines.get({ routineId })).toMatchObject({ status: 'active', failuresInARow: 1, version: 1 })
    await engine.routines.update({ routineId, task: { title: 'Look' } })
    expect(await engine.routines.fire({ routineId })).toMatchObject({ status: 'created' })
    expect(await engine.routines.get({ routineId })).toMatchObject({ failuresInARow: 0 })
    const other = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted' })
    await engine.routines.update({ routineId, task: { title: 'Look', assigneeAgentId: other.id } })
    await engine.agents.terminate({ agentId: other.id })
    for (let index = 0; index < 10; index += 1) await engine.routines.fire({ routineId })
    const paused = await engine.routines.get({ routineId })
    expect(paused).toMatchObject({ status: 'paused', failuresInARow: 10, pauseReason: expect.stringContaining('Bob is terminated') })
    expect(await errorOf(engine.routines.fire({ routineId }))).toMatchObject({
      kind: 'rule',
      message: expect.stringContaining('paused (10 fires'),
    })
    expect((await engine.routines.triggers({ routineId })).items).toMatchObject([{ id: hookId, nextAt: null }])
    const { items } = await engine.events.list({ companyId, limit: 100 })
    expect(items.filter(({ type }) => type === 'routine.fire_failed')).toHaveLength(11)
    expect(items.findLast(({ type }) => type === 'routine.status_changed')?.data).toMatchObject({ from: 'active', to: 'paused' })
    expect(await engine.routines.resume({ routineId })).toMatchObject({ status: 'active', failuresInARow: 0, pauseReason: null })
  })

  it('is changed by its version, keeps its name to itself, and is read only once it is archived', async () => {
    const world = await open(family)
    const { engine, companyId } = world
    const { id: routineId } = await newRoutine(world, { name: 'Backups' })
    expect(await errorOf(newRoutine(world, { name: 'BACKUPS' }))).toMatchObject({
      code: 'already_exists',
      message: 'There already is a routine with this name in the company.',
    })
    expect(await errorOf(engine.routines.update({ routineId }))).toMatchObject({ code: 'invalid_input' })
    const updated = await engine.routines.update({
      routineId,
      version: 1,
      description: 'Nightly',
      concurrency: 'skip',
      catchUp: 'all',
      name: 'Copies',
    })
    expect(updated).toMatchObject({ name: 'Copies', description: 'Nightly', concurrency: 'skip', catchUp: 'all', version: 2 })
    expect(await errorOf(engine.routines.update({ routineId, version: 1, name: 'X' }))).toMatchObject({ code: 'version_conflict' })
    await engine.routines.pause({ routineId, reason: 'Holidays' })
    expect(await errorOf(engine.routines.pause({ routineId }))).toMatchObject({ code: 'illegal_transition', details: { from: 'paused' } })
    expect(await engine.routines.get({ routineId })).toMatchObject({ status: 'paused', pauseReason: 'Holidays' })
    await engine.routines.archive({ routineId })
    for (const verb of ['pause', 'resume', 'archive'] as const)
      expect(await errorOf(engine.routines[verb]({ routineId }))).toMatchObject({
        code: 'illegal_transition',
        message: expect.stringContaining('final'),
      })
    const changes: (() => Promise<unknown>)[] = [
      () => engine.routines.update({ routineId, name: 'Y' }),
      () => engine.routines.fire({ routineId }),
      () => engine.routines.addTrigger({ routineId, kind: 'cron', expression: '* * * * *' }),
    ]
    for (const change of changes)
      expect(await errorOf(change())).toMatchObject({ kind: 'rule', message: expect.stringContaining('archived') })
    const again = await newRoutine(world, { name: 'copies' })
    expect((await engine.routines.list({ companyId, status: 'archived' })).items.map(({ id }) => id)).toEqual([routineId])
    const pages = await engine.routines.list({ companyId, limit: 1 })
    const rest = await engine.routines.list({ companyId, limit: 1, cursor: pages.nextCursor ?? '' })
    expect([...pages.items, ...rest.items].map(({ id }) => id)).toEqual([routineId, again.id])
  })

  it('refuses what does not fit when it is configured, naming it', async () => {
    const world = await open(family)
    const { engine } = world
    const title = 'Look'
    const refusals: [string, Parameters<typeof newRoutine>[1]][] = [
      ['task.assigneeAgentId', { task: { title, assigneeAgentId: absentId } }],
      ['projectId', { task: { title, projectId: absentId } }],
      ['goalId', { task: { title, goalId: absentId } }],
      ['labels', { task: { title, labels: ['none'] } }],
      ['{{who}}', { task: { title: 'For {{who}}' } }],
      [
        'a is declared twice',
        {
          variables: [
            { name: 'a', type: 'text' },
            { name: 'a', type: 'text' },
          ],
        },
      ],
      ['variables.a', { variables: [{ name: 'a', type: 'date', default: 'tomorrow' }] }],
    ]
    for (const [named, wish] of refusals)
      expect([named, await errorOf(newRoutine(world, wish))]).toMatchObject([
        named,
        { code: 'rule_violated', message: expect.stringContaining(named) },
      ])
    const variables = Array.from({ length: 21 }, (_, index) => ({ name: `v${index}`, type: 'text' as const }))
    expect(await errorOf(newRoutine(world, { variables }))).toMatchObject({ code: 'invalid_input' })
    const { id: routineId } = await newRoutine(world, { variables: [{ name: 'who', type: 'text', isRequired: true }] })
    const cron = { routineId, kind: 'cron', expression: '0 9 * * *' } as const
    expect(await errorOf(engine.routines.addTrigger(cron))).toMatchObject({
      kind: 'rule',
      message: expect.stringContaining('variables.who'),
    })
    expect(await errorOf(engine.routines.fire({ routineId }))).toMatchObject({
      kind: 'rule',
      message: expect.stringContaining('variables.who'),
    })
    expect(await errorOf(engine.routines.fire({ routineId, variables: { who: 'x', other: 1 } }))).toMatchObject({ kind: 'rule' })
    await engine.routines.update({ routineId, variables: [{ name: 'who', type: 'text', isRequired: true, default: 'all' }] })
    await engine.routines.addTrigger(cron)
    const without = engine.routines.update({ routineId, variables: [{ name: 'who', type: 'text', isRequired: true }] })
    expect(await errorOf(without)).toMatchObject({ kind: 'rule', message: expect.stringContaining('variables.who') })
    expect((await engine.routines.fires({ routineId })).items).toEqual([])
  })

  it('is for its company: absent for others, managed by admins, fired by operators, never by agents', async () => {
    const world = await open(family)
    const { engine, companyId, agentId } = world
    const { id: routineId } = await newRoutine(world)
    const as = (role: 'viewer' | 'operator' | 'admin') => engine.as({ kind: 'user', id: role, roles: { [companyId]: role } })
    const stranger: UserActor = { kind: 'user', id: 'eve', roles: { [absentId]: 'owner' } }
    expect(await errorOf(engine.as(stranger).routines.get({ routineId }))).toMatchObject({ code: 'not_found' })
    expect(await errorOf(engine.as(stranger).routines.fire({ routineId }))).toMatchObject({ code: 'not_found' })
    expect(await as('viewer').routines.get({ routineId })).toMatchObject({ id: routineId })
    expect(await errorOf(as('viewer').routines.fire({ routineId }))).toMatchObject({ code: 'forbidden' })
    expect(await as('operator').routines.fire({ routineId })).toMatchObject({ status: 'created' })
    expect(await errorOf(as('operator').routines.pause({ routineId }))).toMatchObject({ code: 'forbidden' })
    expect(await as('admin').routines.pause({ routineId })).toMatchObject({ status: 'paused' })
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    for (const verb of ['fire', 'resume'] as const)
      expect(await errorOf(agent.routines[verb]({ routineId }))).toMatchObject({ code: 'forbidden' })
  })

  it('does not fire in a company that is paused or archived', async () => {
    const world = await open(family)
    const { engine, companyId } = world
    const { id: routineId } = await newRoutine(world)
    await engine.companies.pause({ companyId })
    expect(await errorOf(engine.routines.fire({ routineId }))).toMatchObject({
      kind: 'rule',
      message: expect.stringContaining('The company is paused'),
    })
    await engine.companies.archive({ companyId })
    expect(await errorOf(engine.routines.fire({ routineId }))).toMatchObject({ kind: 'rule', message: expect.stringContaining('archived') })
    expect(await errorOf(newRoutine(world))).toMatchObject({ kind: 'rule' })
    expect(await engine.routines.get({ routineId })).toMatchObject({ status: 'active' })
  })

  it('fired twice under one key fires once', async () => {
    const world = await open(family)
    const { engine } = world
    const { id: routineId } = await newRoutine(world)
    const fire = () => engine.as(board).routines.fire({ routineId }, { idempotencyKey: 'k' })
    const [first, second] = await Promise.all([fire(), fire()])
    expect(second).toEqual(first)
    expect((await engine.routines.fires({ routineId })).items).toHaveLength(1)
  })
})

describe('a schedule', () => {
  it('is shown with its next time, and previewed before it is there', async () => {
    const world = await open('sqlite')
    const { engine, companyId } = world
    const { id: routineId } = await newRoutine(world)
    const preview = await engine.routines.preview({ companyId, expression: '30 9 * * 1-5', timeZone: 'America/New_York', count: 3 })
    expect(preview.items).toHaveLength(3)
    const trigger = await engine.routines.addTrigger({ routineId, kind: 'cron', expression: '30 9 * * 1-5', timeZone: 'America/New_York' })
    expect(trigger).toMatchObject({
      kind: 'cron',
      key: null,
      nextAt: preview.items[0],
      lastFiredAt: null,
      scheme: null,
      path: null,
      isEnabled: true,
    })
    const off = await engine.routines.updateTrigger({ triggerId: trigger.id, isEnabled: false })
    expect(off).toMatchObject({ nextAt: null, isEnabled: false, version: 2 })
    const moved = await engine.routines.updateTrigger({ triggerId: trigger.id, isEnabled: true, timeZone: 'UTC', version: 2 })
    expect(moved).toMatchObject({ expression: '30 9 * * 1-5', timeZone: 'UTC', nextAt: expect.stringContaining('T09:30:00.000Z') })
    await engine.routines.pause({ routineId })
    expect((await engine.routines.triggers({ routineId })).items).toMatchObject([{ nextAt: null }])
    await engine.routines.resume({ routineId })
    expect((await engine.routines.triggers({ routineId })).items).toMatchObject([{ nextAt: moved.nextAt }])
    await engine.routines.removeTrigger({ triggerId: trigger.id })
    expect((await engine.routines.triggers({ routineId })).items).toEqual([])
    expect(await errorOf(engine.routines.updateTrigger({ triggerId: trigger.id, isEnabled: true }))).toMatchObject({ code: 'not_found' })
    const { checks } = await engine.verify()
    expect(checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('is refused with what is wrong', async () => {
    const world = await open('sqlite')
    const { engine, companyId } = world
    const { id: routineId } = await newRoutine(world)
    const add = (more: object) => engine.routines.addTrigger({ routineId, kind: 'cron', expression: '0 9 * * *', ...more })
    const refusals: [string, object][] = [
      ['it has 4 fields', { expression: '* * * *' }],
      ['the hour can not be "25"', { expression: '0 25 * * *' }],
      ['it would never fire', { expression: '0 0 31 2 *' }],
      ['no IANA time zone', { timeZone: 'Mars/Base' }],
      ['scheme: a cron has none', { scheme: 'bearer' }],
      ['mapping: a cron has none', { mapping: {} }],
      ['expression: a webhook has none', { kind: 'webhook', scheme: 'bearer' }],
    ]
    for (const [why, more] of refusals)
      expect([why, await errorOf(add(more))]).toMatchObject([why, { kind: 'rule', message: expect.stringContaining(why) }])
    expect(await errorOf(engine.routines.addTrigger({ routineId, kind: 'cron' }))).toMatchObject({
      message: expect.stringContaining('a cron needs one'),
    })
    expect(await errorOf(engine.routines.preview({ companyId, expression: 'x' }))).toMatchObject({ kind: 'rule' })
    for (let index = 0; index < 20; index += 1) await add({})
    expect(await errorOf(add({}))).toMatchObject({ kind: 'rule', message: expect.stringContaining('at most 20') })
  })
})
