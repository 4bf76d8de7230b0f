import type { Loop, LoopRecord, StorageName } from './loop.ts'
import { loops } from './loops.ts'

/**
 * A short slice of each loop, in rounds; `test/torture-<name>.test.ts` runs those of one group. Several files, so that several cores
 * have a part; together they take some minutes of one.
 */
export const slices = {
  crashes: { kills: 16, postmaster: 4, 'disk-full': 6, starts: 6 },
  ownership: { histories: 12, zombies: 16, clocks: 6, 'proxy-faults': 15, decisions: 4 },
  money: { 'ledger-histories': 40, 'ledger-crowds': 4 },
  outside: { tampers: 48, deliveries: 1, 'http-bodies': 40, 'mcp-bodies': 40 },
  // One for each command: its file knows how many there are.
  keys: { idempotency: 1 },
} satisfies Readonly<Record<string, Readonly<Record<string, number>>>>

type SliceName = keyof typeof slices

export interface SliceRun {
  /** As in the name of its test: `kills on sqlite`. */
  readonly name: string
  readonly rounds: number
  run(given: { postgresUrl: string; templateFolder: string; count?: number }): Promise<LoopRecord>
}

export function fileOfLoop(loop: string): string {
  const found = Object.entries(slices).find(([, rounds]) => Object.hasOwn(rounds, loop))
  if (!found) throw new Error(`no slice has the loop ${loop}`)
  return `test/torture-${found[0]}.test.ts`
}

/** Each loop of a slice on each of its storages. */
export function runsOf(slice: SliceName): SliceRun[] {
  return Object.entries(slices[slice]).flatMap(([name, rounds]) => {
    const loop = loops.find((each) => each.name === name)
    if (!loop) throw new Error(`there is no loop ${name}`)
    return loop.storages.map((storage) => sliceRun(loop, storage, rounds))
  })
}

function sliceRun(loop: Loop, storage: StorageName, rounds: number): SliceRun {
  // The choices are the same each time; ENGINE_SEED makes others.
  const seed = Number(process.env['ENGINE_SEED'] ?? 1)
  return {
    name: `${loop.name} on ${storage}`,
    rounds,
    run: ({ count = rounds, ...given }) => loop.run({ ...given, storage, seed, budget: { count }, isBrief: true }),
  }
}
