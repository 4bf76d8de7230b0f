import { expect, it, onTestFinished } from 'vitest'

import { createWorld, until, type World } from './support/engine.ts'
import { ends, inTurn, type Script } from '@engine/testing'

/** Lets an agent work on one task, to the end of its only attempt. */
async function runOnce(script: Script): Promise<World & { taskId: string; run: Awaited<ReturnType<World['engine']['runs']['get']>> }> {
  const world = await createWorld()
  const { engine, companyId, agentId, adapter } = world
  onTestFinished(() => engine.stop())
  adapter.script = script
  const { id: taskId } = await engine.tasks.create({ companyId, title: 'Try it', status: 'todo', assigneeAgentId: agentId, maxAttempts: 1 })
  await engine.start()
  const seen = await until(
    () => engine.runs.list({ companyId, taskId }),
    ({ items }) => items.length > 0 && items.every(({ status }) => status !== 'queued' && status !== 'running'),
  )
  const run = await engine.runs.get({ runId: seen.items[0]?.id ?? '' })
  return { ...world, taskId, run }
}

/** What a program in JavaScript may give where the types say otherwise. */
const asOutcome = (value: unknown) => value as Awaited<ReturnType<Script>>

it('a summary that names the escape of a NUL character ends its run as any other', async () => {
  const summary = String.raw`I removed \u0000 and "\\u0000" from the file`
  const { engine, run } = await runOnce(async () => ({ kind: 'done', summary }))
  expect(run).toMatchObject({ status: 'succeeded' })
  expect((await engine.tasks.get({ taskId: run.taskId })).status).toBe('done')
})

it.each([
  ['nothing', undefined],
  ['a number that is no JSON', { kind: 'done', summary: 5n }],
  ['a word', 'done'],
])('an adapter that ends with %s fails its run and does not hang', async (_, value) => {
  const { run } = await runOnce(async () => asOutcome(value))
  expect(run).toMatchObject({ status: 'failed', errorClass: 'bad_request' })
  expect(run.errorMessage).toContain('an outcome that is none')
})

it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])('usage of %s tokens keeps no run from ending', async (inputTokens) => {
  const { run } = await runOnce(async (turn) => {
    await turn.emit({ type: 'usage', usage: { inputTokens, outputTokens: 7 } })
    return { kind: 'done' }
  })
  expect(run).toMatchObject({ status: 'succeeded', usage: { outputTokens: 7 } })
})

it.each([
  ['is too large', { thread: 'x'.repeat(70_000) }, 'larger than 64 KiB'],
  ['can not be stored', { thread: 'x\0' }, 'NUL'],
])('a session that %s is refused when it is left, and its run fails with the reason', async (_, state, why) => {
  const { run } = await runOnce(async (turn) => {
    await turn.emit({ type: 'session', state })
    return { kind: 'done' }
  })
  expect(run).toMatchObject({ status: 'failed', errorClass: 'bad_request' })
  expect(run.errorMessage).toContain(why)
})

it('a log that comes in one piece of three megabytes is kept', async () => {
  const { engine, run } = await runOnce(async (turn) => {
    await turn.emit({ type: 'log', stream: 'stdout', text: 'ü'.repeat(1_500_000) })
    return { kind: 'done' }
  })
  expect(run.status).toBe('succeeded')
  const { items } = await engine.runs.log({ runId: run.id, limit: 100 })
  expect(items.map(({ text }) => text).join('')).toBe('ü'.repeat(1_500_000))
})

it('what an agent says and Engine refuses fails its run, and is no defect of how the agent is set up', async () => {
  const { engine, agentId, run } = await runOnce(async (turn) => {
    await turn.emit({ type: 'comment', body: 'x'.repeat(70_000) })
    return { kind: 'done' }
  })
  expect(run).toMatchObject({ status: 'failed', errorClass: 'bad_request' })
  expect((await engine.agents.get({ agentId })).status).toBe('idle')
})

it.each([
  ['a message of a page', { message: 'x'.repeat(20_000) }, { errorMessage: 'x'.repeat(10_000) }],
  ['a wait of a part of a millisecond', { message: 'busy', retryAfterMs: 0.5 }, { outcome: { retryAfterMs: 1 } }],
  ['a wait of two days', { message: 'busy', retryAfterMs: 2 * 86_400_000 }, { outcome: { retryAfterMs: 86_400_000 } }],
])('an adapter that fails with %s fails as the class that it says', async (_, more, seen) => {
  const { engine, companyId, agentId, adapter } = await createWorld()
  onTestFinished(() => engine.stop())
  adapter.script = inTurn(async () => ({ kind: 'failed', class: 'overloaded', ...more }), ends({ kind: 'done' }))
  const { id: taskId } = await engine.tasks.create({ companyId, title: 'Try it', assigneeAgentId: agentId })
  await engine.start()
  const run = await until(
    async () => (await engine.runs.list({ companyId, taskId })).items[0],
    (first) => first?.status === 'failed',
  )
  expect(run).toMatchObject({ errorClass: 'overloaded', ...seen })
})

