import { defineMachine } from '../kernel/machine.ts'

export const goalMachine = defineMachine('goal', {
  planned: { active: ['update'] },
  active: { achieved: ['update'], cancelled: ['update'] },
  achieved: {},
  cancelled: {},
})
