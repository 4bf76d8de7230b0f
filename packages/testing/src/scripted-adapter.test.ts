import { expect, it } from 'vitest'

import { createRedactor, silentLogger, type AdapterEvent, type RunContext } from '@engine/core/plugin'

import { createFakeClock } from './clock.ts'
import { recordingMeter } from './recording-meter.ts'
import { costs, crashes, ends, hangs, inTurn, scriptedAdapter, takes, zombie, type ScriptedAdapter } from './scripted-adapter.ts'

const context: RunContext = {
  spec: 'engine.run-context.v1',
  mode: 'fat',
  tokens: { budget: 32_000, used: 100 },
  omitted: [],
  run: { id: 'run', attempt: 1, wakeReasons: [], fence: 1 },
  company: { id: 'company', name: 'Acme' },
  agent: { id: 'agent', name: 'Ada', role: 'writer', title: null, instructions: null },
  goals: [],
  task: {
    id: 'task',
    identifier: 'ACM-1',
    title: 'Write',
    description: null,
    priority: 'medium',
    origin: 'person',
    acceptanceCriteria: [],
    tags: [],
    context: {},
  },
  comments: [],
  blockers: [],
  feedback: [],
  knowledge: { about: '', entries: [], omitted: [], moreOmitted: 0, usedEmbeddings: false },
  preferences: {},
  interactions: [],
}

/** One run as a dispatcher makes it. */
function begin(adapter: ScriptedAdapter) {
  const stop = new AbortController()
  const emitted: AdapterEvent[] = []
  const emit = async (event: AdapterEvent) => void emitted.push(event)
  const turn = { context, session: null, tools: [], meter: recordingMeter(), signal: stop.signal, emit }
  const outcome = adapter
    .start({ config: {}, runId: 'run', env: {}, redactor: createRedactor([]), logger: silentLogger, cap: null })
    .then((session) => session.run(turn))
  return { outcome, emitted, stop: () => stop.abort('cancelled') }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

it('is done at once when nothing else was said, and remembers its turns', async () => {
  const adapter = scriptedAdapter()
  expect(await begin(adapter).outcome).toEqual({ kind: 'done' })
  expect(adapter.turns.map((turn) => turn.context.task.identifier)).toEqual(['ACM-1'])
  expect(adapter).toMatchObject({ type: 'scripted', metering: 'none' })
  expect(scriptedAdapter({ type: 'metered', metering: 'call' })).toMatchObject({ type: 'metered', metering: 'call' })
})

it('follows the script of the task before the one of the agent before its own', async () => {
  const adapter = scriptedAdapter()
  const says = (message: string) => ends({ kind: 'failed', class: 'refused', message })
  adapter.script = says('own')
  const heard: unknown[] = []
  for (const name of ['nobody', 'Ada', 'agent', 'ACM-1', 'task']) {
    adapter.scripts.set(name, says(name))
    heard.push(await begin(adapter).outcome)
  }
  expect(heard).toMatchObject([{ message: 'own' }, { message: 'Ada' }, { message: 'agent' }, { message: 'ACM-1' }, { message: 'task' }])
})

it('plays scripts in turn and stays with the last', async () => {
  const adapter = scriptedAdapter()
  adapter.script = inTurn(crashes('first'), ends({ kind: 'needs_review' }))
  await expect(begin(adapter).outcome).rejects.toThrow('first')
  expect(await begin(adapter).outcome).toEqual({ kind: 'needs_review' })
  expect(await begin(adapter).outcome).toEqual({ kind: 'needs_review' })
})

it('reports costs before it goes on', async () => {
  const adapter = scriptedAdapter()
  adapter.script = costs({ inputTokens: 10, costMicros: 5 }, ends({ kind: 'needs_review' }))
  const run = begin(adapter)
  expect(await run.outcome).toEqual({ kind: 'needs_review' })
  expect(run.emitted).toEqual([{ type: 'usage', usage: { inputTokens: 10, costMicros: 5 } }])
})

it('takes its time, unless it is told to stop', async () => {
  const clock = createFakeClock()
  const adapter = scriptedAdapter()
  adapter.script = takes(1_000, undefined, clock)
  const [patient, stopped] = [begin(adapter), begin(adapter)]
  await nextTurn()
  stopped.stop()
  expect(await stopped.outcome).toMatchObject({ kind: 'failed', message: 'told to stop: cancelled' })
  await clock.advance(1_000)
  expect(await patient.outcome).toEqual({ kind: 'done' })
})

it('hangs until it is told to stop', async () => {
  const adapter = scriptedAdapter()
  adapter.script = hangs()
  const run = begin(adapter)
  expect(await Promise.race([run.outcome, nextTurn().then(() => 'hangs')])).toBe('hangs')
  run.stop()
  expect(await run.outcome).toMatchObject({ kind: 'failed', class: 'transient' })
})

it('goes on as a zombie after it was told to stop', async () => {
  const adapter = scriptedAdapter()
  const release = Promise.withResolvers<void>()
  adapter.script = zombie(release.promise, costs({ costMicros: 1 }))
  const run = begin(adapter)
  run.stop()
  expect(await Promise.race([run.outcome, nextTurn().then(() => 'still there')])).toBe('still there')
  release.resolve()
  expect(await run.outcome).toEqual({ kind: 'done' })
  expect(run.emitted).toHaveLength(1)
})
