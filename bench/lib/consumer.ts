import type { Variant } from './measure.ts'

/** Somebody who takes work that waits and is done with each piece at once. */
export interface Consumer {
  readonly name: string
  readonly serverCpuUs?: () => number | null
  /** Adds work that waits. */
  add(count: number): Promise<void>
  /** Begins to take it, and tells how much it was done with. */
  start(onDone: (count: number) => void): Promise<void>
  /** Takes nothing more; resolves when nothing is under way. */
  stop(): Promise<void>
}

export interface Consuming extends Variant {
  /** What it was given and what it was done with, so far. */
  readonly tally: { readonly added: number; readonly done: number }
}

/** So much is worked off before the clocks run: starting is not what is compared. */
const lead = 50
/** Nobody needs so long for a piece of work but who has lost one, or waits for the next poll. */
const patienceMs = 20_000

/** A round adds its own work and starts its own consumer, so that each begins with a queue of the same length. */
export function consumerVariant(consumer: Consumer): Consuming {
  const { name, serverCpuUs } = consumer
  const tally = { added: 0, done: 0 }
  let reached = () => {}
  let goal = Infinity

  function onDone(count: number): void {
    tally.done += count
    if (tally.done >= goal) reached()
  }

  async function until(done: number): Promise<void> {
    if (tally.done >= done) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    goal = done
    reached = resolve
    const timer = setTimeout(() => reject(new Error(`${name} stands still: ${tally.done} done of ${tally.added}`)), patienceMs)
    await promise.finally(() => clearTimeout(timer))
    goal = Infinity
  }

  return {
    name,
    serverCpuUs,
    tally,
    async prepare(operations) {
      await consumer.add(operations + lead)
      tally.added += operations + lead
      await consumer.start(onDone)
      await until(tally.added - operations)
    },
    run: () => until(tally.added),
    finish: () => consumer.stop(),
  }
}
