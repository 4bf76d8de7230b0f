import { createHmac } from 'node:crypto'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { systemActor, type UserActor } from '@engine/core'
import { definePlugin, pluginKit, z } from '@engine/core/plugin'
import type { PluginDefinition } from '@engine/core/plugin'
import { sqlite } from '@engine/storage-sqlite'

import { temporaryFolder } from './support/files.ts'
import { createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const least = { version: '1.0.0', engine: '^1' } as const

function user(companyId: string, role: 'admin' | 'operator' | 'reviewer'): UserActor {
  return { kind: 'user', id: role, roles: { [companyId]: role } }
}

async function open(plugins: readonly PluginDefinition[], storage = 'sqlite') {
  const world = await createWorld({ storage: await newStorage(storage), plugins })
  onTestFinished(() => world.engine.stop())
  return world
}

const worked: string[] = []
const Config = z.strictObject({ word: z.string().min(1).max(20), token: z.string().optional() })
const configured = definePlugin({
  id: 'configured',
  ...least,
  configSchema: Config,
  secretFields: ['token'],
  webhooks: {
    orders: {
      async handle({ config, state, log }, { headers, body }) {
        const { token = '' } = Config.parse(config)
        const expected = createHmac('sha256', token).update(body).digest('hex')
        if (headers['x-signature'] !== expected) return false
        if (!(await state.claim(`delivery ${headers['webhook-id']}`))) return true
        worked.push(body)
        log.info('took an order', { token })
        return true
      },
    },
  },
})

/** One that asks for these operations; what it does stands in for a process of its own. */
function asking(operations: readonly string[]): PluginDefinition {
  return { id: 'asking', ...least, kind: 'isolated', capabilities: { operations: [...operations] } }
}

describe('a plugin in a company', () => {
  test('is configured, disabled, enabled and uninstalled by admins', async () => {
    const { engine, companyId } = await open([configured])
    const operator = engine.as(user(companyId, 'operator'))
    expect((await errorOf(operator.plugins.list({ companyId }))).code).toBe('forbidden')
    const admin = engine.as(user(companyId, 'admin'))
    expect((await errorOf(admin.plugins.install({ companyId, plugin: 'configured', config: {} }))).code).toBe('invalid_input')
    const { id: pluginId, version } = await admin.plugins.install({ companyId, plugin: 'configured', config: { word: 'a' } })
    const next = await admin.plugins.configure({ pluginId, version, config: { word: 'b' } })
    expect(next.config).toEqual({ word: 'b' })
    expect((await errorOf(admin.plugins.configure({ pluginId, version, config: { word: 'c' } }))).code).toBe('version_conflict')
    const plain = await errorOf(admin.plugins.configure({ pluginId, config: { word: { secret: 'TOKEN' } } }))
    expect(plain.code).toBe('rule_violated')
    expect((await admin.plugins.disable({ pluginId })).status).toBe('disabled')
    expect((await errorOf(admin.plugins.disable({ pluginId }))).code).toBe('illegal_transition')
    expect((await admin.plugins.enable({ pluginId })).status).toBe('ready')
    expect(await admin.plugins.uninstall({ pluginId })).toMatchObject({ status: 'uninstalled', config: {} })
    expect((await admin.plugins.install({ companyId, plugin: 'configured', config: { word: 'd' } })).id).toBe(pluginId)
  })

  test('works once its capabilities are approved, and again when they changed', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const { engine, companyId } = await createWorld({ storage: sqlite(file), plugins: [asking(['tasks.list'])] })
    const isActive = async () => (await engine.plugins.list({ companyId })).items[0]?.isActive
    expect(await isActive()).toBe(false)
    const installed = await engine.plugins.install({ companyId, plugin: 'asking' })
    expect(installed.status).toBe('installed')
    const [approval] = (await engine.approvals.list({ companyId, type: 'plugin_install' })).items
    expect(approval?.payload).toMatchObject({
      plugin: 'asking',
      capabilities: { operations: ['tasks.list'] },
      capabilitiesHash: installed.capabilitiesHash,
    })
    const approving = { approvalId: approval?.id ?? '', payloadHash: approval?.payloadHash ?? '' }
    expect((await errorOf(engine.as(user(companyId, 'reviewer')).approvals.approve(approving))).code).toBe('forbidden')
    // Nobody could answer that with another payload.
    const sentBack = await errorOf(engine.approvals.requestRevision({ approvalId: approving.approvalId, note: 'Less' }))
    expect(sentBack).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('Approve or reject it') })
    await engine.approvals.approve(approving)
    expect(await isActive()).toBe(true)
    await engine.stop()
    // The same program, of which the plugin asks for more now.
    const later = await createWorld({ storage: sqlite(file), plugins: [asking(['tasks.list', 'tasks.create'])] })
    onTestFinished(() => later.engine.stop())
    expect((await later.engine.plugins.list({ companyId })).items[0]?.isActive).toBe(false)
    await later.engine.plugins.disable({ pluginId: installed.id })
    expect((await errorOf(later.engine.plugins.enable({ pluginId: installed.id }))).code).toBe('plugin_changed')
    expect((await later.engine.plugins.install({ companyId, plugin: 'asking' })).status).toBe('installed')
    const [again] = (await later.engine.approvals.list({ companyId, status: 'pending' })).items
    expect(again?.payload).toMatchObject({ capabilities: { operations: ['tasks.list', 'tasks.create'] } })
  })

  test('is uninstalled when its installation is rejected', async () => {
    const { engine, companyId } = await open([asking([])])
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'asking' })
    const [approval] = (await engine.approvals.list({ companyId })).items
    await engine.approvals.reject({ approvalId: approval?.id ?? '', note: 'No' })
    expect(await engine.plugins.get({ pluginId })).toMatchObject({ status: 'uninstalled', reason: 'not approved' })
  })

  test('leaves no request for its approval behind when it is uninstalled before anybody decided', async () => {
    const { engine, companyId } = await open([asking([])])
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'asking' })
    await engine.plugins.uninstall({ pluginId })
    expect((await engine.approvals.list({ companyId })).items).toMatchObject([{ subject: pluginId, status: 'cancelled' }])
    expect(await engine.plugins.install({ companyId, plugin: 'asking' })).toMatchObject({ id: pluginId, status: 'installed' })
    const [waiting] = (await engine.approvals.list({ companyId, status: 'pending' })).items
    await engine.approvals.approve({ approvalId: waiting?.id ?? '', payloadHash: waiting?.payloadHash ?? '' })
    expect(await engine.plugins.get({ pluginId })).toMatchObject({ status: 'ready' })
  })

  test('is quarantined in every company, whichever of them is archived', async () => {
    let quarantine: ((reason: string) => Promise<void>) | undefined
    const started = definePlugin({ id: 'started', ...least, start: async (context) => void (quarantine = context.quarantine) })
    const { engine, companyId } = await open([started])
    const { id: other } = await engine.companies.create({ name: 'Other' })
    const installed = []
    for (const id of [companyId, other]) installed.push(await engine.plugins.install({ companyId: id, plugin: 'started' }))
    await engine.companies.archive({ companyId })
    await engine.start()
    await quarantine?.('it crashed')
    for (const { id: pluginId } of installed)
      expect(await engine.plugins.get({ pluginId })).toMatchObject({ status: 'quarantined', reason: 'it crashed' })
  })

  test('that can not take an event of an archived company is told it as often as elsewhere, and no more', async () => {
    let told = 0
    const recorder = definePlugin({
      id: 'recorder',
      ...least,
      subscribe: {
        statuses: {
          events: ['company.status_changed'],
          async handle({ engine, companyId }) {
            told += 1
            await engine.labels.create({ companyId, name: 'seen' })
          },
        },
      },
    })
    const { engine, companyId } = await open([recorder])
    await engine.start()
    await engine.companies.archive({ companyId })
    const installed = await until(
      () => engine.plugins.list({ companyId }),
      ({ items }) => items[0]?.pluginId !== null,
    )
    const { items } = await engine.plugins.subscriptions({ pluginId: installed.items[0]?.pluginId ?? '' })
    expect(items).toMatchObject([{ status: 'parked', attempts: 8, reason: expect.stringContaining('archived') }])
    expect(told).toBe(8)
  })

  test('takes a request once that it finds genuine, and no other', async () => {
    worked.length = 0
    const { engine, companyId } = await open([configured])
    const { id: secretId } = await engine.secrets.create({ companyId, name: 'TOKEN', value: 'the value of a token' })
    const config = { word: 'a', token: { secret: 'TOKEN' } }
    const { id: pluginId, webhooks } = await engine.plugins.install({ companyId, plugin: 'configured', config })
    expect(webhooks).toEqual([{ name: 'orders', path: `/api/plugins/${pluginId}/webhooks/orders` }])
    const body = '{"order":1}'
    const signature = createHmac('sha256', 'the value of a token').update(body).digest('hex')
    const request = { pluginId, webhook: 'orders', body, headers: { 'x-signature': signature, 'webhook-id': 'one' } }
    const stranger = engine.as({ kind: 'user', id: 'stranger', roles: {} })
    for (let times = 0; times < 2; times += 1) await stranger.plugins.receive(request)
    expect(worked).toEqual([body])
    expect((await errorOf(stranger.plugins.receive({ ...request, headers: { 'x-signature': 'wrong' } }))).code).toBe('not_found')
    expect((await errorOf(stranger.plugins.receive({ ...request, webhook: 'other' }))).code).toBe('not_found')
    const { items } = await engine.plugins.logs({ pluginId })
    expect(items).toMatchObject([{ level: 'info', message: 'took an order', data: { token: '[secret TOKEN]' } }])
    expect((await engine.secrets.accesses({ secretId })).items).toMatchObject([{ pluginId, runId: null, number: 1, outcome: 'success' }])
    const inUse = await errorOf(engine.secrets.delete({ secretId }))
    expect([inUse.code, inUse.message]).toEqual(['secret_in_use', expect.stringContaining(`plugin ${pluginId}`)])
    await engine.plugins.disable({ pluginId })
    expect((await errorOf(stranger.plugins.receive(request))).code).toBe('plugin_disabled')
    await engine.plugins.uninstall({ pluginId })
    await engine.secrets.delete({ secretId })
  })
})

