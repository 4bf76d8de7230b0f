import { expect, it } from 'vitest'

import { summaryOf } from './summary.ts'

it('says of an event what tells most: the move first, then names and reasons', () => {
  expect(summaryOf({ from: 'in_review', to: 'done', verb: 'review', reason: null })).toBe('in review → done')
  expect(summaryOf({ identifier: 'ACM-1', title: 'Write', status: 'todo' })).toBe('ACM-1 · Write')
  expect(summaryOf({ changed: ['title', 'priority'], reason: null })).toBe('title, priority')
  expect(summaryOf({ decision: 'revision_requested' })).toBe('revision requested')
  expect(summaryOf({ taskId: '0198' })).toBe('')
})
