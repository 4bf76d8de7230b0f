import type { Requirement } from './requirement.ts'

/** Leases, attempts, and what survives a crash. */
export const leases: readonly Requirement[] = [
  {
    id: 'runs.heartbeat',
    source: 'DOMAIN §4',
    behaviour: 'A run renews its lease, and is not swept while it does.',
    verifiedBy: { file: 'test/leases.test.ts', test: 'a lease is not swept while it is renewed' },
    operations: ['runs.heartbeat'],
  },
  {
    id: 'runs.heartbeat.blocked',
    source: 'PROMISES P3',
    behaviour: 'Code that blocks the event loop for longer than a lease does not lose its run.',
    verifiedBy: { file: 'test/blocked-loops.test.ts', test: 'keeps its lease for longer than the lease lasts' },
  },
  {
    id: 'runs.heartbeat.hangs',
    source: 'PROMISES P3',
    behaviour: 'Code that blocks the event loop for longer than it may loses its run, which stops when the loop turns again.',
    verifiedBy: { file: 'test/blocked-loops.test.ts', test: 'loses it when it is blocked for longer than it may be' },
  },
  {
    id: 'runs.heartbeat.race',
    source: 'DOMAIN §1',
    behaviour: 'A renewal and a sweep at the same moment have one winner.',
    verifiedBy: { file: 'packages/testing/src/conformance/leases.ts', test: 'and either of the two wins' },
  },
  {
    id: 'runs.sweep.once',
    source: 'DOMAIN §1',
    behaviour: 'A lease is swept once, however many look after it.',
    verifiedBy: { file: 'packages/testing/src/conformance/leases.ts', test: 'is swept once, however many look' },
  },
  {
    id: 'runs.clock',
    source: 'DOMAIN §1',
    behaviour: 'A lease ends by the clock that its judges share.',
    verifiedBy: { file: 'packages/testing/src/conformance/leases.ts', test: 'ends by the clock that its judges share' },
  },
  {
    id: 'runs.abort',
    source: 'DOMAIN §1',
    behaviour: 'A worker tells its adapter to stop before its lease can be taken back.',
    verifiedBy: { file: 'test/races.test.ts', test: 'tells its adapter to stop before its lease can be taken back' },
  },
  {
    id: 'runs.attempts',
    source: 'DOMAIN §3',
    behaviour: 'A task whose attempts are used up is given up visibly, as blocked.',
    verifiedBy: { file: 'packages/testing/src/conformance/leases.ts', test: 'gives the task up, visibly, when every attempt was lost' },
  },
  {
    id: 'runs.retry.blocked',
    source: 'DOMAIN §3',
    behaviour: 'After the last attempt the task is blocked with the reason.',
    verifiedBy: {
      file: 'packages/testing/src/conformance/runs.ts',
      test: 'a task is tried again after a passing failure, and blocked with the reason',
    },
  },
  {
    id: 'runs.cancel.engines',
    source: 'DOMAIN §4',
    behaviour: 'A cancel reaches a run in another process at once.',
    verifiedBy: {
      file: 'packages/testing/src/conformance/several-engines.ts',
      test: 'start and stop at once what another queued and cancelled',
    },
  },
  {
    id: 'runs.retry.later',
    source: 'DOMAIN §3',
    behaviour: 'A passing failure is tried again, later each time.',
    verifiedBy: { file: 'packages/core/src/runs/settlement.test.ts', test: 'tries again after a passing failure' },
  },
  {
    id: 'runs.retry.after',
    source: 'DOMAIN §3',
    behaviour: 'A retry waits at least as long as the provider asked.',
    verifiedBy: { file: 'packages/core/src/runs/settlement.test.ts', test: 'waits at least as long as the provider asked' },
  },
  {
    id: 'runs.retry.doomed',
    source: 'DOMAIN §3',
    behaviour: 'What cannot succeed is not repeated, and a broken agent is taken out of work.',
    verifiedBy: { file: 'packages/core/src/runs/settlement.test.ts', test: 'does not repeat what cannot succeed' },
  },
]
