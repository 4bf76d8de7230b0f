import { plainly, words } from '../../data/said.ts'

const telling = ['identifier', 'title', 'name', 'message', 'reason', 'class', 'decision', 'changed'] as const

/** What Engine itself says; names and titles are what people wrote. */
const isOurs: ReadonlySet<string> = new Set(['message', 'reason'])

/** What of an event's data says most, in a few words. Pure. */
export function summaryOf(data: Readonly<Record<string, unknown>>): string {
  const { from, to } = data
  const move = typeof from === 'string' && typeof to === 'string' ? [`${words(from)} → ${words(to)}`] : []
  const facts = telling.flatMap((name) => {
    const value = data[name]
    if (Array.isArray(value)) return value.length > 0 ? [value.join(', ')] : []
    return typeof value === 'string' && value !== '' ? [name === 'decision' ? words(value) : isOurs.has(name) ? plainly(value) : value] : []
  })
  return [...move, ...facts].slice(0, 3).join(' · ')
}
