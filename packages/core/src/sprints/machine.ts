import { defineMachine } from '../kernel/machine.ts'

export const sprintMachine = defineMachine('sprint', {
  planning: { active: ['update'], cancelled: ['update'] },
  active: { completed: ['update'], cancelled: ['update'] },
  completed: {},
  cancelled: {},
})
