import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { definePlugin, pluginKit, subscription, systemClock, z } from '@engine/core/plugin'
import type { AnyEvent, PluginDefinition } from '@engine/core/plugin'
import { createEngine, type UserActor } from '@engine/core'
import { createHandler, localOperator, webHandler } from '@engine/http'
import { fourEyes } from '@engine/plugin-foureyes'
import { notes } from '@engine/plugin-notes'
import { sqlite } from '@engine/storage-sqlite'

import { temporaryFolder } from './support/files.ts'
import { createWorld, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const { command, query } = pluginKit<{ p_bad_rows: { id: string; company_id: string } }>()
const least = { version: '1.0.0', engine: '^1' } as const

function admin(companyId: string, id = 'admin'): UserActor {
  return { kind: 'user', id, roles: { [companyId]: 'admin' } }
}

async function heardBy(heard: readonly AnyEvent[], count: number): Promise<void> {
  await until(
    () => heard.length,
    (seen) => seen === count,
  )
}

/** A plugin that hears of new labels and refuses them as often as it is told to. */
function listener(heard: AnyEvent[], refuses: () => boolean = () => false) {
  return definePlugin({
    id: 'listener',
    ...least,
    subscribe: {
      labels: subscription({
        events: ['label.created'],
        async handle(_, event) {
          if (refuses()) throw new Error('not now')
          heard.push(event)
        },
      }),
    },
  })
}

describe('a program with plugins', () => {
  test('has their operations as methods, with types, beside those of Engine', async () => {
    const engine = await createEngine({ storage: sqlite(':memory:'), plugins: [notes(), fourEyes()] })
    const company = await engine.companies.create({ name: 'Acme' })
    const note = await engine.notes.add({ companyId: company.id, text: 'Hello' })
    const text: string = note.text
    expect(text).toBe('Hello')
    expect((await engine.as(admin(company.id)).notes.list({ companyId: company.id })).items).toEqual([note])
    // @ts-expect-error a note has a text, and the type says so
    const error = await errorOf(engine.notes.add({ companyId: company.id, text: 1 }))
    expect(error.code).toBe('invalid_input')
    await engine.stop()
  })

  test('has routes, descriptions and events of plugins in the one registry', async () => {
    const { engine, companyId } = await createWorld({ plugins: [notes()] })
    expect(engine.registry.get('notes.add')?.definition.http).toEqual(['POST', '/companies/:companyId/notes'])
    expect(engine.registry.errors.map(({ code }) => code)).toContain('note_missing')
    await engine.execute('notes.add', { input: { companyId, text: 'Hello' }, actor: admin(companyId) })
    const { items } = await engine.events.list({ companyId })
    expect(items.filter(({ type }: { type: string }) => type === 'notes.added')).toMatchObject([
      { type: 'notes.added', entity: { type: 'notes.note', version: 1 }, data: { text: 'Hello' } },
    ])
    await engine.stop()
  })
})

const operation = {
  title: 'Go',
  input: z.strictObject({}),
  output: z.object({}),
  access: 'tasks:read',
  handle: async () => ({}),
} as const

const refused: readonly [what: string, code: string, plugins: PluginDefinition[]][] = [
  ['with an id that is none', 'plugin_invalid', [{ ...least, id: 'Bad_Id' }]],
  ['made for another version', 'plugin_incompatible', [{ id: 'bad', version: '1.0.0', engine: '^2' }]],
  ['twice', 'plugin_duplicate', [notes(), notes()]],
  ['with the name of something of Engine', 'plugin_duplicate', [{ ...least, id: 'tasks' }]],
  ['without those that it requires', 'plugin_missing', [{ ...least, id: 'bad', requires: ['other'] }]],
  [
    'that require each other',
    'plugin_cycle',
    [
      { ...least, id: 'one', requires: ['two'] },
      { ...least, id: 'two', requires: ['one'] },
    ],
  ],
  ['with an event of somebody else', 'plugin_invalid', [{ ...least, id: 'bad', events: { 'task.created': z.object({}) } }]],
  ['that guards what is no command', 'plugin_invalid', [{ ...least, id: 'bad', policies: { 'tasks.get': async () => undefined } }]],
  [
    'with a schedule that is none',
    'plugin_invalid',
    [{ ...least, id: 'bad', jobs: { run: { schedule: { every: '5x' }, run: async () => undefined } } }],
  ],
  ...(
    [
      ['that is a function', () => ({ ...least, id: 'bad' })],
      ['that is nothing', undefined],
      ['with a member that no plugin has', { subscriptions: {} }],
      ['with a command that is a function', { commands: { go: async () => ({}) } }],
      ['with an operation without its work', { queries: { go: { ...query(operation), handle: undefined } } }],
      [
        'with an operation whose scope is a member of every object',
        { queries: { go: query({ ...operation, access: 'toString' as 'tasks:read' }) } },
      ],
      ['with an operation without a path', { queries: { go: query({ ...operation, http: ['GET', 'go'] as never }) } }],
      ['with a path that leads elsewhere', { queries: { go: query({ ...operation, http: ['GET', '/../go'] }) } }],
      ['with a path of nothing', { queries: { go: query({ ...operation, http: ['GET', '//'] }) } }],
      ['with a parameter of a path without a name', { queries: { go: query({ ...operation, http: ['GET', '/:'] }) } }],
      ['with a webhook that is a function', { webhooks: { go: async () => true } }],
      ['with a subscription without events', { subscribe: { go: { handle: async () => undefined } } }],
      ['that subscribes to what no event is called', { subscribe: { go: { events: ['task.complete'], handle: async () => undefined } } }],
      ['with a job that does nothing', { jobs: { go: { schedule: { every: '1m' } } } }],
      ['with an error of no kind', { errors: { bad_short: { code: 'bad_short', kind: 'short', help: 'None.' } } }],
      ['with a configuration by no schema', { configSchema: { type: 'object' } }],
      ['with the rights of nobody', { role: 'root' }],
    ] as const
  ).map(([what, given]): [string, string, PluginDefinition[]] => [
    what,
    'plugin_invalid',
    // Plain JavaScript can hand in anything.
    [(typeof given === 'object' ? { ...least, id: 'bad', ...given } : given) as PluginDefinition],
  ]),
  ...[
    'create table p_other_rows (company_id {uuid} not null) {table}',
    'update tasks set title = 1',
    'drop table companies',
    'pragma writable_schema = 1',
  ].map((text): [string, string, PluginDefinition[]] => [
    `whose migration is "${text}"`,
    'plugin_migration_refused',
    [{ ...least, id: 'bad', migrations: [{ id: '1', statements: [text] }] }],
  ]),
]

test('the path of an operation may end as the name of a file does', async () => {
  const sheets = definePlugin({ ...least, id: 'sheets', queries: { prices: query({ ...operation, http: ['GET', '/v1.2/prices.csv'] }) } })
  const { engine, companyId } = await createWorld({ plugins: [sheets] })
  const handle = webHandler(createHandler({ engine, localActor: localOperator }))
  const answer = await handle(new Request(`http://localhost/api/companies/${companyId}/sheets/v1.2/prices.csv`))
  expect([answer.status, await answer.json()]).toEqual([200, {}])
  await engine.stop()
})

test('an engine that is not created with a plugin says what is wrong with it, and where', async () => {
  const messageOf = async (plugin: object) =>
    (await errorOf(createEngine({ storage: sqlite(':memory:'), plugins: [plugin as PluginDefinition] }))).message
  expect(await messageOf({ ...least, id: 'bad', webhooks: { orders: 1 }, hooks: {} })).toBe(
    'The plugin bad has a shape that Engine does not take: webhooks.orders: expected object, received number; Unrecognized key: "hooks".',
  )
  expect(await messageOf(() => least)).toContain('call it: plugins: [notes()]')
  expect(await messageOf({ ...least, id: 'bad', subscribe: { go: { events: ['label.made'], handle: async () => undefined } } })).toContain(
    'label.created',
  )
  const both = { ...least, id: 'bad', commands: { constructor: command({ ...operation }) } }
  expect(
    await errorOf(createEngine({ storage: sqlite(':memory:'), plugins: [both] }).then((engine) => engine.stop())).catch(() => null),
  ).toBe(null)
})

describe('an engine is not created with plugins', () => {
  test.each(refused)('%s (%s)', async (_, code, plugins) => {
    const error = await errorOf(createEngine({ storage: sqlite(':memory:'), plugins }))
    expect(error.code).toBe(code)
  })

  test('whose released migration was edited', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const edited = (name: string): PluginDefinition => ({
      ...least,
      id: 'bad',
      migrations: [{ id: '1', statements: [`create table p_bad_rows (${name} {uuid} not null, company_id {uuid} not null) {table}`] }],
    })
    const first = await createEngine({ storage: sqlite(file), plugins: [edited('id')] })
    await first.stop()
    const error = await errorOf(createEngine({ storage: sqlite(file), plugins: [edited('other')] }))
    expect(error.code).toBe('plugin_schema_changed')
  })
})

