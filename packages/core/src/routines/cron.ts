import { Cron } from 'croner'

import { ruleViolated } from '../kernel/errors.ts'
import { isTimeZone, openZone, type Zone } from './zone.ts'

/**
 * The times of a cron expression in a time zone. They are times of clocks: one that the clocks of a day leave out comes at the
 * moment after the gap, one that they show twice comes the first time, and no moment comes twice.
 */
export interface Schedule {
  /** The first time after a moment; null when there is none. Times are ISO-8601 UTC. */
  next(after: string): string | null
  /** The newest times up to a moment, newest first, `count` at most. */
  newest(count: number, upTo: string): string[]
}

export interface ScheduleInput {
  readonly expression: string
  readonly timeZone: string
}

const longestExpression = 200

/** @throws `rule_violated` saying what is wrong with the expression or the time zone */
export function readSchedule({ expression, timeZone }: ScheduleInput): Schedule {
  if (!isTimeZone(timeZone))
    throw ruleViolated(`timeZone: "${timeZone}" is no IANA time zone. Name one such as Europe/Berlin or UTC.`, { timeZone })
  const pattern = readPattern(expression)
  const zone = openZone(timeZone)
  const schedule: Schedule = {
    next: (after) => nextTime(pattern, zone, Date.parse(after)),
    newest: (count, upTo) => newestTimes(pattern, zone, { count, upToMs: Date.parse(upTo) }),
  }
  return schedule
}

/** The same, refused when no time of it comes any more. @throws `rule_violated` */
export function readLiveSchedule(given: ScheduleInput, now: string): Schedule {
  const schedule = readSchedule(given)
  if (schedule.next(now) === null)
    throw ruleViolated(`expression: no day fits "${given.expression}", so it would never fire.`, { expression: given.expression })
  return schedule
}

// Numbers, names, lists, ranges and steps; what else the parser knows is no cron of five fields.
const field = /^(\*|[0-9]{1,2}|[A-Za-z]{3})(-([0-9]{1,2}|[A-Za-z]{3}))?(\/[0-9]{1,2})?$/
const fieldNames = ['minute', 'hour', 'day of the month', 'month', 'day of the week']

function readPattern(expression: string): Cron {
  const parts = expression.trim().split(/\s+/)
  if (expression.length > longestExpression) throw wrong(expression, `it is longer than ${longestExpression} characters`)
  if (parts.length !== fieldNames.length) throw wrong(expression, `it has ${parts.length} fields, and needs five: ${fieldNames.join(', ')}`)
  for (const [index, part] of parts.entries()) {
    if (!part.split(',').every((item) => field.test(item))) throw wrong(expression, `the ${fieldNames[index]} can not be "${part}"`)
  }
  for (const [index, part] of parts.entries()) {
    try {
      patternOf(parts.map((_, other) => (other === index ? part : '*')).join(' '))
    } catch {
      throw wrong(expression, `the ${fieldNames[index]} can not be "${part}"`)
    }
  }
  return patternOf(parts.join(' '))
}

/** Reads times of clocks, so it is told that they are UTC. It never runs anything. */
function patternOf(expression: string): Cron {
  return new Cron(expression, { timezone: 'UTC', mode: '5-part', paused: true })
}

function wrong(expression: string, why: string) {
  return ruleViolated(`expression: "${expression}" is no cron expression: ${why}.`, { expression })
}

const secondMs = 1_000

function nextTime(pattern: Cron, zone: Zone, afterMs: number): string | null {
  let wall = pattern.nextRun(new Date(zone.wallOf(afterMs)))
  // What clocks show again after they were put back has come already.
  while (wall && zone.instantOf(wall.getTime()) <= afterMs) wall = pattern.nextRun(wall)
  return wall && new Date(zone.instantOf(wall.getTime())).toISOString()
}

function newestTimes(pattern: Cron, zone: Zone, { count, upToMs }: { count: number; upToMs: number }): string[] {
  const times = new Set<string>()
  for (let below = new Date(zone.latestWall(upToMs) + secondMs); times.size < count;) {
    const [wall] = pattern.previousRuns(1, below)
    if (!wall) break
    const instant = zone.instantOf(wall.getTime())
    if (instant <= upToMs) times.add(new Date(instant).toISOString())
    below = wall
  }
  return [...times]
}
