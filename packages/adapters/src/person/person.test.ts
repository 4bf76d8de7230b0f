import { testAgentAdapter } from '@engine/testing/adapters'
import { describe, expect, test } from 'vitest'

import type { RunContext } from '@engine/core/plugin'

import { anyContext, runAdapter, type RunOptions } from '../program/fixtures.ts'
import { personAdapter } from './index.ts'
import { renderRequest } from './request.ts'

const doing = 'nothing of it runs: it waits in the inbox of a person'

testAgentAdapter({
  name: 'the person adapter',
  create: personAdapter,
  leastConfig: {},
  skip: {
    'ends as failed when its agent fails, and does not reject': 'a person who can not do it says so, which is blocked',
    'ends as failed when it is stopped, and is silent then': doing,
    'ends as failed when it is stopped while an event is being taken': doing,
  },
  scenes: { works: () => ({ config: {} }), fails: () => ({ config: {} }), hangs: () => ({ config: {} }) },
})

type Interaction = RunContext['interactions'][number]

/** The question of a run that waited, as the same run finds it with its answer. */
async function answered(given: Partial<Interaction>, { config = {}, runId = 'run' }: { config?: object; runId?: string } = {}) {
  const first = await runAdapter(personAdapter(), { ...config })
  const session = first.events.findLast((event) => event.type === 'session')?.state ?? null
  const prompt = renderRequest(anyContext)
  const interaction: Interaction = {
    id: 'i',
    kind: 'question',
    origin: 'agent',
    prompt,
    status: 'answered',
    answer: null,
    answeredBy: 'user:kim',
    answeredAt: null,
    ...given,
  }
  const context = { ...anyContext, run: { ...anyContext.run, id: runId }, interactions: [interaction] }
  const options: RunOptions = { context, session }
  return { first, next: await runAdapter(personAdapter(), { ...config }, options) }
}

describe('a person who is asked', () => {
  test('is told the task, and the run waits', async () => {
    const { first } = await answered({})
    expect(first.outcome).toMatchObject({
      kind: 'waiting',
      interaction: { answerer: 'anyone', ask: { prompt: expect.stringContaining('ENG-1: Try it') } },
    })
  })

  test('hands in what they made', async () => {
    const { next } = await answered({ answer: { choice: 'done', text: '12 chairs' } })
    expect(next.outcome).toEqual({ kind: 'needs_review' })
    expect(next.events).toEqual([
      { type: 'session', state: null },
      { type: 'deliverable', title: 'Try it', content: '12 chairs', contentType: 'text/markdown' },
    ])
  })

  test('is done with a word, or without one', async () => {
    const config = { onDone: 'done' }
    expect((await answered({ answer: { text: '12 chairs' } }, { config })).next.outcome).toEqual({ kind: 'done', summary: '12 chairs' })
    expect((await answered({ answer: { choice: 'done' } })).next.outcome).toEqual({ kind: 'done' })
  })

  test('says what keeps it from being done', async () => {
    const { next } = await answered({ answer: { choice: 'blocked', text: 'No key.' } })
    expect(next.outcome).toEqual({ kind: 'blocked', reason: 'No key.', owner: 'user:kim' })
    expect((await answered({ answer: { choice: 'blocked' } })).next.outcome).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('can not'),
    })
  })

  test.each(['expired', 'cancelled'])('who let it be %s leaves the work blocked', async (status) => {
    expect((await answered({ status })).next.outcome).toMatchObject({ kind: 'blocked', reason: expect.stringContaining(status) })
  })

  test('is asked again by the next run, and while nothing was decided', async () => {
    expect((await answered({ answer: { choice: 'done' } }, { runId: 'another' })).next.outcome).toMatchObject({ kind: 'waiting' })
    expect((await answered({ status: 'pending' })).next.outcome).toMatchObject({ kind: 'waiting' })
    expect((await answered({ prompt: 'What somebody else asked.' })).next.outcome).toMatchObject({ kind: 'waiting' })
  })
})

test('a request fits into a question, with the newest review at its beginning', () => {
  const context = {
    ...anyContext,
    task: { ...anyContext.task, description: '🪑'.repeat(9_000) },
    feedback: [{ version: 1, decision: 'revision_requested', feedback: 'Count again.' }],
  }
  const prompt = renderRequest(context)
  expect(prompt.length).toBeLessThanOrEqual(10_000)
  expect(prompt.isWellFormed()).toBe(true)
  expect(prompt).toMatch(/^ENG-1: Try it\n\nVersion 1 was reviewed \(revision_requested\): Count again\./)
  expect(prompt).toMatch(/what keeps it from being done\.$/)
})
