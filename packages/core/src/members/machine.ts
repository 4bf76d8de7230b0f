import { defineMachine } from '../kernel/machine.ts'

export const memberMachine = defineMachine('member', {
  active: { disabled: ['disable'], removed: ['remove'] },
  disabled: { active: ['enable'], removed: ['remove'] },
  removed: { active: ['add', 'accept'] },
})