test('plugins start behind those that they require, and stop in reverse', async () => {
  const said: string[] = []
  const telling = (id: string, requires: string[]): PluginDefinition => ({
    ...least,
    id,
    requires,
    start: async () => void said.push(`start ${id}`),
    stop: async () => void said.push(`stop ${id}`),
  })
  const { engine } = await createWorld({ plugins: [telling('third', ['second']), telling('second', ['first']), telling('first', [])] })
  await engine.start()
  await engine.stop()
  expect(said).toEqual(['start first', 'start second', 'start third', 'stop third', 'stop second', 'stop first'])
})

test('a plugin that does not start stops those before it, and says why', async () => {
  const said: string[] = []
  const well: PluginDefinition = { ...least, id: 'well', stop: async () => void said.push('stopped') }
  const ill: PluginDefinition = { ...least, id: 'ill', start: () => Promise.reject(new Error('no disk')) }
  const { engine } = await createWorld({ plugins: [well, ill] })
  const error = await errorOf(engine.start())
  expect([error.code, error.message]).toEqual(['plugin_start_failed', 'The plugin ill did not start: no disk'])
  expect(said).toEqual(['stopped'])
  await engine.stop()
})

test('a plugin that throws when it is stopped, or never ends, keeps nobody from it', async () => {
  const said: string[] = []
  const telling = (id: string, stop: () => unknown): PluginDefinition => ({
    ...least,
    id,
    // Plain JavaScript need not make a promise.
    stop: (() => stop()) as () => Promise<void>,
  })
  const last = telling('last', () => void said.push('stopped'))
  const throwing = telling('throwing', () => {
    throw new Error('no')
  })
  const endless = telling('endless', () => new Promise(() => undefined))
  const { engine } = await createWorld({ plugins: [last, throwing, endless], settings: { stopGraceMs: 20 } })
  await engine.start()
  await engine.stop()
  expect(said).toEqual(['stopped'])
})

