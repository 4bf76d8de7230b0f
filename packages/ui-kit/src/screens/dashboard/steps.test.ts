import { describe, expect, it } from 'vitest'

import { isBeginning, stepOf } from './steps.ts'

describe('the first steps of a company', () => {
  it('lead from nobody over a task to one that is done', () => {
    const steps = [
      { agents: 0, tasks: 0, done: 0 },
      { agents: 1, tasks: 0, done: 0 },
      { agents: 1, tasks: 1, done: 0 },
      { agents: 1, tasks: 1, done: 1 },
    ]
    expect(steps.map(stepOf)).toEqual(['hire', 'task', 'watch', 'finished'])
  })

  it('are over for who has more than one task, or one that is done', () => {
    expect([
      isBeginning({ agents: 0, tasks: 1, done: 0 }),
      isBeginning({ agents: 2, tasks: 5, done: 0 }),
      isBeginning({ agents: 1, tasks: 1, done: 1 }),
    ]).toEqual([true, false, false])
  })
})
