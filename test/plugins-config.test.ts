import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { definePlugin, pluginKit, subscription, z } from '@engine/core/plugin'
import { sqlite } from '@engine/storage-sqlite'

import { temporaryFolder } from './support/files.ts'
import { board, createWorld, errorOf, until, type World } from './support/engine.ts'

const { query } = pluginKit<object>()
const first = z.strictObject({ word: z.string().min(1) })
const withDefault = first.extend({ unit: z.string().default('pieces') })
const withMore = first.extend({ unit: z.string() })

const told: unknown[] = []

function show({ engine, companyId }: Pick<World, 'engine' | 'companyId'>): Promise<unknown> {
  return engine.execute('configured.show', { input: { companyId }, actor: board })
}

/** One plugin, in the versions that it is released in. */
function configured(version: string, configSchema: z.ZodType) {
  return definePlugin({
    id: 'configured',
    version,
    engine: '^1',
    configSchema,
    secretFields: ['unit'],
    queries: {
      show: query({
        title: 'Show the configuration',
        input: z.strictObject({}),
        output: z.record(z.string(), z.unknown()),
        access: 'comments:read',
        handle: async ({ config }) => config,
      }),
    },
    policies: {
      'goals.create': async ({ config, veto }) => (config['word'] === 'no' ? veto('no goals') : undefined),
      'companies.create': async () => undefined,
      'plugins.install': async () => undefined,
      'plugins.configure': async () => undefined,
    },
    subscribe: {
      labels: subscription({ events: ['label.created'], handle: async ({ config }) => void told.push(config) }),
    },
  })
}

describe('the configuration of a plugin', () => {
  async function reopened(file: string, version: string, configSchema: z.ZodType) {
    const world = await createWorld({ storage: sqlite(file), plugins: [configured(version, configSchema)] })
    onTestFinished(() => world.engine.stop())
    return world.engine
  }

  async function installed(config = { word: 'a' }) {
    const file = join(temporaryFolder(), 'engine.db')
    const { engine, companyId } = await createWorld({ storage: sqlite(file), plugins: [configured('1.0.0', first)] })
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'configured', config })
    await engine.stop()
    return { file, companyId, pluginId }
  }

  test('has what a later version gives by itself, before and after that is installed', async () => {
    const { file, companyId, pluginId } = await installed()
    const engine = await reopened(file, '1.1.0', withDefault)
    expect(await show({ engine, companyId })).toEqual({ word: 'a', unit: 'pieces' })
    const upgraded = await engine.plugins.install({ companyId, plugin: 'configured' })
    expect(upgraded).toMatchObject({ id: pluginId, versionLabel: '1.1.0', config: { word: 'a', unit: 'pieces' } })
  })

  test('that a later version does not take stops the plugin there until it is changed, and its policies let nothing through', async () => {
    const { file, companyId, pluginId } = await installed()
    const engine = await reopened(file, '2.0.0', withMore)
    const error = await errorOf(show({ engine, companyId }))
    expect([error.code, error.message]).toEqual(['plugin_unconfigured', expect.stringContaining('config.unit')])
    expect((await errorOf(engine.goals.create({ companyId, title: 'A' }))).code).toBe('policy_failed')
    expect((await engine.plugins.list({ companyId })).items).toMatchObject([{ isActive: false, status: 'ready' }])
    expect((await engine.plugins.get({ pluginId })).reason).toContain('config.unit')
    expect((await errorOf(engine.plugins.install({ companyId, plugin: 'configured' }))).code).toBe('invalid_input')
    await engine.start()
    told.length = 0
    await engine.labels.create({ companyId, name: 'waits' })
    await engine.plugins.configure({ pluginId, config: { word: 'a', unit: 'metres' } })
    await until(
      () => told,
      (heard) => heard.length === 1,
    )
    expect(told).toEqual([{ word: 'a', unit: 'metres' }])
    expect((await engine.goals.create({ companyId, title: 'A' })).title).toBe('A')
  })

  test('is asked for where a plugin was never installed that needs one, or was uninstalled', async () => {
    const { engine, companyId } = await createWorld({ plugins: [configured('1.0.0', first)] })
    onTestFinished(() => engine.stop())
    expect((await errorOf(show({ engine, companyId }))).code).toBe('plugin_unconfigured')
    expect((await engine.companies.create({ name: 'Another' })).name).toBe('Another')
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'configured', config: { word: 'a' } })
    await engine.plugins.uninstall({ pluginId })
    expect((await errorOf(engine.plugins.install({ companyId, plugin: 'configured' }))).code).toBe('invalid_input')
  })

  test('goes without a secret that a later version knows no more', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const { engine: before, companyId } = await createWorld({ storage: sqlite(file), plugins: [configured('1.0.0', withMore)] })
    await before.secrets.create({ companyId, name: 'UNIT', value: 'a secret unit' })
    await before.plugins.install({ companyId, plugin: 'configured', config: { word: 'a', unit: { secret: 'UNIT' } } })
    await before.stop()
    const engine = await reopened(file, '2.0.0', z.object({ word: z.string() }))
    expect(await show({ engine, companyId })).toEqual({ word: 'a' })
    const changed = z.object({ word: z.string(), unit: z.string().toUpperCase() })
    await engine.stop()
    expect((await errorOf(show({ engine: await reopened(file, '3.0.0', changed), companyId }))).message).toContain('config.unit')
  })

  test('says so where the schema itself fails', async () => {
    const { file, companyId, pluginId } = await installed({ word: '(' })
    const pattern = z.object({ word: z.string().refine((text) => new RegExp(text).test('')) })
    const engine = await reopened(file, '2.0.0', pattern)
    expect((await errorOf(show({ engine, companyId }))).code).toBe('plugin_unconfigured')
    expect((await engine.plugins.get({ pluginId })).reason).toContain('Unterminated group')
  })

  test('is not left out in silence by an installation of what is installed', async () => {
    const { engine, companyId } = await createWorld({ plugins: [configured('1.0.0', first)] })
    onTestFinished(() => engine.stop())
    const install = (config?: Record<string, string>) =>
      engine.plugins.install({ companyId, plugin: 'configured', ...(config && { config }) })
    await install({ word: 'a' })
    const error = await errorOf(install({ word: 'b' }))
    expect([error.code, error.message]).toEqual(['rule_violated', expect.stringContaining('plugins.configure')])
    expect((await install({ word: 'a' })).version).toBe(1)
    expect((await install()).config).toEqual({ word: 'a' })
  })
})

test('a later version of a plugin that is disabled is installed as disabled, and the log says so', async () => {
  const file = join(temporaryFolder(), 'engine.db')
  const before = await createWorld({ storage: sqlite(file), plugins: [configured('1.0.0', first)] })
  const { companyId } = before
  const { id: pluginId } = await before.engine.plugins.install({ companyId, plugin: 'configured', config: { word: 'a' } })
  await before.engine.plugins.disable({ pluginId })
  await before.engine.stop()
  const { engine } = await createWorld({ storage: sqlite(file), plugins: [configured('1.1.0', withDefault)] })
  onTestFinished(() => engine.stop())
  expect((await engine.plugins.install({ companyId, plugin: 'configured' })).status).toBe('disabled')
  const { items } = await engine.events.list({ companyId })
  const installed = items.filter(({ type }) => type === 'plugin.installed')
  expect(new Set(installed.map(({ data }) => Reflect.get(data, 'status')))).toEqual(new Set(['disabled', 'ready']))
})