test('a plugin that never starts is named in the log, and keeps nobody from stopping the engine', async () => {
  const said: string[] = []
  const named = Promise.withResolvers<unknown>()
  const well: PluginDefinition = { ...least, id: 'well', stop: async () => void said.push('stopped') }
  const endless: PluginDefinition = { ...least, id: 'endless', start: () => new Promise(() => undefined) }
  const silent = () => undefined
  const { engine } = await createWorld({
    plugins: [well, endless],
    settings: { stopGraceMs: 20 },
    // What it takes for slow is over at once.
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) },
    logger: { debug: silent, info: silent, error: silent, warn: (_, fields) => named.resolve(fields) },
  })
  const starting = errorOf(engine.start())
  expect(await named.promise).toEqual({ plugin: 'endless' })
  await engine.stop()
  expect((await starting).code).toBe('plugin_start_failed')
  expect(said).toEqual(['stopped'])
})

describe('the tables of a plugin', () => {
  const migrations = [{ id: '1', statements: ['create table p_bad_rows (id {uuid} primary key, company_id {uuid} not null) {table}'] }]
  const given = { title: 'Try', input: z.object({}), output: z.looseObject({}), access: 'tasks:create' } as const

  test.each<[string, string, PluginDefinition['commands']]>([
    [
      'a statement on a table of Engine',
      'names the table tasks',
      // Types allow its own tables only; plain JavaScript can name any.
      {
        go: command({
          ...given,
          handle: async ({ tables, companyId }) => ({
            rows: (
              await tables
                .selectFrom('tasks' as 'p_bad_rows')
                .selectAll()
                .where('company_id', '=', companyId)
                .execute()
            ).length,
          }),
        }),
      },
    ],
    [
      'a statement without the company',
      'does not name the company of the call',
      {
        go: command({
          ...given,
          handle: async ({ tables }) => ({ rows: (await tables.selectFrom('p_bad_rows').selectAll().execute()).length }),
        }),
      },
    ],
    [
      'a statement with another company',
      'does not name the company of the call',
      {
        go: command({
          ...given,
          handle: async ({ tables, newId }) => ({
            rows: (await tables.deleteFrom('p_bad_rows').where('company_id', '=', newId()).execute()).length,
          }),
        }),
      },
    ],
  ])('refuse %s', async (_, why, commands) => {
    const { engine, companyId } = await createWorld({ plugins: [{ ...least, id: 'bad', migrations, ...(commands && { commands }) }] })
    const error = await errorOf(engine.execute('bad.go', { input: { companyId }, actor: admin(companyId) }))
    expect([error.code, error.message]).toEqual(['plugin_table_refused', expect.stringContaining(why)])
    await engine.stop()
  })

  test('a command of a plugin that changes something and records no event is rolled back', async () => {
    const go = command({
      ...given,
      async handle({ tables, companyId, newId }) {
        await tables.insertInto('p_bad_rows').values({ id: newId(), company_id: companyId }).execute()
        return {}
      },
    })
    const { engine, companyId, watch } = await createWorld({ plugins: [{ ...least, id: 'bad', migrations, commands: { go } }] })
    expect((await errorOf(engine.execute('bad.go', { input: { companyId }, actor: admin(companyId) }))).code).toBe('internal')
    expect(await watch.query(`select * from ${watch.table('p_bad_rows')}`)).toEqual([])
    await engine.stop()
  })
})

