// What dies in the middle: a short slice of these torture loops; `pnpm torture` runs them with other seeds, without limit.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { createRandom } from '@engine/testing'

import { killCaller } from './torture/kills/call-round.ts'
import type { Round, Scene, StorageName } from './torture/loop.ts'
import { loops } from './torture/loops.ts'
import { fileOfLoop, runsOf, slices } from './torture/slices.ts'

describe('the torture loops', () => {
  it('are each in one of the files', () => {
    expect(
      Object.values(slices)
        .flatMap((slice) => Object.keys(slice))
        .toSorted(),
    ).toEqual(loops.map(({ name }) => name).toSorted())
    for (const { name } of loops) expect(existsSync(fileOfLoop(name))).toBe(true)
  })

  it.each(runsOf('crashes'))('$name find nothing wrong', { timeout: 180_000 }, async ({ rounds, run }) => {
    const record = await run({ postgresUrl: inject('postgresUrl'), templateFolder: inject('templateFolder') })
    // Each of them says how to find it again.
    expect(record.violations).toEqual([])
    expect(record.rounds).toBe(rounds)
  })
})

/** A round that keeps what it is told. */
function quietRound(): Round & { readonly found: string[] } {
  const found: string[] = []
  const ignore = () => undefined
  return {
    seed: 0,
    random: createRandom(0),
    count: ignore,
    took: ignore,
    reached: ignore,
    fact: ignore,
    violation: (sentence) => void found.push(sentence),
    found,
  }
}

function sceneOf(storage: StorageName): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'engine-torture-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return { storage, postgresUrl: inject('postgresUrl'), templateFolder: inject('templateFolder'), folder }
}

describe.each<StorageName>(['sqlite', 'postgres'])('a process that dies in a call, on %s', (storage) => {
  it.each(['tasks.update.recorded', 'tasks.complete.committed'])('leaves nothing half done at %s', { timeout: 60_000 }, async (point) => {
    const round = quietRound()
    await killCaller(sceneOf(storage), round, point)
    expect(round.found).toEqual([])
  })
})
