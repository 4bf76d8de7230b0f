import { defineMachine } from '../kernel/machine.ts'

export const inviteMachine = defineMachine('invite', {
  pending: { accepted: ['accept'], revoked: ['revoke'] },
  accepted: {},
  revoked: {},
})
