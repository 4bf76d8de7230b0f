// A short slice of the torture loops; `pnpm torture` runs them with other seeds, without limit.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { createRandom } from '@engine/testing'

import { killCaller } from './torture/kills/call-round.ts'
import type { Round, Scene, StorageName } from './torture/loop.ts'
import { loops } from './torture/loops.ts'
import { answeredOnce, commandNames } from './torture/support/every-command.ts'

/** The choices are the same each time; ENGINE_SEED makes others. */
const ciSeed = Number(process.env['ENGINE_SEED'] ?? 1)

async function keyedCommands(): Promise<string[]> {
  const engine = await createEngine({ storage: sqlite(':memory:') })
  await using _ = engine
  const once = new Set(answeredOnce(engine))
  return commandNames(engine).filter((name) => !once.has(name))
}

/** All that take an idempotency key. */
const commands = await keyedCommands()

/** Rounds of each loop: together they take a minute or two on two cores. */
const rounds: Readonly<Record<string, number>> = {
  histories: 12,
  zombies: 16,
  kills: 16,
  postmaster: 4,
  'proxy-faults': 15,
  'disk-full': 6,
  // It goes through the commands in their order.
  idempotency: commands.length,
  clocks: 6,
  starts: 6,
  tampers: 48,
  deliveries: 1,
  'ledger-histories': 40,
  'ledger-crowds': 4,
  'http-bodies': 40,
  'mcp-bodies': 40,
}

const runs = loops.flatMap((loop) => loop.storages.map((storage) => ({ loop, storage, name: `${loop.name} on ${storage}` })))

describe('the torture loops', () => {
  it.each(runs)('$name find nothing wrong', { timeout: 180_000 }, async ({ loop, storage }) => {
    const count = rounds[loop.name] ?? 1
    const record = await loop.run({ storage, seed: ciSeed, budget: { count }, postgresUrl: inject('postgresUrl'), isBrief: true })
    // Each of them says how to find it again.
    expect(record.violations).toEqual([])
    expect(record.rounds).toBe(count)
    if (loop.name === 'idempotency') expect(Object.keys(record.points).toSorted()).toEqual(commands.toSorted())
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
  return { storage, postgresUrl: inject('postgresUrl'), folder }
}

describe.each<StorageName>(['sqlite', 'postgres'])('a process that dies in a call, on %s', (storage) => {
  it.each(['tasks.update.recorded', 'tasks.complete.committed'])('leaves nothing half done at %s', { timeout: 60_000 }, async (point) => {
    const round = quietRound()
    await killCaller(sceneOf(storage), round, point)
    expect(round.found).toEqual([])
  })
})
