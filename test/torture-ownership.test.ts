// Who holds a task: a short slice of these torture loops; `pnpm torture` runs them with other seeds, without limit.
import { describe, expect, inject, it } from 'vitest'

import { runsOf } from './torture/slices.ts'

describe('the torture loops', () => {
  it.each(runsOf('ownership'))('$name find nothing wrong', { timeout: 180_000 }, async ({ rounds, run }) => {
    const record = await run({ postgresUrl: inject('postgresUrl'), templateFolder: inject('templateFolder') })
    // Each of them says how to find it again.
    expect(record.violations).toEqual([])
    expect(record.rounds).toBe(rounds)
  })
})
