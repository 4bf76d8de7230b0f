import { describe, expect, it } from 'vitest'

import { toFilter } from './filter.ts'

describe('an address of tasks', () => {
  it('asks for what it says, and for nothing that is no status', () => {
    expect(toFilter({ status: 'todo,nonsense,done', priority: 'high', overdue: 'yes' })).toEqual({
      status: ['todo', 'done'],
      priority: ['high'],
      isOverdue: true,
    })
    expect(toFilter({ status: 'nonsense', view: 'board' })).toEqual({})
  })
})
