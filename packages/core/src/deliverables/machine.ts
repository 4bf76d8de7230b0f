import { defineMachine } from '../kernel/machine.ts'

/** A decided version never changes again, except that `revised` marks the arrival of the version that was asked for. */
export const deliverableMachine = defineMachine('deliverable', {
  pending: { approved: ['review'], revision_requested: ['review'], rejected: ['review'], superseded: ['submit', 'close'] },
  revision_requested: { revised: ['submit'] },
  approved: {},
  rejected: {},
  superseded: {},
  revised: {},
})
