import { describe, expect, it } from 'vitest'

import { linesOf } from './table.ts'

const paper = { width: null, isColored: false }
const task = { id: '1', identifier: 'ACM-1', title: 'Write', status: 'todo', context: { a: 1 }, priority: 'high' }

describe('an answer on paper', () => {
  it('shows a list as a table of what people look for', () => {
    expect(linesOf({ items: [task, { ...task, identifier: 'ACM-10', title: 'Wait' }], nextCursor: 'abc' }, paper)).toEqual([
      'identifier  title  status  priority',
      'ACM-1       Write  todo    high',
      'ACM-10      Wait   todo    high',
      'More: --cursor abc, or --all',
    ])
    const budget = { id: '7', scope: 'agent', metric: 'micros', period: {}, spent: 20, held: 5, limit: 100, status: 'ok' }
    expect(linesOf({ items: [budget], nextCursor: null }, paper)).toEqual([
      'id  scope  metric  status  limit  spent  held',
      '7   agent  micros  ok      100    20     5',
    ])
    expect(linesOf({ items: [], nextCursor: null }, paper)).toEqual(['Nothing.'])
  })

  it('shows a thing as its fields, but for those that hold nothing, a thing in it below, and texts on their lines', () => {
    expect(linesOf({ task: { id: '1', body: 'one\ntwo' }, credential: null, tags: ['a'] }, paper)).toEqual([
      'task',
      '  id    1',
      '  body  one',
      '        two',
      'tags  ["a"]',
    ])
  })

  it('keeps to the width of the screen', () => {
    const lines = linesOf({ items: [{ ...task, title: 'x'.repeat(100) }], nextCursor: null }, { width: 40, isColored: false })
    expect(Math.max(...lines.map((line) => line.length))).toBe(40)
  })

  it('passes nothing on to the terminal that would command it', () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\u202Eabc\u009b31m'
    for (const answer of [evil, { title: evil }, { [evil]: 1 }, { items: [{ ...task, title: evil }], nextCursor: null }, [evil]])
      expect(linesOf(answer, paper).join('\n')).not.toMatch(/[^\n\P{Cc}]|\p{Bidi_Control}/u)
  })
})
