import { isoTime, type Clock } from '../ports/clock.ts'
import type { EmbeddableEntry, Position } from './embeddable.ts'

/** How many texts one call of an embedder is given. */
const batchSize = 32
/** A transaction may take so long to commit what it wrote, and clocks of machines may differ by so much. */
const slackMs = 600_000
/** All entries are looked at again once in so long, whatever was missed; what fails again and again waits as long. */
const wholeWalkMs = 3_600_000

const beginning: Position = { at: '1970-01-01T00:00:00.000Z', id: '00000000-0000-0000-0000-000000000000' }

/** What went wrong with an entry, and when it is tried again. */
interface Setback {
  readonly failures: number
  readonly notBefore: number
  readonly at: string
}

/**
 * What is to be embedded next, along a walk over the entries in the order of their changes: all of them at first, then those of
 * the last minutes. It only remembers; looking and embedding are done by whoever asks it.
 */
export interface Backlog {
  /** Where the walk is. */
  readonly position: Position
  /** The part of a page that goes to the embedder together; none when all of it is done or has to wait. */
  next(page: readonly EmbeddableEntry[]): readonly EmbeddableEntry[]
  /** Goes past a page. @returns false at the end of a walk; the next one begins with what changed lately */
  advance(page: readonly EmbeddableEntry[], isFull: boolean): boolean
  /** These are on their way into the database. */
  begun(entries: readonly EmbeddableEntry[]): void
  done(entries: readonly EmbeddableEntry[]): void
  /** Of several that failed together nobody knows which one it was: each is tried by itself. One alone waits, longer each time. */
  failed(entries: readonly EmbeddableEntry[]): void
}

/** What failed, and since when it waits. */
function createSetbacks({ clock, baseMs }: { clock: Clock; baseMs: number }) {
  const setbacks = new Map<string, Setback>()
  /** What failed in this walk waits for the next one at least, so that what comes after it has its turn. */
  const [failedNow, metAgain] = [new Set<string>(), new Set<string>()]

  return {
    has: (id: string) => setbacks.has(id),
    mustWait: (id: string) => failedNow.has(id) || (setbacks.get(id)?.notBefore ?? -Infinity) > clock.monotonicMs(),
    add({ id, updatedAt: at }: EmbeddableEntry): void {
      const failures = (setbacks.get(id)?.failures ?? 0) + 1
      setbacks.set(id, { failures, at, notBefore: clock.monotonicMs() + Math.min(baseMs * 2 ** failures, wholeWalkMs) })
      failedNow.add(id)
      metAgain.add(id)
    },
    met: (id: string) => void metAgain.add(id),
    delete: (id: string) => setbacks.delete(id),
    /** What a walk did not meet again was changed, deleted, or embedded by somebody else. @returns when the others changed */
    endWalk(): string[] {
      for (const id of setbacks.keys()) if (!metAgain.has(id)) setbacks.delete(id)
      failedNow.clear()
      metAgain.clear()
      return [...setbacks.values()].map(({ at }) => at)
    },
  }
}

export function createBacklog(given: { clock: Clock; baseMs: number }): Backlog {
  const { clock } = given
  const setbacks = createSetbacks(given)
  const [alone, underWay] = [new Set<string>(), new Set<string>()]
  let position = beginning
  let wholeWalkAt: number | null = null

  const isReady = ({ id, isEmbedded }: EmbeddableEntry) => !isEmbedded && !underWay.has(id) && !setbacks.mustWait(id)
  const isAlone = ({ id }: EmbeddableEntry) => alone.has(id) || setbacks.has(id)

  function endWalk(): void {
    const waitingSince = setbacks.endWalk()
    alone.clear()
    const now = clock.monotonicMs()
    wholeWalkAt ??= now
    const isTimeForAll = now - wholeWalkAt >= wholeWalkMs
    if (isTimeForAll) wholeWalkAt = now
    const [earliest = beginning.at] = [isoTime(clock.now() - slackMs), ...waitingSince].toSorted()
    position = isTimeForAll ? beginning : { ...beginning, at: earliest }
  }

  return {
    get position() {
      return position
    },
    next(page) {
      for (const { id, isEmbedded } of page) if (!isEmbedded) setbacks.met(id)
      const ready = page.filter(isReady)
      const [first] = ready
      return first && isAlone(first) ? [first] : ready.filter((entry) => !isAlone(entry)).slice(0, batchSize)
    },
    advance(page, isFull) {
      const last = page.at(-1)
      const goesOn = last !== undefined && isFull
      if (goesOn) position = { at: last.updatedAt, id: last.id }
      else endWalk()
      return goesOn
    },
    begun(entries) {
      for (const { id } of entries) underWay.add(id)
    },
    done(entries) {
      for (const { id } of entries) for (const known of [underWay, alone, setbacks]) known.delete(id)
    },
    failed(entries) {
      for (const entry of entries) {
        const wasMade = underWay.delete(entry.id)
        if (entries.length > 1 && !wasMade) alone.add(entry.id)
        else setbacks.add(entry)
      }
    },
  }
}
