import { defineMachine } from '../kernel/machine.ts'

/** `lost` is a run whose lease expired. A retry is another run, so nothing leads out of an ended one. */
export const runMachine = defineMachine('run', {
  queued: { running: ['claim'], cancelled: ['cancel'] },
  running: {
    succeeded: ['report'],
    failed: ['report'],
    timed_out: ['report'],
    cancelled: ['cancel', 'release'],
    lost: ['sweep'],
    waiting: ['ask'],
  },
  waiting: { queued: ['answer'], cancelled: ['cancel'] },
  succeeded: {},
  failed: {},
  cancelled: {},
  timed_out: {},
  lost: {},
})
