const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' })

/** How long the clock behind times that are shown stands still, milliseconds. */
export const tickMs = 10_000

/** How long ago, or in how long. What is ahead by less than a tick may have happened since the clock moved. Pure. */
export function timeFrom(at: string, now: number): string {
  const seconds = Math.round((Date.parse(at) - now) / 1_000)
  for (const [unit, size] of units) if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
  return seconds * 1_000 > tickMs ? `in ${seconds}s` : 'now'
}

/** A moment in the reader's own place and words, with its time zone: a schedule beside it may be in another one. */
export function moment(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
}

/** The same for a narrow column. */
export function shortMoment(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' })
}

/** Between two moments. Pure. */
export function duration(fromMs: number, toMs: number): string {
  const ms = Math.max(0, toMs - fromMs)
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}

/** Micro-dollars as dollars; small ones keep the digits that say something. Pure. */
export function money(micros: number): string {
  const dollars = micros / 1_000_000
  const digits = dollars !== 0 && Math.abs(dollars) < 0.1 ? 4 : 2
  return dollars.toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`
  if (size < 1_000_000) return `${(size / 1_000).toFixed(1)} kB`
  return `${(size / 1_000_000).toFixed(1)} MB`
}

/** A noun as one of its kind. Pure. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`
}

/** The first letters of a name. Pure. */
export function initials(name: string): string {
  const [first = '?', second = ''] = name.trim().split(/[\s-]+/)
  return `${first[0] ?? '?'}${second[0] ?? ''}`.toUpperCase()
}

/** A colour of its own for each id, 0 to 359. Pure. */
export function hueOf(id: string): number {
  let hash = 0
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) % 360
  return hash
}

/** The name of a member as a label: `timeoutSec` is Timeout sec. Pure. */
export function labelOf(name: string): string {
  const spaced = name
    .replaceAll('_', ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return `${spaced.charAt(0).toUpperCase()}${spaced.slice(1)}`
}
