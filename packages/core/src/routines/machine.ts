import { defineMachine } from '../kernel/machine.ts'

/** `fire` pauses a routine whose fires fail again and again. */
export const routineMachine = defineMachine('routine', {
  active: { paused: ['pause', 'fire'], archived: ['archive'] },
  paused: { active: ['resume'], archived: ['archive'] },
  archived: {},
})
