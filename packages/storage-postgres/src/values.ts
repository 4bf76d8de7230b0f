/**
 * How core sees Postgres values: whole numbers as numbers, times as ISO-8601 text with milliseconds, JSON as its text,
 * everything else as Postgres writes it. By type oid, as `pg_type` has them.
 */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't',
  20: toInteger,
  21: toInteger,
  23: toInteger,
  26: toInteger,
  700: Number,
  701: Number,
  1114: toIsoTime,
  1184: toIsoTime,
  // Sums of bigint are numeric.
  1700: Number,
}

/** The form in which node-postgres asks for parsers; what it does not find stays text. */
export const typeParsers = {
  getTypeParser: (oid: number) => parsers[oid] ?? asText,
}

/** The form in which PGlite wants them: every type whose own parser would give something else than text. */
export const pgliteParsers: Record<number, (text: string) => unknown> = { ...parsers, 114: asText, 3802: asText, 1082: asText, 17: asText }

function asText(text: string): string {
  return text
}

/** @throws rather than answering with a number that is not the one in the database */
function toInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`the database holds ${text}, which JavaScript cannot count to`)
  return value
}

const timePattern = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:([+-]\d{2})(?::?(\d{2}))?(?::\d{2})?)?$/

/** Reads a time of any session's time zone; our columns hold milliseconds. */
export function toIsoTime(text: string): string {
  const [matched, date = '', time = '', fraction = '', hours, minutes = '00'] = timePattern.exec(text) ?? []
  if (matched === undefined) throw new RangeError(`the database wrote the time ${text}; its DateStyle must be ISO`)
  const iso = `${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}`
  if (hours === undefined || (hours === '+00' && minutes === '00')) return `${iso}Z`
  return new Date(`${iso}${hours}:${minutes}`).toISOString()
}
