import { defineMachine } from '../kernel/machine.ts'

/** The first end is the only one. */
export const interactionMachine = defineMachine('interaction', {
  pending: {
    answered: ['answer'],
    accepted: ['accept'],
    rejected: ['reject'],
    cancelled: ['cancel'],
    expired: ['expire'],
  },
  answered: {},
  accepted: {},
  rejected: {},
  cancelled: {},
  expired: {},
})
