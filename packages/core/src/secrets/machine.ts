import { defineMachine } from '../kernel/machine.ts'

export const secretMachine = defineMachine('secret', {
  active: { disabled: ['update'] },
  disabled: { active: ['update'] },
})

export const secretVersionMachine = defineMachine('version of a secret', {
  active: { destroyed: ['destroyVersion'] },
  destroyed: {},
})
