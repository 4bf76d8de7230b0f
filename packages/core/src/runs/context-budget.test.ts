import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { countTokens } from '../kernel/tokens.ts'
import { cutText, fitKnown, tokensOf } from './context-budget.ts'
import type { Known } from './context-sections.ts'

const bare: Known = {
  task: {
    id: 'task',
    identifier: 'ENG-1',
    title: 'Try it',
    description: null,
    priority: 'medium',
    origin: 'person',
    acceptanceCriteria: [],
    tags: [],
    context: {},
  },
  comments: [],
  interactions: [],
  feedback: [],
  goals: [],
  blockers: [],
  preferences: {},
  knowledge: { about: '', entries: [], omitted: [], moreOmitted: 0, usedEmbeddings: false },
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.integer({ min: 1, max: 4_000 }).map((length) => 'word "x"\n\n'.repeat(length / 8 + 1)),
  fc.constantFrom('木'.repeat(900), '"'.repeat(900), '🪑'.repeat(400)),
)
const comment = text.map((body) => ({ author: 'user:1', origin: 'person' as const, body, createdAt: '2026-11-21' }))
const known: fc.Arbitrary<Known> = fc.record({
  task: fc.record({
    ...Object.fromEntries(Object.entries(bare.task).map(([name, value]) => [name, fc.constant(value)])),
    description: fc.option(text),
    acceptanceCriteria: fc.array(text, { maxLength: 5 }),
    context: fc.dictionary(fc.string({ maxLength: 5 }), text, { maxKeys: 3 }),
  }) as fc.Arbitrary<Known['task']>,
  comments: fc.array(comment, { maxLength: 6 }),
  interactions: fc.constant([]),
  feedback: fc.array(fc.record({ version: fc.nat(9), decision: fc.constant('revision_requested'), feedback: fc.option(text) }), {
    maxLength: 3,
  }),
  goals: fc.array(fc.record({ id: fc.constant('g'), title: fc.string({ maxLength: 20 }), description: fc.option(text) }), { maxLength: 3 }),
  blockers: fc.array(
    fc.record({
      identifier: fc.constant('ENG-0'),
      title: fc.string({ maxLength: 20 }),
      status: fc.constant('done'),
      origin: fc.constant('person' as const),
      comments: fc.array(comment, { maxLength: 3 }),
      deliverable: fc.option(
        fc.record({
          title: fc.constant('Key'),
          origin: fc.constant('agent' as const),
          content: text,
          contentType: fc.constant('text/plain'),
        }),
      ),
    }),
    { maxLength: 3 },
  ),
  knowledge: fc.constant(bare.knowledge),
  preferences: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), text, { maxKeys: 3 }),
})

describe('what a run is told', () => {
  it('is never more than the budget, and all that is missing is named with its size', () => {
    fc.assert(
      fc.property(known, fc.integer({ min: 300, max: 6_000 }), (all, budget) => {
        const { value, used, missing } = fitKnown(all, budget)
        expect(used).toBeLessThanOrEqual(budget)
        expect(tokensOf(value)).toBeLessThanOrEqual(budget + 60)
        const texts = (part: unknown) => JSON.stringify(part)
        const sections = ['task', 'comments', 'feedback', 'goals', 'blockers', 'preferences'] as const
        for (const section of sections) {
          const named = missing.filter((one) => one.section === section)
          if (named.length === 0) expect(texts(value[section])).toBe(texts(all[section]))
          else expect(texts(value[section])).not.toBe(texts(all[section]))
          for (const one of named) expect(one.tokens).not.toBe(null)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is all that is known when there is room, and nothing is said to be missing', () => {
    fc.assert(
      fc.property(known, (all) => {
        expect(fitKnown(all, 10_000_000)).toMatchObject({ value: all, missing: [] })
      }),
      { numRuns: 50 },
    )
  })

  it('says nothing of data that a task has not, where the rest takes all of the room', () => {
    const acceptanceCriteria = ['Every word is counted twice.']
    const told = (budget: number) => fitKnown({ ...bare, task: { ...bare.task, acceptanceCriteria } }, budget)
    const budgets = Array.from({ length: 400 }, (_, index) => 50 + index)
    const least = budgets.find((budget) => told(budget).value.task.acceptanceCriteria.length > 0) ?? 0
    expect(told(least)).toMatchObject({ value: { task: { acceptanceCriteria } }, missing: [] })
  })

  it('leaves room for reviews and comments beside a description that is too long', () => {
    const comments = [{ author: 'user:1', origin: 'person' as const, body: 'Mind the gap.', createdAt: '2026-11-21' }]
    const feedback = [{ version: 1, decision: 'revision_requested', feedback: 'Count again.' }]
    const task = { ...bare.task, description: 'All of it. '.repeat(5_000) }
    const { value, missing } = fitKnown({ ...bare, task, comments, feedback }, 1_000)
    expect(value).toMatchObject({ comments, feedback })
    expect(value.task.description).toMatch(/^All of it\. [\s\S]*\[… cut here: the whole text is about 13750 tokens\]$/)
    expect(missing).toEqual([{ section: 'task', what: 'the description', tokens: expect.any(Number), isCut: true }])
    expect(missing[0]?.tokens).toBeGreaterThan(13_000)
  })

  it('leaves out the oldest comments first, and keeps those that are left in their order', () => {
    const comments = Array.from({ length: 9 }, (_, index) => ({
      author: 'user:1',
      origin: 'person' as const,
      body: `${index} ${'x'.repeat(200)}`,
      createdAt: `2026-11-2${index}`,
    }))
    const { value, missing } = fitKnown({ ...bare, comments }, 1_600)
    expect(value.comments.map(({ body }) => body[0])).toEqual(['4', '5', '6', '7', '8'])
    expect(missing.map(({ what }) => what)).toEqual(['3', '2', '1', '0'].map((day) => `comment by user:1 at 2026-11-2${day}`))
  })

  it('gives each of several blockers its part', () => {
    const blocker = (identifier: string) => ({
      identifier,
      title: 'Before',
      status: 'done',
      origin: 'person' as const,
      comments: [],
      deliverable: { title: 'Much', origin: 'agent' as const, content: 'word\n\n'.repeat(5_000), contentType: 'text/plain' },
    })
    const { value, missing } = fitKnown({ ...bare, blockers: ['A', 'B', 'C'].map(blocker) }, 3_000)
    expect(value.blockers.map(({ deliverable }) => deliverable?.content.startsWith('word'))).toEqual([true, true, true])
    expect(missing.map(({ what, isCut }) => [what, isCut])).toEqual(['A', 'B', 'C'].map((name) => [`what ${name} delivered`, true]))
  })
})

describe('a text that is cut', () => {
  it('has no more tokens than there is room for, and says how much it was', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 100, max: 2_000 }), (whole, room) => {
        const cut = cutText(whole, room)
        expect(countTokens(cut ?? '')).toBeLessThanOrEqual(room)
        expect(cut).toContain(`about ${countTokens(whole)} tokens]`)
        expect(cut?.isWellFormed()).toBe(true)
      }),
    )
  })
})
