import { defineMachine } from '../kernel/machine.ts'

/** Exactly one decision ends it; only what was sent back can come again. */
export const approvalMachine = defineMachine('approval', {
  pending: {
    approved: ['approve'],
    rejected: ['reject'],
    revision_requested: ['requestRevision'],
    cancelled: ['cancel'],
  },
  revision_requested: { pending: ['resubmit'], cancelled: ['cancel'] },
  approved: {},
  rejected: {},
  cancelled: {},
})