describe('a policy', () => {
  test('says no inside the transaction, with what would satisfy it', async () => {
    const { engine, companyId } = await createWorld({ plugins: [fourEyes()] })
    const asking = { companyId, type: 'custom', subject: 'a server', payload: { costMicros: 5_000_000 } } as const
    const approval = await engine.as(admin(companyId, 'ann')).approvals.request(asking)
    const approving = { approvalId: approval.id, payloadHash: approval.payloadHash }
    const error = await errorOf(engine.as(admin(companyId, 'ann')).approvals.approve(approving))
    expect([error.code, error.details['operation']]).toEqual(['policy_refused', 'approvals.approve'])
    expect((await engine.approvals.get({ approvalId: approval.id })).status).toBe('pending')
    const approved = await engine.as(admin(companyId, 'bob')).approvals.approve(approving)
    expect(approved.status).toBe('approved')
    await engine.stop()
  })

  test('guards also calls that would be made many at once, and lets nothing through when it fails', async () => {
    const broken = definePlugin({ id: 'broken', ...least, policies: { 'tasks.create': () => Promise.reject(new Error('no idea')) } })
    const { engine, companyId } = await createWorld({ plugins: [broken] })
    const error = await errorOf(engine.tasks.create({ companyId, title: 'A' }))
    expect([error.code, error.kind]).toEqual(['policy_failed', 'unavailable'])
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'broken' })
    await engine.plugins.disable({ pluginId })
    expect((await engine.tasks.create({ companyId, title: 'A' })).title).toBe('A')
    await engine.stop()
  })

  test('that does not decide lets nothing through, and nobody wait for it', async () => {
    const silent = definePlugin({ id: 'silent', ...least, policies: { 'tasks.create': () => new Promise<void>(() => undefined) } })
    const { engine, companyId } = await createWorld({ plugins: [silent], settings: { policyMs: 20 } })
    const error = await errorOf(engine.tasks.create({ companyId, title: 'A' }))
    expect([error.code, error.message]).toEqual(['policy_failed', expect.stringContaining('did not answer within 20 ms')])
    expect((await engine.labels.create({ companyId, name: 'goes on' })).name).toBe('goes on')
    await engine.stop()
  })

  test('may be a plain function, which answers with nothing', async () => {
    const { companyId, engine } = await createWorld({
      plugins: [
        {
          ...least,
          id: 'plain',
          policies: {
            'tasks.create': ((context: { veto(message: string): never }, { title }: { title: string }) => {
              if (title === 'B') context.veto('no B')
            }) as unknown as () => Promise<void>,
          },
        },
      ],
    })
    expect((await engine.tasks.create({ companyId, title: 'A' })).title).toBe('A')
    const error = await errorOf(engine.tasks.create({ companyId, title: 'B' }))
    expect([error.code, error.message]).toEqual(['policy_refused', 'no B'])
    await engine.stop()
  })

  test('lets nothing through when its plugin was stopped for its failures, until an admin says so', async () => {
    const careful = definePlugin({ id: 'careful', ...least, policies: { 'tasks.create': async () => undefined } })
    const { engine, companyId } = await createWorld({ plugins: [careful] })
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'careful' })
    await engine.tasks.create({ companyId, title: 'A' })
    for (const isQuarantined of [true, false]) {
      const input = { pluginId, isQuarantined, reason: 'it crashed' }
      await engine.execute('plugins.stop', { input, actor: { kind: 'system', id: 'system' } })
      const error = await errorOf(engine.tasks.create({ companyId, title: 'B' }))
      expect([error.code, error.message]).toEqual(['policy_failed', expect.stringContaining('was stopped (it crashed)')])
      await engine.plugins.enable({ pluginId })
      await engine.tasks.create({ companyId, title: 'C' })
    }
    await engine.stop()
  })

  test('reads, and can change nothing', async () => {
    const meddling = definePlugin({
      id: 'meddling',
      ...least,
      policies: { 'labels.create': async ({ engine, companyId }) => void (await engine.labels.create({ companyId, name: 'another' })) },
    })
    const { engine, companyId } = await createWorld({ plugins: [meddling] })
    expect((await errorOf(engine.labels.create({ companyId, name: 'one' }))).code).toBe('rule_violated')
    await engine.stop()
  })
})

