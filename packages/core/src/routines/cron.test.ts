import { describe, expect, it } from 'vitest'

import { readLiveSchedule, readSchedule } from './cron.ts'

const minuteMs = 60_000

/** What clocks of a zone show, by the one function of the platform that knows. */
function clockOf(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return (ms) => format.format(ms)
}

interface Pattern {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
}

/**
 * The times of a pattern from one moment up to another, found by looking at the clock every minute: a time that it shows fires
 * when it shows it first; what it leaves out fires with the minute after the gap.
 */
function lookMinuteByMinute(timeZone: string, { minutes, hours }: Pattern, span: { fromMs: number; toMs: number }): string[] {
  const clock = clockOf(timeZone)
  const found: string[] = []
  let latest = ''
  for (let ms = span.fromMs - 2 * minuteMs; ms <= span.toMs; ms += minuteMs) {
    const shown = clock(ms)
    if (shown <= latest) continue
    const passed = latest === '' ? [shown] : clockTimesBetween(latest, shown)
    latest = shown
    const fits = passed.some((time) => hours.includes(Number(time.slice(11, 13))) && minutes.includes(Number(time.slice(14, 16))))
    if (fits && ms > span.fromMs) found.push(new Date(ms).toISOString())
  }
  return found
}

/** The times of clocks after one up to another, each minute. */
function clockTimesBetween(after: string, upTo: string): string[] {
  const [first, last] = [Date.parse(`${after.replace(' ', 'T')}:00Z`) + minuteMs, Date.parse(`${upTo.replace(' ', 'T')}:00Z`)]
  const times: string[] = []
  for (let ms = first; ms <= last; ms += minuteMs) times.push(new Date(ms).toISOString().slice(0, 16).replace('T', ' '))
  return times
}

function timesOf(expression: string, timeZone: string, span: { fromMs: number; toMs: number }): string[] {
  const schedule = readSchedule({ expression, timeZone })
  const until = new Date(span.toMs).toISOString()
  const times: string[] = []
  for (let time = schedule.next(new Date(span.fromMs).toISOString()); time !== null && time <= until; time = schedule.next(time))
    times.push(time)
  return times
}

const everyMinute = Array.from({ length: 60 }, (_, minute) => minute)
const everyHour = Array.from({ length: 24 }, (_, hour) => hour)
const patterns: Record<string, Pattern> = {
  '* * * * *': { minutes: everyMinute, hours: everyHour },
  '*/15 * * * *': { minutes: [0, 15, 30, 45], hours: everyHour },
  '30 2 * * *': { minutes: [30], hours: [2] },
  '15,45 1-3 * * *': { minutes: [15, 45], hours: [1, 2, 3] },
  '0 0 * * *': { minutes: [0], hours: [0] },
}

/** The moments at which the clocks of a zone are changed in a year. */
function changesIn(timeZone: string, years: readonly number[]): number[] {
  const clock = clockOf(timeZone)
  const offset = (ms: number) => Date.parse(`${clock(ms).replace(' ', 'T')}:00Z`) - ms
  const hours = Array.from({ length: (years.length * 366 + 2) * 24 }, (_, hour) => Date.UTC(years[0] ?? 2026, 0, 1) + hour * 60 * minuteMs)
  return hours.filter((ms, index) => index > 0 && offset(ms) !== offset(ms - 60 * minuteMs))
}

