import { expect, it, onTestFinished } from 'vitest'

import { EngineError, type Client } from '@engine/client'
import type { FrameContext, FromFrame, ToFrame } from '@engine/core/contract'

import { openBridge } from './bridge.ts'

const context: FrameContext = {
  companyId: 'acme',
  plugin: 'notes',
  slot: 'task',
  taskId: 'a task',
  agentId: null,
  locale: 'en',
  theme: { scheme: 'light', variables: {} },
}
const operations = [{ name: 'notes.list', route: 'GET /companies/:companyId/notes' }]

type Execute = Client['execute']

/** A bridge whose operations do this, and its other end. */
function bridged(execute: Execute) {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port2.close())
  const told: ToFrame[] = []
  const floods: number[] = []
  const waiting: (() => void)[] = []
  port2.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    told.push(data)
    for (const go of waiting.splice(0)) go()
  }
  // Of a client, only this is used.
  const client = { execute } as Client
  const bridge = openBridge({
    port: port1,
    client,
    context,
    operations,
    onHeight: () => undefined,
    onFlood: () => floods.push(told.length),
  })
  const ask = (id: number, operation = 'list', input: object = {}) =>
    port2.postMessage({ type: 'ask', id, operation, input } satisfies FromFrame)
  /** Resolves when so many messages came. */
  const heard = async (count: number) => {
    while (told.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
    return told
  }
  return { bridge, ask, heard, floods, told }
}

const never: Execute = () => new Promise(() => undefined)

it('tells a page where it is before anything else', async () => {
  const { heard } = bridged(never)
  expect(await heard(1)).toEqual([{ type: 'context', context }])
})

it('carries out what is its own, in the company that is looked at whatever the page says', async () => {
  const asked: unknown[] = []
  const { ask, heard } = bridged(async (name, input, options) => {
    asked.push([name, input, options?.route])
    return { items: [] }
  })
  ask(7, 'list', { companyId: 'another', limit: 3 })
  expect((await heard(2)).at(-1)).toEqual({ type: 'answer', id: 7, value: { items: [] } })
  expect(asked).toEqual([['notes.list', { companyId: 'acme', limit: 3 }, operations[0]?.route]])
})

it.each(['remove', 'tasks.list', '../tasks.list', 'list ', '', 'toString'])('carries out nothing called "%s"', async (operation) => {
  const { ask, heard } = bridged(async () => expect.unreachable())
  ask(1, operation)
  expect((await heard(2)).at(-1)).toMatchObject({ type: 'answer', id: 1, problem: { code: 'capability_denied', kind: 'denied' } })
})

it('says why something failed as the API says it, and of anything else only that it failed', async () => {
  const failures = [
    new EngineError('Not now.', { code: 'plugin_disabled', kind: 'rule', details: { plugin: 'notes' } }),
    new Error('a defect'),
  ]
  const { ask, heard } = bridged(async () => Promise.reject(failures.shift() ?? new Error()))
  ask(1)
  await heard(2)
  ask(2)
  expect((await heard(3)).slice(1)).toMatchObject([
    { id: 1, problem: { code: 'plugin_disabled', kind: 'rule', message: 'Not now.', details: { plugin: 'notes' } } },
    { id: 2, problem: { code: 'internal', kind: 'internal' } },
  ])
})

it('has eight questions under way at most, and takes more when one is answered', async () => {
  const open: ((value: unknown) => void)[] = []
  const { ask, heard } = bridged(() => new Promise((resolve) => open.push(resolve)))
  for (let id = 1; id <= 9; id += 1) ask(id)
  expect((await heard(2)).at(-1)).toMatchObject({ id: 9, problem: { code: 'rate_limited' } })
  expect(open).toHaveLength(8)
  open[0]?.('answered')
  await heard(3)
  ask(10)
  ask(11)
  expect((await heard(4)).at(-1)).toMatchObject({ id: 11, problem: { code: 'rate_limited' } })
  expect(open).toHaveLength(9)
})

it('hears nothing more of a page that sends too much, and says so once', async () => {
  const { ask, floods, told } = bridged(async () => 'answered')
  for (let id = 1; id <= 2_000; id += 1) ask(id)
  await expect.poll(() => floods.length).toBe(1)
  expect(told.length).toBeLessThan(700)
})

it('ends what is under way when it is closed, and tells the page nothing more', async () => {
  const signals: (AbortSignal | undefined)[] = []
  const { bridge, ask, heard, told } = bridged((_, __, options) => {
    signals.push(options?.signal)
    return never('', {})
  })
  await heard(1)
  ask(1)
  await expect.poll(() => signals.length).toBe(1)
  bridge.close()
  bridge.changed(null)
  expect(signals[0]?.aborted).toBe(true)
  expect(told).toHaveLength(1)
})