test('a job runs when it is due, in each company in which its plugin works, and in one process', async () => {
  const storage = await newStorage('postgres')
  const ran: string[] = []
  const job = definePlugin({
    id: 'ticking',
    ...least,
    jobs: {
      tick: {
        schedule: { every: '1s' },
        run: ({ forEachCompany, dueAt }) =>
          forEachCompany(async ({ companyId, engine }) => {
            ran.push(`${dueAt} ${companyId}`)
            await engine.labels.create({ companyId, name: `at ${dueAt}` })
          }),
      },
    },
  })
  const { engine, companyId } = await createWorld({ storage, plugins: [job] })
  const partner = await createWorld({ storage, plugins: [job] })
  onTestFinished(async () => {
    await engine.stop()
    await partner.engine.stop()
  })
  const { id: pluginId } = await partner.engine.plugins.install({ companyId: partner.companyId, plugin: 'ticking' })
  await partner.engine.plugins.disable({ pluginId })
  await Promise.all([engine.start(), partner.engine.start()])
  await until(
    () => ran.length,
    (times) => times >= 3,
  )
  expect(new Set(ran).size).toBe(ran.length)
  expect(new Set(ran.map((text) => text.split(' ')[1]))).toEqual(new Set([companyId]))
  const [{ createdBy } = { createdBy: null }] = (await engine.events.list({ companyId })).items
    .filter(({ type }) => type === 'label.created')
    .map(({ actor }) => ({ createdBy: actor.id }))
  expect(createdBy).toBe('plugin:ticking')
})

