/** What the clocks of a place show, and when. Times of clocks are milliseconds as if they were UTC. */
export interface Zone {
  /** What clocks there show at a moment. */
  wallOf(instantMs: number): number
  /**
   * The moment at which clocks there show a time: the first one when they show it twice, and the moment after the gap when they
   * leave it out. Later times of clocks never give earlier moments.
   */
  instantOf(wallMs: number): number
  /** The latest time that clocks there have shown up to a moment, also when they were put back since. */
  latestWall(instantMs: number): number
}

const dayMs = 86_400_000

/** Whether a name is one of the IANA time zones that this Node knows; an offset such as +02:00 is none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The clocks of an IANA time zone. @throws RangeError when there is none of this name */
export function openZone(name: string): Zone {
  const formatter = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })

  function wallOf(instantMs: number): number {
    const parts = new Map(formatter.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return wall + (((instantMs % 1_000) + 1_000) % 1_000)
  }

  const offsetAt = (instantMs: number) => wallOf(instantMs) - instantMs

  function instantOf(wallMs: number): number {
    // No place is a day away from UTC, so these two moments are before and after whatever happens at this time.
    const offsets = [offsetAt(wallMs - dayMs), offsetAt(wallMs + dayMs)]
    const candidates = offsets.map((offset) => wallMs - offset).filter((instant) => wallOf(instant) === wallMs)
    return candidates.length > 0 ? Math.min(...candidates) : gapEnd(wallMs, offsets)
  }

  /** The moment at which clocks jump over a time. */
  function gapEnd(wallMs: number, offsets: readonly number[]): number {
    let [before, after] = [wallMs - Math.max(...offsets), wallMs - Math.min(...offsets)]
    const offset = offsetAt(after)
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (offsetAt(middle) === offset) after = middle
      else before = middle
    }
    return after
  }

  return {
    wallOf,
    instantOf,
    latestWall: (instantMs) => instantMs + Math.max(offsetAt(instantMs), offsetAt(instantMs - dayMs)),
  }
}