describe.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'])('a schedule in %s', (timeZone) => {
  const changes = changesIn(timeZone, [2026, 2027, 2028, 2029, 2030])

  it.each(Object.entries(patterns))(
    '%s fires as a look at the clock every minute says, around each change of it from 2026 to 2030',
    (expression, pattern) => {
      expect(changes).toHaveLength(10)
      for (const change of changes) {
        const hours = expression === '* * * * *' ? 2 : 30
        const span = { fromMs: change - hours * 60 * minuteMs, toMs: change + hours * 60 * minuteMs }
        expect(timesOf(expression, timeZone, span)).toEqual(lookMinuteByMinute(timeZone, pattern, span))
      }
    },
  )

  it('fires once a day, five years long', () => {
    const span = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2031, 0, 1) }
    const clock = clockOf(timeZone)
    for (const expression of ['30 2 * * *', '45 1 * * *']) {
      const days = timesOf(expression, timeZone, span).map((time) => clock(Date.parse(time)).slice(0, 10))
      expect(days).toHaveLength(1_826)
      expect(new Set(days).size).toBe(1_826)
    }
  })

  it('has the same next time from wherever one asks, also while clocks show an hour again', () => {
    for (const change of changes.slice(0, 4)) {
      const span = { fromMs: change - 3 * 60 * minuteMs, toMs: change + 5 * 60 * minuteMs }
      for (const [expression, pattern] of Object.entries(patterns).slice(1, 4)) {
        const schedule = readSchedule({ expression, timeZone })
        const times = lookMinuteByMinute(timeZone, pattern, span)
        for (let ms = span.fromMs; ms < change + 2 * 60 * minuteMs; ms += 7 * minuteMs) {
          const after = new Date(ms).toISOString()
          const expected = times.find((time) => time > after)
          if (expected !== undefined) expect([after, schedule.next(after)]).toEqual([after, expected])
        }
      }
    }
  })

  it('looks back as it looks ahead', () => {
    for (const change of changes.slice(0, 2)) {
      const span = { fromMs: change - 3 * 60 * minuteMs, toMs: change + 3 * 60 * minuteMs }
      for (const expression of ['*/15 * * * *', '15,45 1-3 * * *', '30 2 * * *']) {
        const ahead = timesOf(expression, timeZone, span)
        const schedule = readSchedule({ expression, timeZone })
        for (const [index, time] of ahead.entries()) {
          const just = new Date(Date.parse(time) + 30_000).toISOString()
          expect(schedule.newest(1, time)).toEqual([time])
          expect(schedule.newest(Math.min(index + 1, 6), just)).toEqual(ahead.slice(Math.max(0, index - 5), index + 1).toReversed())
        }
      }
    }
  })
})

describe('a cron expression', () => {
  const next = (expression: string, after: string, timeZone = 'UTC') => readSchedule({ expression, timeZone }).next(after)

  it.each([
    ['0 9 * * 1-5', '2026-01-02T09:00:00.000Z', '2026-01-05T09:00:00.000Z'],
    ['0 9 * * MON', '2026-01-01T00:00:00.000Z', '2026-01-05T09:00:00.000Z'],
    ['0 0 * * 7', '2026-01-01T00:00:00.000Z', '2026-01-04T00:00:00.000Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
    ['0 0 31 * *', '2026-01-31T00:00:00.000Z', '2026-03-31T00:00:00.000Z'],
    ['5-20/5 12 * jan,MAR *', '2026-01-31T12:20:00.000Z', '2026-03-01T12:05:00.000Z'],
    ['* * * * *', '2026-01-01T00:00:59.999Z', '2026-01-01T00:01:00.000Z'],
    // As in every cron: of a day of the month and a day of the week, either is enough.
    ['0 0 13 * 5', '2026-01-10T00:00:00.000Z', '2026-01-13T00:00:00.000Z'],
  ])('%s comes after %s at %s', (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected)
  })

  it.each([
    ['* * * *', 'it has 4 fields'],
    ['* * * * * *', 'it has 6 fields'],
    ['60 * * * *', 'the minute can not be "60"'],
    ['* 24 * * *', 'the hour can not be "24"'],
    ['* * 0 * *', 'the day of the month can not be "0"'],
    ['* * * 13 *', 'the month can not be "13"'],
    ['* * * foo *', 'the month can not be "foo"'],
    ['* * * * 8', 'the day of the week can not be "8"'],
    ['@daily', 'it has 1 fields'],
    ['0 0 L * *', 'the day of the month can not be "L"'],
    ['*/0 * * * *', 'the minute can not be "*/0"'],
    ['30-10 * * * *', 'the minute can not be "30-10"'],
    ['1,,2 * * * *', 'the minute can not be "1,,2"'],
    ['* * * * 1#2', 'the day of the week can not be "1#2"'],
    ['\u0661 * * * *', 'the minute can not be'],
    [`${'1,'.repeat(120)}1 * * * *`, 'it is longer than 200 characters'],
  ])('%s is refused: %s', (expression, why) => {
    expect(() => next(expression, '2026-01-01T00:00:00.000Z')).toThrow(
      expect.objectContaining({ kind: 'rule', message: expect.stringContaining(why) }),
    )
  })

  it.each(['Mars/Base', '', '+02:00', 'Europe', '../etc'])('is refused in "%s", which is no time zone', (timeZone) => {
    expect(() => next('* * * * *', '2026-01-01T00:00:00.000Z', timeZone)).toThrow(expect.objectContaining({ kind: 'rule' }))
  })

  it('that never comes is refused', () => {
    expect(() => readLiveSchedule({ expression: '0 0 30 2 *', timeZone: 'UTC' }, '2026-01-01T00:00:00.000Z')).toThrow('it would never fire')
  })
})
