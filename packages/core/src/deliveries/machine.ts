import { defineMachine } from '../kernel/machine.ts'

/** `settle`: what a try came to. `remove`: the route is gone. A try that a process died in leaves the status as it was. */
export const deliveryMachine = defineMachine('delivery', {
  pending: { delivered: ['settle'], retrying: ['settle'], parked: ['settle'], cancelled: ['remove'] },
  retrying: { delivered: ['settle'], retrying: ['settle'], parked: ['settle'], cancelled: ['remove'] },
  parked: { pending: ['replay'] },
  delivered: {},
  cancelled: {},
})
