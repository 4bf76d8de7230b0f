// The complete public surface of @engine/testing/plugins, which needs vitest.
import { describe, expect, it } from 'vitest'

import type { JsonObject, PluginDefinition, Storage, UserActor } from '@engine/core'

import { createSkips } from '../conformance/kit.ts'
import { errorOf } from '../error-of.ts'
import { createTestEngine, type TestEngine } from '../test-engine.ts'

/** A call of one of the plugin's own operations, as a test makes it in a company. */
export interface PluginCall {
  /** Without the id of the plugin, such as `add`. */
  readonly operation: string
  readonly input: JsonObject
}

export interface PluginToTest {
  readonly name: string
  create(): PluginDefinition
  /** New, empty storages by name, on each of which it is tested; `open` gives the same database again each time. */
  readonly storages: Readonly<Record<string, () => { open(): Storage; dispose?(): Promise<void> }>>
  /** A configuration that it accepts, when it takes one. */
  readonly config?: JsonObject
  /** A command that succeeds in a new company; left out by a plugin without commands. */
  readonly writes?: PluginCall
  /** A query that shows what `writes` wrote, and is `items: []` before. */
  readonly reads?: PluginCall
  /** Tests that it can not pass, each with the reason. */
  readonly skip?: Readonly<Record<string, string>>
}

type PluginTest = (target: PluginToTest, open: () => Promise<Opened>) => Promise<void>

interface Opened extends TestEngine {
  readonly pluginId: string
  call(call: PluginCall, given?: { companyId?: string; actor?: UserActor }): Promise<unknown>
}

const tests: Readonly<Record<string, PluginTest>> = {
  async 'starts and stops, and starts again on the same tables'(_, open) {
    const first = await open()
    await first.engine.start()
    await first.engine.stop()
    const second = await open()
    await second.engine.start()
    await second.engine.stop()
  },

  async 'is listed with its capabilities and their hash'({ create }, open) {
    const { engine, companyId, pluginId } = await open()
    const { items } = await engine.plugins.list({ companyId })
    const shown = items.find(({ plugin }) => plugin === create().id)
    expect(shown?.pluginId).toBe(pluginId)
    expect(shown?.capabilitiesHash).toMatch(/^[0-9a-f]{64}$/)
    await engine.stop()
  },

  async 'accepts its configuration and refuses another'({ config }, open) {
    const { engine, pluginId } = await open()
    if (config) {
      const configured = await engine.plugins.configure({ pluginId, config })
      expect(Object.keys(configured.config)).toEqual(expect.arrayContaining(Object.keys(config)))
    }
    const error = await errorOf(engine.plugins.configure({ pluginId, config: { ...config, aFieldThatNobodyHas: 1 } }))
    expect(['invalid_input', 'rule_violated']).toContain(error.code)
    await engine.stop()
  },

  async 'does nothing in a company in which it is disabled, and goes on when it is enabled'({ writes }, open) {
    const { engine, pluginId, call } = await open()
    await engine.plugins.disable({ pluginId })
    if (writes) expect((await errorOf(call(writes))).code).toBe('plugin_disabled')
    await engine.plugins.enable({ pluginId })
    if (writes) await call(writes)
    await engine.stop()
  },

  async 'finds what it wrote when it is installed again'({ create, writes, reads, config = {} }, open) {
    const { engine, companyId, pluginId, call } = await open()
    if (writes) await call(writes)
    const before = reads && (await call(reads))
    await engine.plugins.uninstall({ pluginId })
    if (writes) expect((await errorOf(call(writes))).code).toBe('plugin_not_installed')
    await engine.plugins.install({ companyId, plugin: create().id, config })
    if (reads) expect(await call(reads)).toEqual(before)
    await engine.stop()
  },

  async 'shows nothing of one company to another'({ writes, reads }, open) {
    const { engine, companyId, call } = await open()
    const other = await engine.companies.create({ name: 'Other' })
    const stranger: UserActor = { kind: 'user', id: 'stranger', roles: { [other.id]: 'owner' } }
    if (writes) {
      await call(writes)
      expect((await errorOf(call(writes, { companyId, actor: stranger }))).code).toBe('not_found')
    }
    if (reads) {
      expect(await call(reads, { companyId: other.id, actor: stranger })).toMatchObject({ items: [] })
      expect((await errorOf(call(reads, { companyId, actor: stranger }))).code).toBe('not_found')
      expect((await call(reads)) as { items: unknown[] }).not.toMatchObject({ items: [] })
    }
    await engine.stop()
  },
}

/**
 * Defines the tests that every plugin passes, for vitest to run: on each storage it starts twice, keeps companies apart, and can be
 * configured, disabled, enabled and uninstalled. What is written without an event, or read without naming the company, fails them.
 *
 * @example testPlugin({ name: 'notes', create: notes, storages: { sqlite: () => oneDatabase() } })
 */
export function testPlugin(target: PluginToTest): void {
  const skips = createSkips(target)
  describe(target.name, () => {
    for (const [storage, database] of Object.entries(target.storages)) {
      describe(storage, () => {
        for (const [name, test] of Object.entries(tests)) {
          const reason = skips.reasonFor(name)
          it(name, { timeout: 60_000 }, async (context) => {
            if (reason !== undefined) return context.skip(reason)
            const { open, dispose } = database()
            try {
              await test(target, () => openOn(target, open()))
            } finally {
              await dispose?.()
            }
          })
        }
      })
    }
    it('skips only tests that there are', () => expect(skips.unused()).toEqual([]))
  })
}

async function openOn(target: PluginToTest, storage: Storage): Promise<Opened> {
  const definition = target.create()
  const opened = await createTestEngine({ storage, plugins: [definition] })
  const { engine, companyId } = opened
  const { id: pluginId } = await engine.plugins.install({ companyId, plugin: definition.id, config: target.config ?? {} })
  return {
    ...opened,
    pluginId,
    call: ({ operation, input }, given = {}) =>
      engine.execute(`${definition.id}.${operation}`, {
        input: { companyId: given.companyId ?? companyId, ...input },
        actor: given.actor ?? { kind: 'system', id: 'system' },
      }),
  }
}
