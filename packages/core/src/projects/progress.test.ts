import { describe, expect, it } from 'vitest'

import { progressOf } from './progress.ts'

describe('progress', () => {
  it('is none without tasks, and without tasks that are wanted', () => {
    expect(progressOf([])).toEqual({ total: 0, done: 0, cancelled: 0, percent: 0 })
    expect(progressOf([{ status: 'cancelled', count: 2 }])).toEqual({ total: 2, done: 0, cancelled: 2, percent: 0 })
  })

  it('leaves out what was cancelled', () => {
    const rows = [
      { status: 'done', count: 1 },
      { status: 'todo', count: 1 },
      { status: 'cancelled', count: 2 },
    ] as const
    expect(progressOf(rows)).toEqual({ total: 4, done: 1, cancelled: 2, percent: 50 })
  })

  it('adds up what comes in parts, and is whole only when nothing is left', () => {
    const rows = [
      { status: 'done', count: 998 },
      { status: 'done', count: 1 },
      { status: 'in_review', count: 1 },
    ] as const
    expect(progressOf(rows)).toEqual({ total: 1_000, done: 999, cancelled: 0, percent: 99 })
  })
})
