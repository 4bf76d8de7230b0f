import { defineMachine } from '../kernel/machine.ts'

/** `half_open`: one run tries whether the provider works again, and nothing else starts there. */
export const breakerMachine = defineMachine('breaker', {
  closed: { open: ['fail'] },
  open: { half_open: ['probe'], closed: ['close'] },
  half_open: { open: ['settle'], closed: ['settle', 'close'] },
})
