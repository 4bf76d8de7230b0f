import { describe, expect, it } from 'vitest'

import type { Storage } from '@engine/core'

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

/** What a group defines its tests with. */
export interface Kit {
  create(): Promise<StorageUnderTest>
  test(name: string, body: Body): void
  /** A test that runs after all others of its group. */
  last(name: string, body: Body): void
}

type Body = (told: { skip: Skip }) => Promise<void>

/** Ends a test as skipped; the reason is printed. */
export type Skip = (reason: string) => never

export interface Group {
  readonly name: string
  define(kit: Kit): void
}

/** How long a test may take, milliseconds: a database a round trip away, on a machine that does other things too. */
const timeoutMs = 60_000

/** Defines all groups as tests of one storage. */
export function defineGroups(groups: readonly Group[], target: StorageToTest): void {
  const skips = createSkips(target)
  describe(target.name, () => {
    for (const group of groups) {
      const reason = skips.reasonFor(group.name)
      describe(group.name, () => defineGroup(group, { target, skips, reason }))
    }
    it('skips only tests that there are', () => expect(skips.unused()).toEqual([]))
  })
}

function defineGroup(group: Group, given: { target: StorageToTest; skips: Skips; reason: string | undefined }): void {
  const { target, skips } = given
  const closing: (() => void)[] = []
  function test(name: string, body: Body): void {
    const reason = skips.reasonFor(name) ?? given.reason
    // Left out altogether, so that nothing is opened for a group of which no test is run.
    if (reason !== undefined) return it.skip(`${name} (${reason})`)
    it(name, { timeout: timeoutMs }, async (context) => {
      const skip = (why: string): never => {
        skips.print(name, why)
        return context.skip(why)
      }
      await body({ skip })
    })
  }
  group.define({ create: () => target.create(), test, last: (name, body) => closing.push(() => test(name, body)) })
  for (const define of closing) define()
}

interface Skips {
  /** Why a group or test is skipped; undefined when it is not. */
  reasonFor(name: string): string | undefined
  print(name: string, reason: string): void
  /** Names that no group and no test has. */
  unused(): string[]
}

function createSkips({ name: storage, skip = {} }: StorageToTest): Skips {
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
