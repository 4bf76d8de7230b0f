import { z } from 'zod'

/** Words that every aggregate's schema is made of. */
export const Id = z.uuid().toLowerCase().describe('UUIDv7')
export const IsoTime = z.string().describe('ISO-8601 UTC with milliseconds')
/** A time as callers may write it, with any offset; kept as the same moment in UTC, in a year that every database can keep and sort. */
export const TimeInput = z.iso
  .datetime({ offset: true })
  .refine((time) => isKeptYear(new Date(time).getUTCFullYear()), 'a time in UTC from the year 1 to 9999')
  .transform((time) => new Date(time).toISOString())
/** A UTC day, such as `2026-11-21`. */
export const DayInput = z.iso.date().refine((day) => isKeptYear(Number(day.slice(0, 4))), 'a day from the year 1 to 9999')
export const Name = z.string().trim().min(1).max(200)
export const LongText = z.string().max(65_536)
export const Tag = z.string().trim().min(1).max(64)
export const Tags = z.array(Tag).max(50)
/** True or false, also as the text that a query string has. */
export const Flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
/** A media type, with parameters such as a charset. */
export const ContentType = z
  .string()
  .trim()
  .max(200)
  .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=("[\w !#-[\]-~]*"|[\w!#$&^.+-]+))*$/, 'a media type such as text/plain')
/** A JSON object that round-trips unchanged, up to 64 KiB. */
export const jsonObject = z.record(z.string(), z.json()).refine((value) => JSON.stringify(value).length <= 65_536, 'larger than 64 KiB')

/** A whole number from `least` to `most`, also as the digits that a query string has. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  const read = (value: number | string): unknown => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value)
  return z.transform(read).pipe(z.int().min(least).max(most))
}

function isKeptYear(year: number): boolean {
  return year >= 1 && year <= 9999
}
