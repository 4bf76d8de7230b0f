import { describe, expect, onTestFinished, test } from 'vitest'

import { EngineError } from '@engine/core'
import { definePlugin, pluginKit, z } from '@engine/core/plugin'
import type { PluginCommandContext } from '@engine/core/plugin'

import { board, createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

type Handle = (context: PluginCommandContext, input: { n: number }) => Promise<{ said: string }>

const given = {
  title: 'Try',
  input: z.strictObject({ n: z.number().default(0) }),
  output: z.object({ said: z.string() }),
  access: 'comments:create',
} as const
const { command, query } = pluginKit<object>()

/** A plugin whose command does what a test says, and what came of calling it. */
async function open(handle: Handle, storage = 'sqlite') {
  const careless = definePlugin({
    id: 'careless',
    version: '1.0.0',
    engine: '^1',
    events: { 'careless.did': z.object({ text: z.string() }) },
    commands: { go: command({ ...given, handle: handle as never }) },
    queries: { look: query({ ...given, handle: handle as never }) },
  })
  const told: unknown[] = []
  const nothing = () => undefined
  const logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (message: string, data?: object) => void told.push([message, data]),
  }
  const world = await createWorld({ storage: await newStorage(storage), plugins: [careless], logger, settings: { pluginCommandMs: 100 } })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId } = world
  const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'careless' })
  return {
    engine,
    companyId,
    told,
    call: (verb = 'go') => engine.execute(`careless.${verb}`, { input: { companyId }, actor: board }),
    logged: async () => (await engine.plugins.logs({ pluginId })).items.map(({ message }) => message),
  }
}

describe('an operation of a plugin', () => {
  test.each(['go', 'look'])('that throws is said to have failed, and why is told to admins and not to who called %s', async (verb) => {
    const { call, logged, told } = await open(async () => {
      throw new Error('no such file: /srv/prices')
    })
    const error = await errorOf(call(verb))
    expect([error.code, error.message]).toEqual(['plugin_failed', expect.not.stringContaining('/srv')])
    expect(told).toMatchObject([['an operation of a plugin failed', { operation: `careless.${verb}` }]])
    const entries = await until(logged, ({ length }) => length > 0)
    expect(entries).toEqual([`careless.${verb} failed: no such file: /srv/prices`])
  })

  test.each<[string, Handle, string]>([
    ['throws nothing at all', () => Promise.reject(null), 'null'],
    ['answers with something else than it declares', async () => ({ said: 1 }) as never, 'something else than it declares'],
    [
      'records an event of another shape',
      async ({ emit, newId }) => {
        emit('careless.did' as never, { type: 'it', id: newId(), version: 1 }, { text: 1 } as never)
        return { said: '' }
      },
      'the data of careless.did.text',
    ],
    [
      'records an event with text that no database keeps',
      async ({ emit, newId }) => {
        emit('careless.did' as never, { type: 'it', id: newId(), version: 1 }, { text: 'a\0b' } as never)
        return { said: '' }
      },
      'NUL',
    ],
    [
      'records an event about a thing without a UUID',
      async ({ emit }) => {
        emit('careless.did' as never, { type: 'it', id: 'my thing', version: 1 }, { text: '' } as never)
        return { said: '' }
      },
      'the thing that careless.did is about.id',
    ],
  ])('that %s has failed, and changes nothing', async (_, handle, why) => {
    const { call, logged, engine, companyId } = await open(handle)
    expect((await errorOf(call())).code).toBe('plugin_failed')
    const [entry] = await until(logged, ({ length }) => length > 0)
    expect(entry).toContain(why)
    const { items } = await engine.events.list({ companyId })
    expect(items.filter(({ type }) => type.startsWith('careless.'))).toEqual([])
  })

  test('is told when it records an event too late to be heard', async () => {
    let late = () => undefined as void
    const { call } = await open(async ({ emit, newId, unchanged }) => {
      late = () => emit('careless.did', { type: 'thing', id: newId(), version: 1 }, { text: 'x' })
      unchanged()
      return { said: 'done' }
    })
    await call()
    expect(late).toThrow('is over')
  })

  test('that another transaction came in between of is run again, also after a change of its tables', async () => {
    let tries = 0
    const { call } = await open(async ({ unchanged }) => {
      tries += 1
      if (tries === 1) throw Object.assign(new Error('cached plan must not change result type'), { code: '0A000' })
      unchanged()
      return { said: 'done' }
    }, 'pglite')
    expect(await call()).toEqual({ said: 'done' })
  })

  test('that says no by an error of its own is believed', async () => {
    const { call, told } = await open(async () => {
      throw new EngineError({ code: 'stock_short', kind: 'rule', cause: 'There is less.', help: 'Take less.' }, 'There are 3.')
    })
    const error = await errorOf(call())
    expect([error.code, error.message, told]).toEqual(['stock_short', 'There are 3.', []])
  })

  test.each(['sqlite', 'pglite'])('that never ends keeps nobody from the database on %s', async (storage) => {
    const { call, engine, companyId } = await open(() => new Promise(() => undefined), storage)
    const failing = errorOf(call())
    expect((await engine.labels.create({ companyId, name: 'waits for it' })).name).toBe('waits for it')
    expect((await failing).code).toBe('plugin_failed')
  })
})

test.each(['sqlite', 'pglite'])('the state of a plugin is JSON that comes back as it was, on %s', async (storage) => {
  const tried: string[] = []
  const { call } = await open(async ({ state, unchanged }) => {
    unchanged()
    for (const [key, value] of [
      ['none', undefined],
      ['function', () => 1],
      ['nul', { text: 'a\0b' }],
      ['k\0', 1],
    ] as const)
      tried.push((await errorOf(state.set(key, value as never))).code)
    await state.set('some', { text: 'a', left: undefined } as never)
    return { said: JSON.stringify((await state.get('some'))?.value) }
  }, storage)
  expect(await call()).toEqual({ said: '{"text":"a"}' })
  expect(tried).toEqual(['rule_violated', 'rule_violated', 'invalid_input', 'invalid_input'])
})
