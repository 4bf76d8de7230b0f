// Calls that are made again: a short slice of this torture loop; `pnpm torture` runs it with other seeds, without limit.
import { describe, expect, inject, it } from 'vitest'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { runsOf } from './torture/slices.ts'
import { answeredOnce, commandNames } from './torture/support/every-command.ts'

async function keyedCommands(): Promise<string[]> {
  const engine = await createEngine({ storage: sqlite(':memory:') })
  await using _ = engine
  const once = new Set(answeredOnce(engine))
  return commandNames(engine).filter((name) => !once.has(name))
}

/** All that take an idempotency key. */
const commands = await keyedCommands()

describe('the torture loops', () => {
  it.each(runsOf('keys'))('$name find nothing wrong', { timeout: 180_000 }, async ({ run }) => {
    const record = await run({ postgresUrl: inject('postgresUrl'), templateFolder: inject('templateFolder'), count: commands.length })
    // Each of them says how to find it again.
    expect(record.violations).toEqual([])
    expect(Object.keys(record.points).toSorted()).toEqual(commands.toSorted())
  })
})