describe.each(['sqlite', 'pglite'])('a subscription on %s', (storage) => {
  test('hears every event of its type from its first start on, in order, and no other', async () => {
    const heard: AnyEvent[] = []
    const { engine, companyId } = await createWorld({ storage: await newStorage(storage), plugins: [listener(heard)] })
    await engine.start()
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await engine.labels.create({ companyId, name })
    await engine.goals.create({ companyId, title: 'Goal' })
    await heardBy(heard, names.length)
    expect(heard.map(({ data }) => data)).toMatchObject(names.map((name) => ({ name })))
    await engine.stop()
  })

  test('is told again what it refused, and parked when it goes on refusing; replayed, it misses nothing', async () => {
    const heard: AnyEvent[] = []
    let isRefusing = true
    const plugins = [listener(heard, () => isRefusing)]
    const { engine, companyId } = await createWorld({ storage: await newStorage(storage), plugins })
    await engine.start()
    for (const name of ['a', 'b']) await engine.labels.create({ companyId, name })
    await until(
      () => engine.plugins.list({ companyId }),
      ({ items }) => items[0]?.pluginId !== null,
    )
    const [plugin] = (await engine.plugins.list({ companyId })).items
    const pluginId = plugin?.pluginId ?? ''
    const [parked] = (await engine.plugins.subscriptions({ pluginId })).items
    expect(parked).toMatchObject({ status: 'parked', attempts: 8, reason: 'not now' })
    expect((await engine.plugins.logs({ pluginId })).items.length).toBe(8)
    isRefusing = false
    await engine.plugins.replay({ pluginId, subscription: 'labels' })
    await heardBy(heard, 2)
    expect(heard.map(({ data }) => data)).toMatchObject([{ name: 'a' }, { name: 'b' }])
    await engine.stop()
  })

  test('that never ends with an event is told it again, and says so', async () => {
    const heard: AnyEvent[] = []
    let tries = 0
    const stuck = definePlugin({
      id: 'listener',
      ...least,
      subscribe: {
        labels: {
          events: ['label.created'],
          handle: (_, event) => ((tries += 1) === 1 ? new Promise<void>(() => undefined) : Promise.resolve(void heard.push(event))),
        },
      },
    })
    // What it may take for one event is over at once.
    const clock = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 50), signal) }
    const { engine, companyId } = await createWorld({ storage: await newStorage(storage), plugins: [stuck], clock })
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'listener' })
    await engine.start()
    await engine.labels.create({ companyId, name: 'a' })
    await heardBy(heard, 1)
    const [entry] = (await engine.plugins.logs({ pluginId })).items
    expect(entry).toMatchObject({ level: 'error', message: expect.stringContaining('did not answer within') })
    await engine.stop()
  })

  test('that ended in the middle of an event is told it again by another process', async () => {
    if (storage !== 'sqlite') return
    const file = join(temporaryFolder(), 'engine.db')
    const hanging = definePlugin({
      id: 'listener',
      ...least,
      subscribe: { labels: { events: ['label.created'], handle: () => new Promise<void>(() => undefined) } },
    })
    const first = await createWorld({ storage: sqlite(file), plugins: [hanging], settings: { stopGraceMs: 50 } })
    await first.engine.start()
    await first.engine.labels.create({ companyId: first.companyId, name: 'half done' })
    const claimed = () => first.watch.query<{ fence: number }>(`select fence from ${first.watch.table('plugin_cursors')}`)
    await until(claimed, ([cursor]) => cursor?.fence === 1)
    await first.engine.stop()
    const heard: AnyEvent[] = []
    // Its claim is over by now.
    const clock = { ...systemClock, now: () => systemClock.now() + 120_000 }
    const second = await createEngine({ storage: sqlite(file), plugins: [listener(heard)], clock, settings: { pollMs: 20 } })
    await second.start()
    await heardBy(heard, 1)
    expect(heard[0]?.data).toMatchObject({ name: 'half done' })
    await second.stop()
  })

  test('waits while its plugin is disabled, and goes on where it was', async () => {
    const heard: AnyEvent[] = []
    const { engine, companyId } = await createWorld({ storage: await newStorage(storage), plugins: [listener(heard)] })
    await engine.start()
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'listener' })
    await engine.labels.create({ companyId, name: 'before' })
    await heardBy(heard, 1)
    await engine.plugins.disable({ pluginId })
    await engine.labels.create({ companyId, name: 'meanwhile' })
    const other = await engine.companies.create({ name: 'Other' })
    await engine.labels.create({ companyId: other.id, name: 'elsewhere' })
    await heardBy(heard, 2)
    expect(heard[1]?.companyId).toBe(other.id)
    await engine.plugins.enable({ pluginId })
    await heardBy(heard, 3)
    expect(heard[2]?.data).toMatchObject({ name: 'meanwhile' })
    await engine.stop()
  })
})
