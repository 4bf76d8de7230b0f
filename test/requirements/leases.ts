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
  {
    id: 'breakers.open',
    source: 'promises P6',
    behaviour: 'A provider that lets nobody work is left alone, burns no attempt, and its work goes on by itself.',
    operations: ['breakers.list'],
    events: ['breaker.opened', 'breaker.probed', 'breaker.closed'],
    verifiedBy: { file: 'test/failures.test.ts', test: 'is left alone, burns no attempt' },
  },
  {
    id: 'breakers.seen',
    source: 'promises P6',
    behaviour: 'People see why nothing starts at a provider, and until when.',
    operations: ['breakers.get'],
    verifiedBy: { file: 'test/failures.test.ts', test: 'is seen by people' },
  },
  {
    id: 'breakers.probe',
    source: 'promises P6',
    behaviour: 'Of all runs that wait for a provider, in any number of processes, one tries it.',
    verifiedBy: { file: 'test/failures.test.ts', test: 'is tried by one run of all that wait' },
  },
  {
    id: 'breakers.outage',
    source: 'promises P6',
    behaviour: 'An outage of a day costs no runs but a few that try, and no attempt.',
    verifiedBy: { file: 'test/failures.test.ts', test: 'costs no runs but a few that try' },
  },
  {
    id: 'breakers.others',
    source: 'promises P6',
    behaviour: 'What waits for a provider delays nobody who depends on another one.',
    verifiedBy: { file: 'test/failures.test.ts', test: 'delays nobody who depends on another one' },
  },
  {
    id: 'breakers.close',
    source: 'promises P6',
    behaviour: 'Who may manage agents closes a breaker by hand.',
    operations: ['breakers.close'],
    verifiedBy: { file: 'test/failures.test.ts', test: 'is believed to work by whoever says so' },
  },
  {
    id: 'runs.runaway',
    source: 'promises P6',
    behaviour: 'An agent that goes in circles is not started a sixth time within the hour; its task is blocked, with one incident.',
    events: ['task.runaway_detected'],
    verifiedBy: { file: 'test/failures.test.ts', test: 'is not started a sixth time within the hour' },
  },
]
