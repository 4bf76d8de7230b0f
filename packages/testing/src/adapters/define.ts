import { describe, expect, it } from 'vitest'

import { createSkips, type Told } from '../conformance/kit.ts'
import { until } from '../until.ts'
import type { AdapterToTest, Scene } from './scenes.ts'

export type AdapterTests = Readonly<Record<string, (target: AdapterToTest, told: Told) => Promise<void>>>

/** Programs have to be started and ended, on a machine that does other things too. */
const timeoutMs = 60_000

export function defineTests(groups: Readonly<Record<string, AdapterTests>>, target: AdapterToTest): void {
  const skips = createSkips(target)
  describe(target.name, () => {
    for (const [group, tests] of Object.entries(groups)) {
      describe(group, () => {
        for (const [name, test] of Object.entries(tests)) {
          const reason = skips.reasonFor(name)
          it(name, { timeout: timeoutMs }, async (context) => {
            const skip = (why: string): never => {
              skips.print(name, why)
              return context.skip(why)
            }
            if (reason === undefined) await test(target, { skip })
            else context.skip(reason)
          })
        }
      })
    }
    it('skips only tests that there are', () => expect(skips.unused()).toEqual([]))
  })
}

/** Opens a scene for as long as `use` takes. */
export async function withScene<Opened extends Scene>(
  open: () => Opened | Promise<Opened>,
  use: (scene: Opened) => Promise<void>,
): Promise<void> {
  const scene = await open()
  try {
    await use(scene)
  } finally {
    await scene.dispose?.()
  }
}

/** The other side may take a moment to see that a run has ended. */
export async function expectNothingLeft(scene: Scene): Promise<void> {
  await until(
    () => scene.leftovers?.() ?? [],
    (leftovers) => leftovers.length === 0,
  )
}
