import { describe, expect, it } from 'vitest'

import { taskMachine } from '@engine/core/contract'

import { moveTo, statuses } from './moves.ts'

const verbs = { 'tasks.update': 'update', 'tasks.cancel': 'cancel', 'tasks.complete': 'complete', 'tasks.block': 'block' } as const

describe('the moves that the board offers', () => {
  it('are legal, by the verbs that take them', () => {
    for (const from of statuses)
      for (const to of statuses) {
        const move = moveTo(from, to)
        const verb = move && verbs[move]
        if (verb) expect(taskMachine.isLegal(from, to, verb), `${from} to ${to} by ${verb}`).toBe(true)
      }
  })

  it('know every status', () => expect([...statuses].toSorted()).toEqual([...taskMachine.statuses].toSorted()))
})