it('work whose summary is longer than what is kept is done, and its summary cut', async () => {
  const { run, engine, taskId } = await runOnce(async () => ({ kind: 'done', summary: '🙂'.repeat(10_000) }))
  expect(run).toMatchObject({ status: 'succeeded', outcome: { kind: 'done', summary: '🙂'.repeat(5_000) } })
  expect((await engine.tasks.get({ taskId })).status).toBe('done')
})

/** What is thrown where the types promise nothing. */
const thrown: readonly (readonly [string, unknown, string])[] = [
  ['nothing that has a text', Object.create(null), 'The adapter threw something that has no text.'],
  ['an error whose message is none', Object.assign(new Error('x'), { message: undefined }), 'undefined'],
  ['an error whose message is another', Object.assign(new Error('x'), { message: 42 }), '42'],
  ['an error without a message', new RangeError(''), 'RangeError without a message.'],
  ['a symbol', Symbol('stop'), 'Symbol(stop)'],
]

it.each(thrown)('an adapter that throws %s fails its run at once', async (_, error, message) => {
  const { run } = await runOnce(async () => {
    throw error
  })
  expect(run).toMatchObject({ status: 'failed', errorClass: 'unknown', errorMessage: message })
})

it('an adapter whose outcome can not be looked at fails its run at once', async () => {
  const outcome = {
    get kind(): string {
      throw new Error('broken')
    },
  }
  const { run } = await runOnce(async () => asOutcome(outcome))
  expect(run).toMatchObject({ status: 'failed', errorClass: 'bad_request' })
})

it.each([
  ['a time that is none', { retryAfterMs: Number('Wed, 21 Oct 2026 07:28:00 GMT') * 1_000 }],
  ['a time without end', { retryAfterMs: Number.POSITIVE_INFINITY }],
])('an adapter that fails with %s fails as the class that it says', async (_, more) => {
  const { run } = await runOnce(async () => asOutcome({ kind: 'failed', class: 'transient', message: 'cut off', ...more }))
  expect(run).toMatchObject({ errorClass: 'transient', outcome: { kind: 'failed', class: 'transient', message: 'cut off' } })
})

it.each([
  [0 / 0, 0],
  [Number.POSITIVE_INFINITY, 100],
])('a progress of %s keeps no run from ending, nor does a long message', async (percent, shown) => {
  const { engine, taskId, run } = await runOnce(async ({ emit }) => {
    await emit({ type: 'progress', percent, message: 'x'.repeat(2_000) })
    return { kind: 'needs_review' }
  })
  expect(run.status).toBe('succeeded')
  expect((await engine.tasks.get({ taskId })).progress).toEqual({ percent: shown, message: 'x'.repeat(1_000) })
})

it('the run of an adapter that ends with nothing when its host stops is handed back', async () => {
  const { engine, companyId, agentId, adapter } = await createWorld({ settings: { stopGraceMs: 0 } })
  adapter.script = async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return asOutcome(undefined)
  }
  const ended: string[] = []
  engine.on('run.cancelled', ({ data }) => void ended.push(data.reason))
  await engine.tasks.create({ companyId, title: 'Try it', assigneeAgentId: agentId })
  await engine.start()
  await until(
    async () => adapter.turns.length,
    (turns) => turns === 1,
  )
  await engine.stop()
  expect(ended).toEqual(['host_stopping'])
})

it('an adapter that does not heed the stop of its host keeps it no longer than the host waits', async () => {
  // An adapter that is told to stop by anything else has far longer than this test.
  const { engine, companyId, agentId, adapter } = await createWorld({ settings: { stopGraceMs: 0, stopMs: 50 } })
  adapter.script = async () => new Promise<never>(() => undefined)
  await engine.tasks.create({ companyId, title: 'Try it', assigneeAgentId: agentId })
  await engine.start()
  await until(
    async () => adapter.turns.length,
    (turns) => turns === 1,
  )
  await expect(engine.stop()).resolves.toBeUndefined()
})
