import type { Host } from '../kernel/host.ts'
import { isoTime } from '../ports/clock.ts'
import { claimableRuns } from '../runs/claimable.ts'

/** How many more runs a look finds than there is room for. */
const ahead = 16
/** How long what a look found is as good as a new look, milliseconds, when nothing was queued since. */
const goodForMs = 1_000
const never = Number.NEGATIVE_INFINITY

/** Finds runs to claim. What a look costs depends on how many agents there are, hardly on what it finds, so one is good for several claims. */
export interface Lookout {
  /**
   * The most urgent runs of all that could start, but for those that are being claimed, and those that were answered while their
   * adapter still stops: they begin again when it has.
   */
  next(limit: number, busy: ReadonlySet<string>): Promise<string[]>
  /** A run was queued by this process: it may be more urgent than what was found. */
  queued(run: QueuedRun): void
  /** A claim was refused: that something is queued does not mean at the moment that it can start. */
  refused(): void
  /** Another process did something. */
  lookAgain(): void
  /** Something ended or changed: what could not start may start now. */
  mayFindMore(): void
  /** Whether something was found and not taken yet. */
  readonly hasMore: boolean
}

interface QueuedRun {
  readonly id: string
  readonly agentId: string
  /** When it is to start, ISO-8601. */
  readonly availableAt: string
}

export function createLookout(host: Host): Lookout {
  const { clock, db, settings } = host
  const findClaimable = claimableRuns(host.adapters)
  let found: string[] = []
  let foundAt = never
  /** Whether the last look found all that could start, so that another one is for when something has changed. */
  let isAll = false
  /** What was queued since then, while it is good and nothing else could start: of each agent one run, so that none overtakes another. */
  const queued = new Map<string, string>()
  let wasRefused = false

  function isGood(): boolean {
    const ageMs = clock.monotonicMs() - foundAt
    // What becomes due by time alone is found by the next poll.
    return found.length > 0 ? ageMs <= goodForMs : isAll && ageMs < settings.pollMs
  }

  function lookAgain(): void {
    foundAt = never
    queued.clear()
  }

  async function look(limit: number, busy: ReadonlySet<string>): Promise<void> {
    foundAt = clock.monotonicMs()
    isAll = true
    queued.clear()
    const asked = limit + busy.size + ahead
    const runIds = await findClaimable(db, { now: isoTime(clock.now()), limit: asked })
    found = runIds.filter((runId) => !busy.has(runId))
    if (runIds.length > 0) wasRefused = false
    if (runIds.length === asked || found.length < runIds.length) isAll = false
  }

  return {
    async next(limit, busy) {
      // Where nothing else could start, its claim decides whether it can.
      const all = found.length === 0 && isGood() ? roomFor([...queued.values()], limit, busy) : null
      if (!all && (queued.size > 0 || !isGood())) await look(limit, busy)
      if (!all) return found.splice(0, limit)
      queued.clear()
      return all
    },
    queued({ id, agentId, availableAt }) {
      const isAlone = found.length === 0 && isGood() && !wasRefused && !queued.has(agentId)
      const hasRoom = queued.size < settings.maxConcurrentRuns
      if (isAlone && hasRoom && availableAt <= isoTime(clock.now())) queued.set(agentId, id)
      else lookAgain()
    },
    refused: () => void (wasRefused = true),
    lookAgain,
    mayFindMore: () => void (isAll = false),
    get hasMore() {
      return found.length > 0
    },
  }
}

/** All of what was queued, where there is room for it and none of it is busy. Pure. */
function roomFor(runIds: string[], limit: number, busy: ReadonlySet<string>): string[] | null {
  return runIds.length === 0 || runIds.length > limit || runIds.some((runId) => busy.has(runId)) ? null : runIds
}
