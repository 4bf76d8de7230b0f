import type { Schedule } from './cron.ts'
import type { CatchUp } from './schema.ts'

/** A time that nobody came to for this long was missed, milliseconds. */
const missedAfterMs = 60_000
/** How many missed times are made up at most. */
const mostMadeUp = 25

interface Due {
  readonly schedule: Schedule
  readonly catchUp: CatchUp
  /** The time that the trigger waited for. */
  readonly scheduledFor: string
  readonly present: string
}

/** Which time a trigger that is due fires for, and what it waits for then. Pure. */
export function planTick(due: Due): { fires: string | null; next: string | null } {
  const { schedule, catchUp, scheduledFor, present } = due
  if (catchUp === 'all') {
    const oldest = schedule.newest(mostMadeUp, present).at(-1) ?? scheduledFor
    const fires = later(oldest, scheduledFor)
    return { fires, next: schedule.next(fires) }
  }
  const [newest = scheduledFor] = schedule.newest(1, present)
  const fires = later(newest, scheduledFor)
  const isMissed = Date.parse(present) - Date.parse(fires) > missedAfterMs
  return { fires: catchUp === 'skip' && isMissed ? null : fires, next: schedule.next(later(present, fires)) }
}

/** Of two times as ISO-8601 UTC. */
function later(left: string, right: string): string {
  return left > right ? left : right
}
