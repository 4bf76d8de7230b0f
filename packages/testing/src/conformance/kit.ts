import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Storage } from '@engine/core'

import type { TableCounts } from '../watch/index.ts'

/** A new, empty database. */
export interface StorageUnderTest {
  readonly storage: Storage
  /**
   * The same data again, as another process would open them; asked for while `storage` is open only by the group
   * `several engines`. Left out by a storage whose data end with its last engine.
   */
  reopen?(): Storage
  /** Removes the database; called when every engine on it has stopped. */
  dispose(): Promise<void>
}

export interface StorageToTest {
  /** Stands in the names of the tests, such as `a SQLite file`. */
  readonly name: string
  /** Called about once a group of tests; each time it gives another database. */
  create(): Promise<StorageUnderTest>
  /** Names of groups and tests that this storage cannot pass, each with the reason, which is printed. */
  readonly skip?: Readonly<Record<string, string>>
}

/** What a group opens its scene with. */
interface Kit {
  create(): Promise<StorageUnderTest>
  /** Adds what was seen to the figures that are printed when all groups are done. */
  count(seen: TableCounts): void
}

/** What a test can say of itself while it runs. */
export interface Told {
  /** Ends the test as skipped; the reason is printed. */
  skip(reason: string): never
}

/** Tests by their names, in their order, on one scene that is opened once. */
export interface Plan<Scene> {
  readonly name: string
  open(kit: Kit): Promise<Scene>
  close(scene: Scene, kit: Kit): Promise<void>
  readonly tests: Tests<Scene>
}

export type Tests<Scene> = Readonly<Record<string, (scene: Scene, told: Told) => Promise<void>>>

export interface Group {
  readonly name: string
  define(kit: Kit, skips: Skips): void
}

/** How long a test may take, milliseconds: a database a round trip away, on a machine that does other things too. */
const timeoutMs = 60_000

/** Defines all groups as tests of one storage. */
export function defineGroups(groups: readonly Group[], target: StorageToTest): void {
  const skips = createSkips(target)
  const totals = { mutating: 0, withEntry: 0, scoped: 0, namingCompany: 0 }
  const kit: Kit = { create: () => target.create(), count: (seen) => addTo(totals, seen) }
  describe(target.name, () => {
    afterAll(() => void process.stdout.write(`${target.name}: ${figures(totals)}\n`))
    for (const { name, define } of groups) describe(name, () => define(kit, skips))
    it('skips only tests that there are', () => expect(skips.unused()).toEqual([]))
  })
}

export function group<Scene>(plan: Plan<Scene>): Group {
  return { name: plan.name, define: (kit, skips) => definePlan(plan, kit, skips) }
}

function definePlan<Scene>(plan: Plan<Scene>, kit: Kit, skips: Skips): void {
  const groupReason = skips.reasonFor(plan.name)
  let scene: { readonly opened: Scene } | undefined
  // For a group that is skipped nothing is opened.
  if (groupReason === undefined) {
    beforeAll(async () => {
      scene = { opened: await plan.open(kit) }
    }, timeoutMs)
    afterAll(async () => {
      if (scene) await plan.close(scene.opened, kit)
    }, timeoutMs)
  }
  for (const [name, body] of Object.entries(plan.tests)) {
    const reason = skips.reasonFor(name) ?? groupReason
    it(name, { timeout: timeoutMs }, async (context) => {
      if (reason !== undefined) context.skip(reason)
      const skip = (why: string): never => {
        skips.print(name, why)
        return context.skip(why)
      }
      if (scene) await body(scene.opened, { skip })
    })
  }
}

type Totals = { -readonly [Name in 'mutating' | 'withEntry' | 'scoped' | 'namingCompany']: TableCounts[Name] }

function addTo(totals: Totals, seen: TableCounts): void {
  totals.mutating += seen.mutating
  totals.withEntry += seen.withEntry
  totals.scoped += seen.scoped
  totals.namingCompany += seen.namingCompany
}

function figures({ mutating, withEntry, scoped, namingCompany }: Totals): string {
  const entries = `${mutating} transactions changed rows of the business, ${withEntry} of them with an entry in the log`
  return `${entries}; of ${scoped} statements on rows of companies ${namingCompany} named the company, the others are allowed lookups`
}

interface Skips {
  /** Why a group or test is skipped; undefined when it is not. */
  reasonFor(name: string): string | undefined
  print(name: string, reason: string): void
  /** Names that no group and no test has. */
  unused(): string[]
}

export function createSkips({ name: storage, skip = {} }: Pick<StorageToTest, 'name' | 'skip'>): Skips {
  const asked = new Set<string>()
  const print = (name: string, reason: string) => void process.stdout.write(`${storage}: skipped "${name}": ${reason}\n`)
  return {
    print,
    reasonFor(name) {
      const reason = skip[name]
      if (reason !== undefined && !asked.has(name)) print(name, reason)
      asked.add(name)
      return reason
    },
    unused: () => Object.keys(skip).filter((name) => !asked.has(name)),
  }
}
