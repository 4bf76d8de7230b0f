import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Vitals } from './vitals.ts'

export interface LoopOptions {
  readonly name: string
  /** One pass; `true` means there may be more to do at once. */
  readonly pass: (signal: AbortSignal) => Promise<boolean>
  /** The longest wait between passes; a wake-up shortens it. Notifications are hints, this is the guarantee. */
  readonly pollMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** Where it says how it is, for whoever looks after the process; null for a loop that is looked after otherwise. */
  readonly vitals: Vitals | null
}

export interface Loop {
  start(): void
  /** Runs a pass soon, also when one is under way. */
  wake(): void
  /** Resolves when no pass is under way and none will start. */
  stop(): Promise<void>
}

/** A self-scheduling loop: passes never overlap, a failing pass is logged and tried again after the poll interval. */
export function createLoop(options: LoopOptions): Loop {
  const stopping = new AbortController()
  let sleeping = new AbortController()
  let isWoken = false
  let running: Promise<void> | undefined

  let failures = 0

  function tell(isStopped = false): void {
    const { name, pollMs, clock, vitals } = options
    vitals?.set(name, { pollMs, lastMs: clock.monotonicMs(), failures, isStopped })
  }

  async function runPass(): Promise<boolean> {
    try {
      const hasMore = await options.pass(stopping.signal)
      failures = 0
      return hasMore
    } catch (error) {
      failures += 1
      options.logger.error(`${options.name} pass failed; next one in ${options.pollMs} ms`, { error: String(error) })
      return false
    } finally {
      tell()
    }
  }

  async function cycle(): Promise<void> {
    tell()
    while (!stopping.signal.aborted) {
      isWoken = false
      const hasMore = await runPass()
      if (hasMore || isWoken || stopping.signal.aborted) continue
      sleeping = new AbortController()
      await options.clock.sleep(options.pollMs, sleeping.signal)
    }
    tell(true)
  }

  return {
    start() {
      running ??= cycle()
    },
    wake() {
      isWoken = true
      // Without a reason each would make an error with its stack, and some loops are woken thousands of times a second.
      sleeping.abort('woken')
    },
    async stop() {
      stopping.abort()
      // AbortSignal.any of both would leave something with `stopping` for each sleep, and some loops sleep hundreds of times a second.
      sleeping.abort('stopping')
      await running
    },
  }
}
