import { describe, expect, it } from 'vitest'

import { createSkips, type Told } from '../conformance/kit.ts'
import type { DestinationToTest, Receiver } from './receiver.ts'

export type DestinationTests = Readonly<Record<string, (target: DestinationToTest, told: Told) => Promise<void>>>

/** Servers have to be started and ended, on a machine that does other things too. */
const timeoutMs = 60_000

export function defineTests(groups: Readonly<Record<string, DestinationTests>>, target: DestinationToTest): void {
  const skips = createSkips(target)
  const run = (name: string, test: DestinationTests[string]) => {
    const reason = skips.reasonFor(name)
    it(name, { timeout: timeoutMs }, async (context) => {
      const skip = (why: string): never => {
        skips.print(name, why)
        return context.skip(why)
      }
      if (reason !== undefined) return context.skip(reason)
      await test(target, { skip })
    })
  }
  describe(target.name, () => {
    for (const [group, tests] of Object.entries(groups))
      describe(group, () => {
        for (const [name, test] of Object.entries(tests)) run(name, test)
      })
    it('skips only tests that there are', () => expect(skips.unused()).toEqual([]))
  })
}

/** Opens the receiver for as long as `use` takes. */
export async function withReceiver({ receiver: open }: DestinationToTest, use: (receiver: Receiver) => Promise<void>): Promise<void> {
  const receiver = await open()
  try {
    await use(receiver)
  } finally {
    await receiver.dispose()
  }
}
