import type { Requirement } from './requirement.ts'

/** The log as it is sealed, and what finds that it was changed. */
export const sealing: readonly Requirement[] = [
  {
    id: 'events.sealed',
    source: 'DOMAIN §3',
    behaviour: 'The log is sealed in batches that a hash chains; anybody can compute the seals from the events.',
    operations: ['audit.status', 'audit.seals'],
    verifiedBy: {
      file: 'test/audit.test.ts',
      test: 'cover every event once and follow each other, and anybody can compute them from the events',
    },
  },
  {
    id: 'events.sealed.verified',
    source: 'PROMISES P12',
    behaviour: 'A change of sealed events is found, with the batch that it is in.',
    operations: ['audit.verify'],
    verifiedBy: {
      file: 'test/audit.test.ts',
      test: 'is found by the verification of the whole database too, which names company, batch and events',
    },
  },
  {
    id: 'events.sealed.by-many',
    source: 'PROMISES P12',
    behaviour: 'Whoever writes and seals at the same time, every event is in one batch and no batch is missing.',
    verifiedBy: {
      file: 'test/audit-sealers.test.ts',
      test: 'eight engines that write and seal at the same time on Postgres make one chain without a gap',
    },
  },
  {
    id: 'events.sealed.late-commit',
    source: 'PROMISES P12',
    behaviour: 'A transaction that commits late puts no event into a range that is sealed.',
    verifiedBy: { file: 'test/audit.test.ts', test: 'does not cover a number whose event may still come, on Postgres' },
  },
  {
    id: 'events.sealed.anchored',
    source: 'PROMISES P12',
    behaviour: 'With signed anchors it is found that the end of the log was cut off.',
    verifiedBy: { file: 'test/audit-anchors.test.ts', test: 'find that the end of the log was cut off, and where' },
  },
  {
    id: 'events.sealed.restored',
    source: 'PROMISES P24',
    behaviour: 'A restored copy keeps its chain and goes on with it, and anchors of what came after it say so.',
    verifiedBy: { file: 'test/audit-anchors.test.ts', test: 'contradict a copy from before, which keeps its chain and goes on with it' },
  },
  {
    id: 'events.sealed.clocks',
    source: 'PROMISES P25',
    behaviour: 'Clocks that are wrong and processes that are killed harm no chain.',
    verifiedBy: {
      file: 'test/audit-sealers.test.ts',
      test: 'two processes on one file, twenty minutes apart, of which one is killed, make one chain without a gap',
    },
  },
]