test('a job that fails in a company says so in its log there, and goes on in the others', async () => {
  const ran = new Set<string>()
  const job = definePlugin({
    id: 'ticking',
    ...least,
    jobs: {
      tick: {
        schedule: { every: '1s' },
        run: ({ forEachCompany }) =>
          forEachCompany(async ({ companyId }) => {
            ran.add(companyId)
            if (companyId === world.companyId) throw new Error('no such price')
          }),
      },
    },
  })
  const world = await createWorld({ plugins: [job] })
  const { engine, companyId } = world
  onTestFinished(() => engine.stop())
  const { id: other } = await engine.companies.create({ name: 'Other' })
  const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'ticking' })
  await engine.start()
  const { items } = await until(
    () => engine.plugins.logs({ pluginId }),
    (logs) => logs.items.length > 0 && ran.has(other),
  )
  expect(items[0]).toMatchObject({ level: 'error', message: 'The job tick failed: no such price' })
})

test('an operation of a plugin does what comes before its transaction once for a key', async () => {
  let sent = 0
  const { command } = pluginKit()
  const sending = definePlugin({
    id: 'sending',
    ...least,
    commands: {
      send: command({
        title: 'Send something elsewhere',
        input: z.strictObject({ text: z.string() }),
        output: z.object({ number: z.number() }),
        access: 'comments:create',
        prepare: async () => (sent += 1),
        async handle({ unchanged }, _input, number) {
          unchanged()
          return { number }
        },
      }),
    },
  })
  const { engine, companyId } = await open([sending])
  const send = (text: string, idempotencyKey?: string) =>
    engine.execute('sending.send', { input: { companyId, text }, actor: systemActor, ...(idempotencyKey && { idempotencyKey }) })
  expect([await send('a', 'one'), await send('a', 'one')]).toEqual([{ number: 1 }, { number: 1 }])
  expect(await errorOf(send('b', 'one'))).toMatchObject({ code: 'idempotency_mismatch' })
  expect(sent).toBe(1)
  expect([await send('a', 'two'), await send('a')]).toEqual([{ number: 2 }, { number: 3 }])
})
