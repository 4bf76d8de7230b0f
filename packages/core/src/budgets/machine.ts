import { defineMachine } from '../kernel/machine.ts'

export const budgetIncidentMachine = defineMachine('budget incident', {
  open: { resolved: ['raise', 'keep', 'end', 'remove'] },
  resolved: {},
})
