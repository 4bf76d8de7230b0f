import { describe, expect, it } from 'vitest'

import { goalMachine, projectMachine, sprintMachine } from '@engine/core/contract'

import { goalMoves, projectMoves, sprintMoves } from './moves.ts'

describe('what a person can move by hand is what the server allows', () => {
  it.each([
    ['goals', goalMoves, goalMachine],
    ['projects', projectMoves, projectMachine],
    ['sprints', sprintMoves, sprintMachine],
  ] as const)('for %s', (_, moves, machine) => {
    const legal = machine.moves.map(({ from, to }) => `${from} → ${to}`)
    const offered = Object.entries(moves).flatMap(([from, to]) => to.map((each: string) => `${from} → ${each}`))
    expect(new Set(offered)).toEqual(new Set(legal))
  })
})
