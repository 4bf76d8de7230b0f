// That the tests bite: `pnpm faults` puts each of the seeded faults into a copy of the sources; here a few of them.
import { readFileSync } from 'node:fs'

import { describe, expect, inject, it } from 'vitest'

import { mutants } from './torture/faults/mutants.ts'
import { runFaults } from './torture/faults/run-faults.ts'

describe('the seeded faults', () => {
  it('change what is there', () => {
    const stale = mutants.filter(({ file, find }) => !readFileSync(file, 'utf8').includes(find))
    expect(stale.map(({ name }) => name)).toEqual([])
  })

  it('are caught: a few quick ones', { timeout: 600_000 }, async () => {
    const results = await runFaults({ postgresUrl: inject('postgresUrl'), onlyQuick: true })
    expect(results.filter(({ verdict }) => verdict !== 'caught')).toEqual([])
    expect(results.length).toBeGreaterThan(5)
  })
})
