import { expect, test } from 'vitest'
import { z } from 'zod'

import type { AgentAdapter, Hold, JsonObject } from '@engine/core/plugin'

import { costs, crashes, ends, scriptedAdapter, type Script } from '../scripted-adapter.ts'
import { contract } from './contract.ts'
import { events } from './events.ts'
import { callMeters, eventMeters } from './meters.ts'
import { report } from './report.ts'
import { runs } from './runs.ts'
import type { AdapterToTest, Scene } from './scenes.ts'
import { stops } from './stops.ts'

const tests = { ...contract, ...runs, ...callMeters, ...eventMeters, ...stops, ...events, ...report }
const secret = 'canary-4711'

/** An adapter with one defect, whatever scene is opened. */
function broken({ script, scene, ...others }: { script?: Script; scene?: Partial<Scene> } & Partial<AgentAdapter>): AdapterToTest {
  const open = () => ({ config: {}, ...scene })
  let written = 0
  const flood = () => ({ config: {}, written: () => (written += 1_000), total: 100_000 })
  return {
    name: 'a broken adapter',
    create() {
      const adapter = scriptedAdapter()
      adapter.script = script ?? works
      return { ...adapter, ...others }
    },
    leastConfig: {},
    scenes: { works: open, fails: open, hangs: open, babbles: open, floods: flood, misconfigured: open },
    secrets: [secret],
  }
}

const works: Script = async (turn) => {
  await turn.emit({ type: 'comment', body: turn.context.task.title })
  return { kind: 'done' }
}

const talksAfterwards: Script = async ({ emit, signal }) => {
  await emit({ type: 'log', stream: 'stdout', text: 'one' })
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  setTimeout(() => void emit({ type: 'log', stream: 'stdout', text: 'two' }), 20)
  return { kind: 'failed', class: 'transient', message: 'stopped' }
}

const doesNotWait: Script = async ({ emit }) => {
  void emit({ type: 'comment', body: 'one' })
  void emit({ type: 'comment', body: 'two' })
  return { kind: 'done' }
}

const swallows: Script = async ({ emit }) => {
  await emit({ type: 'comment', body: 'one' }).catch(() => undefined)
  return { kind: 'done' }
}

/** All runs of it say what the first of them was about. */
function mixesUp(): Script {
  let first: string | undefined
  return async (turn) => {
    first ??= turn.context.task.title
    await turn.emit({ type: 'comment', body: first })
    return { kind: 'done' }
  }
}

const remembersTooMuch: Script = async ({ emit }) => {
  await emit({ type: 'session', state: { all: 'x'.repeat(70_000) } })
  return { kind: 'done' }
}

const call = { provider: 'p', model: 'm', inputTokens: 10, maxOutputTokens: 5 }

/** Calls a model, and does with its hold what it should not. */
function meddles(end: (hold: Hold) => Promise<void>): Partial<AgentAdapter> & { script: Script } {
  const script: Script = async (turn) => {
    const hold = await turn.meter.reserve(call)
    await turn.emit({ type: 'comment', body: turn.context.task.title })
    await end(hold)
    return { kind: 'done' }
  }
  return { metering: 'call', script }
}

const callsAnyway: Script = async ({ meter }) => {
  await meter.reserve(call).catch(() => undefined)
  return { kind: 'done' }
}

const loose: JsonObject = {}
const says = (message: string) => async () => ({ checks: [{ name: 'all', status: 'passed' as const, message }] })

/** Each test, and what must not get through it. */
const defects: readonly [keyof typeof tests, AdapterToTest][] = [
  ['says which port it speaks, and its name', broken({ type: 'Not A Name' })],
  ['refuses a member of a configuration that it does not know', broken({ configSchema: z.looseObject(loose) })],
  [
    'fills in the rest of a configuration, which can be stored as JSON',
    broken({ configSchema: z.strictObject({}).transform(() => new Date()) }),
  ],
  ['states how far spending can pass a limit', broken({ overshoot: ' ' })],
  ['holds money before each call of a model, and ends each hold once', broken(meddles(async () => undefined))],
  [
    'holds money before each call of a model, and ends each hold once',
    broken(meddles(async (hold) => hold.settle({}).then(() => hold.release()))),
  ],
  ['settles no more than it held', broken(meddles((hold) => hold.settle({ provider: 'p', model: 'm', inputTokens: 11 })))],
  ['makes no call that the budget does not allow', broken({ metering: 'call', script: callsAnyway })],
  ['ends its hold once when the run is stopped', broken(meddles((hold) => hold.release()))],
  ['ends its hold once when its agent fails', broken(meddles(async () => undefined))],
  ['tells by events what it used, and holds nothing', broken({ scene: { usage: { inputTokens: 1 } } })],
  ['begins no work before a run', broken({ scene: { begun: () => 1 } })],
  ['ends well when its agent does', broken({ script: ends({ kind: 'failed', class: 'unknown', message: 'It did not.' }) })],
  ['ends as failed when its agent fails, and does not reject', broken({ script: crashes() })],
  ['ends as failed when nobody can read what its agent says', broken({})],
  ['counts what it used in whole amounts that add up', broken({ script: costs({ inputTokens: 1.5 }) })],
  ['counts what it used in whole amounts that add up', broken({ script: costs({ inputTokens: 1 }), scene: { usage: { inputTokens: 2 } } })],
  ['goes on from what the last run left', broken({ script: remembersTooMuch })],
  ['keeps two runs at once apart', broken({ script: mixesUp() })],
  ['begins nothing when it was stopped before', broken({})],
  ['ends as failed when it is stopped, and is silent then', broken({ script: talksAfterwards })],
  ['ends as failed when it is stopped while an event is being taken', broken({})],
  ['waits until each event is taken', broken({ script: doesNotWait })],
  ['lets no agent write faster than its events are taken', broken({})],
  ['does not end well when an event was refused', broken({ script: swallows })],
  ['reports that a configuration works', broken({ test: async () => ({ checks: [] }) })],
  ['reports that a configuration can not work', broken({ test: says('All is well.') })],
  ['ends a test that is stopped', broken({ test: ({ signal }) => Promise.reject(new Error(String(signal.reason))) })],
  ['tells nobody a secret', broken({ test: says(`The key is ${secret}.`) })],
  ['tells nobody a secret', broken({ script: crashes(`The key is ${secret}.`) })],
]

const told = {
  skip(reason: string): never {
    throw new TypeError(`It was skipped: ${reason}`)
  },
}

test.each(defects)('is seen by "%s"', async (name, target) => {
  const seen = await tests[name]?.(target, told).then(
    () => 'nothing',
    (error: unknown) => (error instanceof TypeError ? error.message : 'the defect'),
  )
  expect(seen).toBe('the defect')
})

test('there is a defect for every test', () => {
  expect(Object.keys(tests).filter((name) => !defects.some(([seen]) => seen === name))).toEqual([])
})
