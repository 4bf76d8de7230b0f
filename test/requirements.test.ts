import { describe, expect, it } from 'vitest'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { problemsOf, type Facts } from './requirements/gate.ts'
import { requirements } from './requirements/index.ts'
import { declaredTests } from './requirements/named-tests.ts'
import { testsOf } from './requirements/read-tests.ts'
import { capabilities, type Requirement } from './requirements/requirement.ts'

async function registered(): Promise<Pick<Facts, 'operations' | 'events'>> {
  const engine = await createEngine({ storage: sqlite(':memory:') })
  await using _ = engine
  return { operations: engine.registry.operations.map(({ name }) => name), events: Object.keys(engine.registry.events) }
}

describe('the requirements', () => {
  const verified = requirements.filter(({ verifiedBy }) => verifiedBy)

  it(`are ${verified.length} behaviours with a test that runs, and ${requirements.length - verified.length} of capabilities to come`, async () => {
    expect(problemsOf(requirements, { testsOf, ...(await registered()) })).toEqual([])
  })
})

describe('the gate of the requirements', () => {
  const good: Requirement = {
    id: 'doors.open',
    source: 'DOMAIN §2',
    behaviour: 'A door opens.',
    verifiedBy: { file: 'door.test.ts', test: 'a door opens' },
    operations: ['doors.open'],
    events: ['door.opened'],
  }
  const coming = Object.keys(capabilities).map((later) => ({ id: `later.${later}`, source: 'DOMAIN §2', behaviour: 'Comes.', later }))
  const text = `
    describe('a door', () => {
      it('opens', () => {})
      it.each([1, 2])('opens %s times', () => {})
      it.todo('shuts')
    })
    describe.skip('a lock', () => { it('turns', () => {}) })`
  const facts: Facts = {
    testsOf: (file) => (file === 'door.test.ts' ? declaredTests(file, text) : null),
    operations: ['doors.open'],
    events: ['door.opened'],
  }
  // Entries that the types would not allow are among those that the gate is for.
  const problems = (...entries: object[]) => problemsOf([...(coming as Requirement[]), ...(entries as Requirement[])], facts)
  const changed = (change: object) => problems({ ...good, ...change })
  const named = (test: string, file = 'door.test.ts') => changed({ verifiedBy: { file, test } })

  it('finds nothing in a list that holds', () => {
    expect(problems(good)).toEqual([])
    expect(named('opens %s times')).toEqual([])
  })

  it('sees an entry that is there twice, has no test and no capability, or both', () => {
    expect(problems(good, good)).toEqual(['doors.open is there twice'])
    const neither = 'doors.open needs either a test or the capability that brings it'
    expect(changed({ verifiedBy: undefined })).toContain(neither)
    expect(changed({ later: 'money' })).toEqual([neither])
    expect(problems(good, { ...good, id: 'doors.shut', verifiedBy: undefined, later: 'magic' })).toEqual([
      'doors.shut names the capability magic, which is none',
    ])
  })

  it('sees a test that is not there, is not one test only, or does not run', () => {
    expect(named('a door closes')).toEqual(['doors.open names the test "a door closes", which door.test.ts has not'])
    expect(named('opens', 'window.test.ts')).toEqual(['doors.open names the file window.test.ts, which there is not'])
    expect(named('opens')).toEqual(['doors.open names the test "opens", which fits 2 tests of door.test.ts'])
    for (const test of ['a door shuts', 'a lock turns'])
      expect(named(test)).toEqual([`doors.open names the test "${test}" of door.test.ts, which does not run`])
  })

  it('sees an operation and an event that nothing requires, and one that there is not', () => {
    expect(changed({ operations: [], events: ['door.burnt'] })).toEqual([
      'doors.open cites the event door.burnt, which there is not',
      'the operation doors.open is required by nothing that a test verifies',
      'the event door.opened is required by nothing that a test verifies',
    ])
  })

  it('sees a capability that brings nothing any more', () => {
    expect(problemsOf([good, ...(coming.slice(1) as Requirement[])], facts)).toEqual([
      `the capability ${coming[0]?.later} brings nothing any more`,
    ])
  })
})
