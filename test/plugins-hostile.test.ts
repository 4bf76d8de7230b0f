import { resolve } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import type { Engine, JsonObject } from '@engine/core'
import { isolatedPlugin } from '@engine/core/plugin'
import type { IsolatedOptions } from '@engine/core/plugin'

import { createWorld, errorOf, until } from './support/engine.ts'

const root = resolve(import.meta.dirname, 'support/plugins')
const anything = { type: 'object', properties: { how: { type: 'string' }, other: { type: 'string' }, number: { type: 'number' } } }
const limits = { memoryBytes: 128 * 1024 * 1024, silentMs: 2_000, callMs: 4_000, restartMs: 1 }

/** The hostile module as a plugin of this name, which may list tasks. */
function hostile(id: string, more: Partial<IsolatedOptions> = {}) {
  const given = { title: 'Try', access: 'tasks:create', input: anything } as const
  return isolatedPlugin({
    manifest: {
      id,
      version: '1.0.0',
      engine: '^1',
      capabilities: { operations: ['tasks.list'] },
      operations: { attack: given, tasks: given, answer: given },
      subscribe: { heard: { events: ['label.created'] } },
    },
    root,
    entry: resolve(root, 'hostile.mjs'),
    limits,
    ...more,
  })
}

/** Installs a plugin in a company and approves what it asks for. */
async function installed(engine: Engine, companyId: string, plugin: string): Promise<string> {
  const { id } = await engine.plugins.install({ companyId, plugin })
  const { items } = await engine.approvals.list({ companyId, status: 'pending' })
  const approval = items.find(({ subject }) => subject === id)
  await engine.approvals.approve({ approvalId: approval?.id ?? '', payloadHash: approval?.payloadHash ?? '' })
  return id
}

async function open(ids: readonly string[], more: Partial<IsolatedOptions> = {}) {
  const world = await createWorld({ plugins: ids.map((id) => hostile(id, more)) })
  const { engine, companyId } = world
  onTestFinished(() => engine.stop())
  const pluginIds = new Map<string, string>()
  for (const id of ids) pluginIds.set(id, await installed(engine, companyId, id))
  await engine.start()
  const call = async (plugin: string, operation: string, input: JsonObject): Promise<unknown> => {
    const answer = await engine.execute(`${plugin}.${operation}`, {
      input: { companyId, ...input },
      actor: { kind: 'system', id: 'system' },
    })
    return Object(answer).result
  }
  return { ...world, pluginIds, call }
}

/** What each of them is stopped by; what is an answer harms nobody by itself. */
const attacks: Readonly<Record<string, RegExp>> = {
  throw: /: no\.$/,
  rejectLater: /ended with code 1/,
  exit: /ended with code 3/,
  abort: /ended by SIGABRT/,
  loop: /did not answer a heartbeat/,
  blockLong: /did not answer a heartbeat/,
  heap: /too much memory|ended by SIGABRT/,
  arrayBuffer: /too much memory/,
  fileDescriptors: /restricted/,
  fork: /can not import node:child_process/,
  flood: /too many messages/,
  longMessage: /message that is too long/,
  brokenPipe: /did not answer a heartbeat/,
  prototype: /answered|invalid_input/,
}

test(
  'fourteen hostile plugins harm nobody: the host lives, and another plugin answers every call meanwhile',
  { timeout: 180_000 },
  async () => {
    const names = Object.keys(attacks)
    const ids = names.map((_, index) => `hostile${index}`)
    const { engine, companyId, call } = await open([...ids, 'canary'])
    const waits: number[] = []
    let isOver = false
    const canary = (async () => {
      for (let number = 0; !isOver; number += 1) {
        const since = performance.now()
        expect(await call('canary', 'answer', { number })).toBe(number)
        waits.push(performance.now() - since)
        await new Promise((next) => setTimeout(next, 50))
      }
    })()
    const outcomes: Record<string, string> = {}
    // Two at a time, on a machine of two cores.
    const left = names.entries()
    const attackAll = async () => {
      for (const [index, how] of left) {
        const answer = await call(`hostile${index}`, 'attack', { how }).then(
          (value) => `answered ${JSON.stringify(value)}`,
          (error: unknown) => `${String(Object(error).code)} ${String(Object(error).message)}`,
        )
        outcomes[how] = answer
      }
    }
    await Promise.all([attackAll(), attackAll()])
    isOver = true
    await canary
    for (const how of names) expect([how, outcomes[how]]).toEqual([how, expect.stringMatching(attacks[how] ?? /$^/)])
    const failed = names.filter((how) => outcomes[how]?.startsWith('plugin_failed'))
    expect(failed).toEqual(names.filter((how) => how !== 'prototype'))
    expect(Reflect.get({}, 'isPolluted')).toBeUndefined()
    expect((await engine.tasks.create({ companyId, title: 'Still here' })).title).toBe('Still here')
    const sorted = waits.toSorted((left, right) => left - right)
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0
    process.stdout.write(
      `${names.length}/${names.length} contained, ${waits.length} calls of the canary answered, p99 ${p99.toFixed(1)} ms\n`,
    )
  },
)

