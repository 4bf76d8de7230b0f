import { describe, expect, it, onTestFinished } from 'vitest'

import type { Api } from '@engine/core'
import type { DeliveryResult } from '@engine/core/plugin'
import { scriptedDestination } from '@engine/testing'

import { board, createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

type RouteInput = Omit<Parameters<Api['routes']['create']>[0], 'companyId' | 'name' | 'destinationType'>

const quickly = { maxAttempts: 3, baseSec: 0, capSec: 0, maxAgeSec: 60 }

describe.each(['sqlite', 'postgres'])('a route on %s', (database) => {
  async function open() {
    const destination = scriptedDestination()
    const world = await createWorld({ storage: await newStorage(database), destinations: [destination], agentMode: 'manual' })
    const { engine, companyId } = world
    onTestFinished(() => engine.stop())
    const route = (input: RouteInput) =>
      engine.routes.create({ companyId, name: 'Tell', destinationType: 'scripted', retry: quickly, ...input })
    const deliveries = async (input: object = {}) => (await engine.deliveries.list({ companyId, limit: 100, ...input })).items.toReversed()
    const settled = () => until(deliveries, (all) => all.every(({ status }) => status !== 'pending' && status !== 'retrying'))
    const newTask = (more: object = {}) => engine.tasks.create({ companyId, title: 'Write', ...more })
    return { ...world, destination, route, deliveries, settled, newTask }
  }

  it('sends what happens from then on, once and with the id of the event', async () => {
    const { engine, companyId, route, destination, settled, deliveries, newTask } = await open()
    await newTask({ title: 'Before' })
    await route({ events: ['task.created'] })
    const task = await newTask()
    await engine.start()
    await settled()
    const { items } = await engine.events.list({ companyId })
    const event = items.find(({ type, entity }) => type === 'task.created' && entity.id === task.id)
    const [delivery] = await deliveries()
    expect(destination.sent.map(({ event: told, deliveryId, attempt }) => [told.id, deliveryId, attempt])).toEqual([
      [event?.id, delivery?.id, 1],
    ])
    expect(destination.sent[0]?.body).toMatchObject({
      kind: 'json',
      value: { type: 'task.created', companyId, data: { identifier: task.identifier, task: { id: task.id, title: 'Write' } } },
    })
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 1, eventType: 'task.created', entity: { type: 'task', id: task.id } })
  })

  it('sends every event of a bulk call, and of several calls at once', async () => {
    const { engine, companyId, route, deliveries, newTask, agentId } = await open()
    await route({ events: ['task.*', 'run.started'] })
    const { items } = await engine.tasks.createMany({ companyId, tasks: ['One', 'Two', 'Three'].map((title) => ({ title })) })
    const tasks = [
      ...items.flatMap((item) => (item.status === 'created' ? [item.task] : [])),
      ...(await Promise.all([newTask(), newTask()])),
    ]
    await Promise.all(tasks.map((task) => engine.tasks.checkout({ taskId: task.id, agentId })))
    const log = (await engine.events.list({ companyId, limit: 100 })).items.filter(
      ({ type }) => type.startsWith('task.') || type === 'run.started',
    )
    expect(log.map(({ type }) => type)).toContain('task.claimed')
    expect((await deliveries()).map(({ eventId }) => eventId).toSorted()).toEqual(log.map(({ id }) => id).toSorted())
  })

  it('takes only what meets its conditions', async () => {
    const { engine, companyId, agentId, route, deliveries, newTask } = await open()
    const project = await engine.projects.create({ companyId, name: 'Shop' })
    const other = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
    const cases: Readonly<Record<string, { input: Omit<RouteInput, 'events'>; task: object }>> = {
      project: { input: { projectId: project.id }, task: { projectId: project.id } },
      agent: { input: { agentId }, task: { assigneeAgentId: agentId } },
      tagsAny: { input: { conditions: { tagsAny: ['a', 'b'] } }, task: { tags: ['b'] } },
      tagsAll: { input: { conditions: { tagsAll: ['a', 'b'] } }, task: { tags: ['a', 'b', 'c'] } },
      priority: { input: { conditions: { priority: ['high', 'critical'] } }, task: { priority: 'critical' } },
      context: { input: { conditions: { context: { customer: 'acme' } } }, task: { context: { customer: 'acme', more: 1 } } },
      conditionAgent: { input: { conditions: { agentId: other.id } }, task: { assigneeAgentId: other.id } },
    }
    for (const { input, task } of Object.values(cases)) {
      const { id: routeId } = await route({ events: ['task.created'], ...input })
      const wanted = await newTask(task)
      await newTask({ tags: ['x'], context: { customer: 'other' } })
      // What is about no task meets no condition of tasks.
      await engine.goals.create({ companyId, title: 'Grow' })
      const found = await deliveries({ routeId })
      // A task is assigned after it was created, in the same command; the event finds it as it then is.
      expect(
        found.map(({ entity }) => entity.id),
        JSON.stringify(input),
      ).toEqual([wanted.id])
      await engine.routes.delete({ routeId })
    }
  })

  it('refuses events, destinations, secrets and configurations that are none, and says what would work', async () => {
    const { engine, companyId, route } = await open()
    expect(await errorOf(route({ events: ['task.exploded'] }))).toMatchObject({
      code: 'rule_violated',
      message: expect.stringContaining('task.created'),
    })
    expect(await errorOf(route({ events: ['nothing.*'] }))).toMatchObject({ code: 'rule_violated' })
    const fax = engine.routes.create({ companyId, name: 'Tell', destinationType: 'fax', events: ['*'] })
    expect(await errorOf(fax)).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('scripted') })
    expect(await errorOf(route({ events: ['*'], config: { color: 'red' } }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(route({ events: ['*'], config: { token: { secret: 'NONE' } } }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(route({ events: ['*'], config: { to: { secret: 'NONE' } } }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(route({ events: ['*'], mapping: { text: '{{#if}}' } }))).toMatchObject({ code: 'rule_violated' })
    const template = { text: 'x'.repeat(65_537) }
    expect(await errorOf(route({ events: ['*'], template }))).toMatchObject({ code: 'invalid_input' })
  })

  it('stays as it is when what was read is written back', async () => {
    const { engine, companyId, route } = await open()
    await engine.secrets.create({ companyId, name: 'TOKEN', value: 'a very secret value' })
    const created = await route({
      events: ['task.*'],
      conditions: { tagsAny: ['a'] },
      config: { token: { secret: 'TOKEN' } },
      mapping: { a: { b: '{{id}}' }, data: null },
      template: { text: 'x', contentType: 'text/plain' },
    })
    const read = await engine.routes.get({ routeId: created.id })
    expect(read).toEqual(created)
    const { name, events, conditions, destinationType, config, mapping, template, retry, projectId, agentId, version } = read
    const again = { name, events, conditions, destinationType, config, mapping, template, retry, projectId, agentId }
    expect(await engine.routes.update({ routeId: created.id, version, ...again })).toEqual(created)
    expect(JSON.stringify(read)).not.toContain('a very secret value')
    const changed = await engine.routes.update({ routeId: created.id, name: 'Other' })
    expect(changed).toEqual({ ...created, name: 'Other', version: 2, updatedAt: changed.updatedAt })
    const conflict = engine.routes.update({ routeId: created.id, version: 1, name: 'Late' })
    expect(await errorOf(conflict)).toMatchObject({ code: 'version_conflict' })
  })

  it('opens its secrets to send and to be tried, and shows them nowhere', async () => {
    const { engine, companyId, route, destination, newTask, settled, watch } = await open()
    const value = 'a very secret value'
    const secret = await engine.secrets.create({ companyId, name: 'TOKEN', value })
    const { id: routeId } = await route({ events: ['task.created'], config: { token: { secret: 'TOKEN' } } })
    expect(await errorOf(engine.secrets.delete({ secretId: secret.id }))).toMatchObject({ code: 'secret_in_use' })
    destination.script = async ({ config, attempt }): Promise<DeliveryResult> =>
      attempt < 2
        ? { kind: 'retry', reason: `no ${config.token}`, response: `you said ${config.token}` }
        : { kind: 'delivered', response: `you said ${config.token}`, reference: String(config.token) }
    expect(await engine.routes.test({ routeId })).toMatchObject({ ok: true, checks: [{ message: 'it was asked with [secret TOKEN]' }] })
    await newTask()
    await engine.start()
    await settled()
    expect(destination.sent.map(({ config }) => config.token)).toEqual([value, value])
    expect(await watch.dump()).not.toContain(value)
    await engine.routes.delete({ routeId })
    await engine.secrets.delete({ secretId: secret.id })
  })

  it('sends what its mapping and its template make of an event, and parks what they can not', async () => {
    const { engine, companyId, route, destination, newTask, settled, deliveries } = await open()
    const mapping = {
      title: '{{data.task.title}}',
      tags: '{{data.task.tags}}',
      data: { task: null, note: 'Task {{data.identifier}}' },
      actor: null,
    }
    const mapped = await route({ events: ['task.created'], mapping })
    const told = await route({ events: ['task.created'], template: { text: '<b>{{data.task.title}}</b>', contentType: 'text/html' } })
    const broken = await route({ events: ['task.created'], template: { text: '{{data.task.owner.name}}' } })
    const { identifier, id } = await newTask({ title: 'A < B', tags: ['x'] })
    await engine.start()
    await settled()
    const bodies = new Map(
      (await deliveries()).map(({ routeId, id: deliveryId }) => [
        routeId,
        destination.sent.find((sent) => sent.deliveryId === deliveryId)?.body,
      ]),
    )
    expect(bodies.get(mapped.id)).toEqual({
      kind: 'json',
      value: {
        id: expect.any(String),
        type: 'task.created',
        companyId,
        occurredAt: expect.any(String),
        entity: { type: 'task', id, version: 1 },
        title: 'A < B',
        tags: ['x'],
        data: { identifier, title: 'A < B', status: 'todo', blockedBy: [], note: `Task ${identifier}` },
      },
    })
    expect(bodies.get(told.id)).toEqual({ kind: 'text', text: '<b>A &#60; B</b>', contentType: 'text/html' })
    const [parked] = await deliveries({ routeId: broken.id })
    expect(parked).toMatchObject({ status: 'parked', reason: '{{data.task.owner.name}}: this event has no such value' })
    // Mended, it is sent when somebody says so.
    await engine.routes.update({ routeId: broken.id, template: { text: '{{data.task.title}}' } })
    await engine.deliveries.replay({ deliveryId: parked?.id ?? '' })
    await settled()
    const again = await engine.deliveries.get({ deliveryId: parked?.id ?? '' })
    expect(again).toMatchObject({
      status: 'delivered',
      attempts: 2,
      tries: [
        { number: 1, result: 'parked' },
        { number: 2, result: 'delivered' },
      ],
    })
  })

  it('tries again as often as it says, and parks what is refused', async () => {
    const { engine, companyId, route, destination, newTask, settled, deliveries } = await open()
    const answers: Record<string, DeliveryResult> = {
      Busy: { kind: 'retry', reason: 'busy', status: 429, retryAfterMs: 1 },
      Down: { kind: 'retry', reason: 'down', status: 503 },
      Grey: { kind: 'retry', reason: 'a mail server says: later', status: 451 },
      Wrong: { kind: 'parked', reason: 'wrong', status: 400, response: 'no' },
    }
    destination.script = async ({ event, attempt }) => {
      const title = JSON.stringify(event.data['title']).slice(1, -1)
      const answer = answers[title] ?? { kind: 'delivered' }
      if (title === 'Thrown' && attempt === 1) throw new Error('a defect')
      return (title === 'Busy' || title === 'Grey') && attempt > 1 ? { kind: 'delivered', status: 200 } : answer
    }
    const { id: routeId } = await route({ events: ['task.created'] })
    for (const title of [...Object.keys(answers), 'Thrown']) await newTask({ title })
    await engine.start()
    await settled()
    const ended = (await deliveries()).map(({ status, attempts, reason, responseStatus }) => [status, attempts, responseStatus, reason])
    expect(ended).toEqual([
      ['delivered', 2, 200, null],
      ['parked', 3, 503, 'down; given up after 3 tries'],
      ['delivered', 2, 200, null],
      ['parked', 1, 400, 'wrong'],
      ['delivered', 2, null, null],
    ])
    destination.script = async () => ({ kind: 'delivered' })
    expect(await engine.routes.replay({ routeId })).toEqual({ replayed: 2, remaining: false })
    await settled()
    expect((await deliveries({ status: 'delivered' })).length).toBe(5)
    expect(await engine.routes.replay({ routeId })).toEqual({ replayed: 0, remaining: false })
    const types = (await engine.events.list({ companyId, limit: 100 })).items.map(({ type }) => type)
    expect(types.filter((type) => type.startsWith('delivery.')).toSorted()).toEqual([
      ...Array<string>(5).fill('delivery.delivered'),
      ...Array<string>(2).fill('delivery.parked'),
      ...Array<string>(2).fill('delivery.replayed'),
    ])
    const [first] = await deliveries({ status: 'delivered' })
    expect(await errorOf(engine.deliveries.replay({ deliveryId: first?.id ?? '' }))).toMatchObject({ code: 'illegal_transition' })
  })

  it('holds what waits while it is disabled, takes nothing meanwhile, and cancels it when it is deleted', async () => {
    const { engine, route, destination, newTask, settled, deliveries } = await open()
    const { id: routeId } = await route({ events: ['task.created'] })
    const [first] = [await newTask({ title: 'Held' })]
    await engine.routes.disable({ routeId })
    await newTask({ title: 'Not taken' })
    await engine.start()
    await engine.routes.enable({ routeId })
    await settled()
    expect(destination.sent.map(({ event }) => event.data['title'])).toEqual([first?.title])
    await engine.routes.disable({ routeId })
    await engine.routes.enable({ routeId })
    destination.script = async () => ({ kind: 'retry', reason: 'later', retryAfterMs: 30_000 })
    await newTask()
    await until(
      () => deliveries({ status: 'retrying' }),
      (all) => all.length === 1,
    )
    await engine.routes.delete({ routeId })
    expect(await deliveries({ routeId, status: 'cancelled' })).toHaveLength(1)
    expect(await errorOf(engine.routes.get({ routeId }))).toMatchObject({ code: 'not_found' })
  })

  it('keeps the order of events about one thing, while others go on', async () => {
    const { engine, companyId, route, destination, newTask, settled } = await open()
    await route({ events: ['task.*'] })
    const [slow, quick] = [await newTask({ title: 'Slow' }), await newTask({ title: 'Quick' })]
    for (const title of ['Slow 2', 'Slow 3']) await engine.tasks.update({ taskId: slow.id, title })
    await engine.tasks.cancel({ taskId: quick.id })
    destination.script = async ({ event, attempt }) =>
      event.data['title'] === 'Slow' && attempt < 3 ? { kind: 'retry', reason: 'wait', retryAfterMs: 20 } : { kind: 'delivered' }
    await engine.start()
    await settled()
    const seqs = new Map((await engine.events.list({ companyId, limit: 100 })).items.map(({ id, seq }) => [id, seq]))
    const orderOf = (taskId: string) =>
      destination.sent.flatMap(({ event }) =>
        (event.data['task'] as { id?: string } | undefined)?.id === taskId ? [seqs.get(event.id) ?? 0] : [],
      )
    for (const taskId of [slow.id, quick.id]) expect(orderOf(taskId)).toEqual(orderOf(taskId).toSorted((left, right) => left - right))
    expect(orderOf(slow.id).length).toBeGreaterThan(4)
  })

  it('does not feed on what it tells of its own deliveries, nor two routes on each other', async () => {
    const { engine, route, destination, newTask, settled, deliveries } = await open()
    const [first, second] = [await route({ events: ['delivery.*', 'task.created'] }), await route({ events: ['*'] })]
    await newTask()
    await engine.start()
    await settled()
    await until(
      () => deliveries({ status: 'delivered', routeId: first.id }),
      (all) => all.some(({ eventType }) => eventType === 'delivery.delivered'),
    )
    await settled()
    const told = destination.sent.filter(({ event }) => event.type === 'delivery.delivered').map(({ event }) => event.data['eventType'])
    expect(told).not.toContain('delivery.delivered')
    expect((await deliveries({ routeId: second.id })).filter(({ eventType }) => eventType === 'delivery.delivered').length).toBe(1)
  })

  it('is seen and changed by admins only', async () => {
    const { engine, companyId, route } = await open()
    const { id: routeId } = await route({ events: ['*'] })
    const operator = engine.as({ kind: 'user', id: 'op', roles: { [companyId]: 'operator' } })
    expect(await errorOf(operator.routes.get({ routeId }))).toMatchObject({ code: 'forbidden' })
    expect(await errorOf(operator.deliveries.list({ companyId }))).toMatchObject({ code: 'forbidden' })
    expect((await engine.as(board).routes.list({ companyId })).items).toHaveLength(1)
  })
})
