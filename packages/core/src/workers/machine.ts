import { defineMachine } from '../kernel/machine.ts'

/** What a worker is told to be. That it is lost is no status of its own: it is told by the time since its last sign of life. */
export const workerMachine = defineMachine('worker', {
  active: { draining: ['drain'], stopped: ['leave', 'revoke'] },
  draining: { active: ['resume'], stopped: ['leave', 'revoke'] },
  stopped: {},
})
