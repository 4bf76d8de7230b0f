import { describe, expect, it } from 'vitest'

import type { Ask } from '../ports/ask-contract.ts'
import { problemOfAcceptance, problemOfAnswer, problemOfRejection } from './fit.ts'
import type { GivenAnswer } from './schema.ts'

const item = (key: string) => ({ key, label: key.toUpperCase() })
const items = ['a', 'b', 'c'].map(item)
const verdict = (key: string) => ({ key, verdict: 'approve' as const })
const question = (more: object = {}): Ask => ({ kind: 'question', prompt: 'Which?', choices: items, ...more })
const boxes = (more: object = {}): Ask => ({ kind: 'checkboxes', prompt: 'Which?', items, ...more })
const verdicts: Ask = { kind: 'verdicts', prompt: 'Good?', items }
const confirmation: Ask = { kind: 'confirmation', prompt: 'OK?' }
const suggestion: Ask = { kind: 'suggested_tasks', prompt: 'So?', tasks: items.map(({ key }) => ({ key, title: key })) }

describe('an answer', () => {
  it.each<[string, Ask, GivenAnswer]>([
    ['a choice', question(), { choice: 'b' }],
    ['words beside choices', question(), { text: 'None.' }],
    ['both', question(), { choice: 'a', text: 'For now.' }],
    ['words without choices', question({ choices: undefined }), { text: 'Yes.' }],
    ['a choice where words are not taken', question({ allowsText: false }), { choice: 'c' }],
    ['nothing checked', boxes(), { checked: [] }],
    ['all checked', boxes(), { checked: ['c', 'b', 'a'] }],
    ['as many as must be', boxes({ min: 2, max: 2 }), { checked: ['a', 'c'] }],
    ['a verdict on each', verdicts, { verdicts: ['c', 'a', 'b'].map(verdict) }],
  ])('that is %s fits', (_, ask, given) => {
    expect(problemOfAnswer(ask, given)).toBeNull()
  })

  it.each<[string, Ask, { given: GivenAnswer; problem: string }]>([
    ['nothing', question(), { given: {}, problem: 'answer it with choice, text, or both' }],
    ['of another kind', question(), { given: { checked: ['a'] }, problem: 'This is a question' }],
    ['of two kinds', question(), { given: { choice: 'a', checked: ['a'] }, problem: 'This is a question' }],
    ['a choice that is none', question(), { given: { choice: 'd' }, problem: 'there is no d; there are a, b, c' }],
    ['a choice where there are none', question({ choices: undefined }), { given: { choice: 'a' }, problem: 'answer it with text' }],
    [
      'words where only choices are taken',
      question({ allowsText: false }),
      { given: { text: 'None.' }, problem: 'one of its choices only: a, b, c' },
    ],
    ['to a confirmation', confirmation, { given: { text: 'Yes' }, problem: 'accept or reject it' }],
    ['to a suggestion', suggestion, { given: { checked: ['a'] }, problem: 'accept or reject it' }],
    ['too few', boxes({ min: 2 }), { given: { checked: ['a'] }, problem: '1 are checked, and 2 to 3 must be' }],
    ['too many', boxes({ max: 1 }), { given: { checked: ['a', 'b'] }, problem: '2 are checked, and 0 to 1 must be' }],
    ['not exactly as many', boxes({ min: 2, max: 2 }), { given: { checked: ['a'] }, problem: 'exactly 2 must be' }],
    ['one twice', boxes(), { given: { checked: ['a', 'a'] }, problem: 'a is there twice' }],
    ['a verdict too few', verdicts, { given: { verdicts: [verdict('a')] }, problem: 'there is none for b, c' }],
    ['two verdicts on one', verdicts, { given: { verdicts: ['a', 'b', 'c', 'a'].map(verdict) }, problem: 'a is there twice' }],
    ['a verdict on something else', verdicts, { given: { verdicts: ['a', 'b', 'd'].map(verdict) }, problem: 'there is no d' }],
  ])('that is %s is refused, with the reason', (_, ask, { given, problem }) => {
    expect(problemOfAnswer(ask, given)).toContain(problem)
  })

  it('names ten keys at most of what there is', () => {
    const many = Array.from({ length: 12 }, (_, index) => item(`k${index}`))
    expect(problemOfAnswer(boxes({ items: many }), { checked: ['x'] })).toContain('k8, k9, …')
  })
})

describe('an acceptance', () => {
  it('is of a confirmation as a whole, and of suggested tasks also in part', () => {
    expect(problemOfAcceptance(confirmation, undefined)).toBeNull()
    expect(problemOfAcceptance(confirmation, ['a'])).toContain('no parts')
    expect(problemOfAcceptance(suggestion, undefined)).toBeNull()
    expect(problemOfAcceptance(suggestion, ['c', 'a'])).toBeNull()
    expect(problemOfAcceptance(suggestion, ['d'])).toContain('there is no d')
    expect(problemOfAcceptance(suggestion, ['a', 'a'])).toContain('twice')
  })

  it('and a rejection are of nothing else', () => {
    for (const ask of [question(), boxes(), verdicts]) {
      expect(problemOfAcceptance(ask, undefined)).toContain('answer it with')
      expect(problemOfRejection(ask)).toContain('or cancel it')
    }
    expect([confirmation, suggestion].map(problemOfRejection)).toEqual([null, null])
  })
})
