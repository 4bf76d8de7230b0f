import { defineMachine } from '../kernel/machine.ts'

/** `half_open`: one run tries whether the provider works again, and one more when that takes long; nothing else starts there. */
export const breakerMachine = defineMachine('breaker', {
  closed: { open: ['fail'] },
  open: { half_open: ['probe'], closed: ['close'] },
  half_open: { half_open: ['probe'], open: ['settle'], closed: ['settle', 'close'] },
})