describe('an isolated plugin', () => {
  test('reaches nothing around it: no process, no environment, no file, no network, no code from text', async () => {
    const { call, engine, companyId } = await open(['spy'])
    const tries = ['killHost', 'wakeInspector', 'readFiles', 'connect', 'requireConnect', 'builtin', 'fetch', 'evaluate']
    for (const how of tries) expect([how, (await errorOf(call('spy', 'attack', { how }))).code]).toEqual([how, 'plugin_failed'])
    expect(await call('spy', 'attack', { how: 'readEnvironment' })).toBe('')
    expect(await call('spy', 'answer', { number: 7 })).toBe(7)
    expect((await engine.companies.get({ companyId })).name).toBe('Acme')
  })

  test('does in its own company what it was granted, and nothing else', async () => {
    const { call, engine, companyId } = await open(['asker'])
    const other = await engine.companies.create({ name: 'Other' })
    await engine.tasks.create({ companyId, title: 'Mine' })
    expect(await call('asker', 'tasks', {})).toMatchObject({ items: [{ title: 'Mine' }] })
    const refusals = [
      await errorOf(call('asker', 'attack', { how: 'otherCompany', other: other.id })),
      await errorOf(call('asker', 'attack', { how: 'ungranted' })),
      await errorOf(call('asker', 'attack', { how: 'otherHost' })),
    ]
    expect(refusals.map(({ message }) => message)).toEqual([
      expect.stringContaining('There is no company'),
      expect.stringContaining('was not granted the operation labels.create'),
      expect.stringContaining('was granted no request to example.com'),
    ])
    expect((await engine.labels.list({ companyId })).items).toEqual([])
    const { items } = await engine.events.list({ companyId, limit: 100 })
    expect(items.filter(({ type }: { type: string }) => type === 'asker.called')).toHaveLength(1)
  })

  test('is asked nothing back when its call is over, also while it does something else', async () => {
    const { call } = await open(['late'])
    expect(await call('late', 'attack', { how: 'askLater' })).toBe('over')
    expect(await call('late', 'attack', { how: 'hearLater' })).toBe('capability_denied')
  })

  test('is started again after a crash, and quarantined after five, until an admin enables it', async () => {
    const { call, engine, pluginIds } = await open(['crashing'])
    const pluginId = pluginIds.get('crashing') ?? ''
    for (let times = 0; times < 4; times += 1) {
      expect((await errorOf(call('crashing', 'attack', { how: 'exit' }))).code).toBe('plugin_failed')
      expect(await call('crashing', 'answer', { number: times })).toBe(times)
    }
    await errorOf(call('crashing', 'attack', { how: 'exit' }))
    const stopped = await until(
      () => engine.plugins.get({ pluginId }),
      ({ status }) => status === 'quarantined',
    )
    expect(stopped.reason).toContain('5 crashes, the last one because it ended with code 3')
    expect((await errorOf(call('crashing', 'answer', { number: 1 }))).code).toBe('plugin_unavailable')
    await engine.plugins.enable({ pluginId })
    expect(await call('crashing', 'answer', { number: 1 })).toBe(1)
  })

  test('hears events, and keeps something for each company', async () => {
    const { engine, companyId, watch } = await open(['hearing'])
    await engine.labels.create({ companyId, name: 'heard of' })
    const look = () => watch.query<{ value: string }>(`select value from ${watch.table('plugin_state')} where plugin = ?`, ['hearing'])
    const [row] = await until(look, (rows) => rows.length === 1)
    expect(row?.value).toBe('"heard of"')
  })
})
