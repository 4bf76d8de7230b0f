import { defineMachine } from '../kernel/machine.ts'

export const companyMachine = defineMachine('company', {
  active: { paused: ['pause'], archived: ['archive'] },
  paused: { active: ['resume'], archived: ['archive'] },
  archived: {},
})
