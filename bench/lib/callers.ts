import type { Variant } from './measure.ts'

/** As many callers as asked for, each doing the next operation as soon as it has done the last one; they are numbered from 0. */
export function callersVariant(given: {
  name: string
  callers: number
  call: (operation: number, caller: number) => Promise<unknown>
  serverCpuUs?: () => number | null
}): Variant {
  const { name, callers, call, serverCpuUs } = given
  let next = 0
  async function follow(caller: number, until: number): Promise<void> {
    while (next < until) {
      const operation = next
      next += 1
      await call(operation, caller)
    }
  }
  return {
    name,
    serverCpuUs,
    async run(operations) {
      const until = next + operations
      await Promise.all(Array.from({ length: callers }, (_, caller) => follow(caller, until)))
    },
  }
}

/** The next of the things that a bench prepared. @throws when it prepared too few */
export function prepared<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new Error(`the bench prepared ${items.length} of what it needs more of`)
  return item
}
