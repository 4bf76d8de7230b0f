import type { DeliveredEvent, JsonObject, JsonValue } from '@engine/core/plugin'

/** One thing that an event says, for people to read. */
export interface Fact {
  readonly label: string
  readonly text: string
}

const deepest = 4
const mostFacts = 60
const titles = ['title', 'name', 'identifier'] as const

/** What happened, in words: `Deliverable approved: Report on chairs`. Pure. */
export function headlineOf({ type, data }: DeliveredEvent): string {
  const words = type.replaceAll(/[._]+/g, ' ').trim()
  const what = words.charAt(0).toUpperCase() + words.slice(1)
  const title =
    titleOf(data) ??
    Object.values(data)
      .flatMap((value) => (isObject(value) ? [titleOf(value)] : []))
      .find(Boolean)
  return oneLine(title === undefined ? what : `${what}: ${title}`)
}

function titleOf(data: JsonObject): string | undefined {
  return titles.map((name) => data[name]).find((value) => typeof value === 'string' && value.trim() !== '') as string | undefined
}

/** All that a body says, each value with the path to it. Pure. */
export function factsOf(body: JsonObject): Fact[] {
  return collect(body, '', 0).slice(0, mostFacts)
}

function collect(value: JsonObject, path: string, depth: number): Fact[] {
  return Object.entries(value).flatMap(([key, member]) => {
    const label = path === '' ? key : `${path}.${key}`
    if (isObject(member) && depth < deepest) return collect(member, label, depth + 1)
    const text = textOf(member)
    return text.trim() === '' ? [] : [{ label, text }]
  })
}

function textOf(value: JsonValue): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => !isObject(item) && !Array.isArray(item))) return value.map(textOf).join(', ')
  return JSON.stringify(value)
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Without what would begin another line, or another header. Pure. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

/** At most so many UTF-16 units, with an ellipsis where it was cut, and never half a character. Pure. */
export function fit(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
