import { ruleViolated } from '../kernel/errors.ts'
import { isObject, type JsonObject, type JsonValue } from '../kernel/json.ts'
import type { DeliveryBody } from '../ports/destination.ts'
import type { RouteTemplate } from './schema.ts'

/** The most that one delivery sends, characters. */
const largestBody = 4 * 1024 * 1024
const placeholder = /\{\{\s*([\w$-]+(?:\.[\w$-]+)*)\s*\}\}/g
const whole = /^\{\{\s*([\w$-]+(?:\.[\w$-]+)*)\s*\}\}$/

interface Shaping {
  readonly mapping: JsonObject | null
  readonly template: RouteTemplate | null
}

/** Why an event can not be sent as a route says. */
export class Unrenderable extends Error {}

/** @throws `rule_violated` for what stands in braces and is no place in an event */
export function assertTemplates({ mapping, template }: { mapping: unknown; template: RouteTemplate | null }): void {
  const texts = [...textsIn(mapping, 'mapping'), ...(template ? [{ path: 'template.text', text: template.text }] : [])]
  const wrong = texts.find(({ text }) => text.replaceAll(placeholder, '').includes('{{'))
  if (wrong)
    throw ruleViolated(`${wrong.path}: between {{ and }} stands the place of a value, such as data.task.title, and nothing else.`, {
      path: wrong.path,
    })
}

function textsIn(value: unknown, path: string): { path: string; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => textsIn(member, `${path}.${name}`))
}

/**
 * What is sent of an event: all of it with the mapping merged into it, or the text of the template. Pure; no logic, only the event's
 * own members are found, and what a value says is never read as a template.
 * @throws {Unrenderable} for a value that the event does not have, and for more than is sent at once
 */
export function render({ mapping, template }: Shaping, event: JsonObject): DeliveryBody {
  if (template) {
    const { contentType } = template
    const escape = escapeFor(contentType)
    return { kind: 'text', text: bounded(fill(template.text, event, escape)), contentType }
  }
  const value = mapping === null ? event : merge(event, mapping, event)
  // Written as text it is by who sends it; only what may be too much is looked at twice.
  if (roomAfter(value, largestBody) < 0) bounded(JSON.stringify(value))
  // Merging an object into an object gives one.
  return { kind: 'json', value: value as JsonObject }
}

/** How many of so many characters are left after a value in JSON, at least. */
function roomAfter(value: JsonValue | undefined, room: number): number {
  if (room < 0) return room
  if (typeof value === 'string') return room - longestEscape * value.length - 2
  if (typeof value !== 'object' || value === null) return room - longestNumber
  let left = room - 2
  for (const [name, member] of Object.entries(value)) left = roomAfter(member, left - longestEscape * name.length - 4)
  return left
}

/** What a character becomes in JSON at most: \u and four digits. */
const longestEscape = 6
/** More than any number, true, false and null are. */
const longestNumber = 25

/**
 * Objects of a mapping are merged member by member, null takes one away, anything else takes the place of what was there (RFC 7396).
 * A value of the event takes its place as it is: what is null in it stays.
 */
function merge(target: JsonValue, patch: JsonValue, event: JsonObject): JsonValue {
  if (!isObject(patch)) return mapValue(patch, event)
  const base = isObject(target) ? target : {}
  const names = new Set([...Object.keys(base), ...Object.keys(patch)])
  // Unlike an assignment, this makes members of any name.
  return Object.fromEntries(
    [...names].flatMap((name): [string, JsonValue][] => {
      const present = Object.hasOwn(base, name) ? base[name] : undefined
      if (!Object.hasOwn(patch, name)) return present === undefined ? [] : [[name, present]]
      const next = patch[name] ?? null
      return next === null ? [] : [[name, merge(present ?? null, next, event)]]
    }),
  )
}

/** A text that is one placeholder becomes the value, of whatever type; in longer ones it becomes text. */
function mapValue(value: JsonValue, event: JsonObject): JsonValue {
  if (typeof value === 'string') {
    const path = whole.exec(value)?.[1]
    return path === undefined ? fill(value, event, asIs) : valueAt(event, path)
  }
  if (Array.isArray(value)) return value.map((member) => mapValue(member, event))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapValue(member, event)]))
}

type Escape = (value: JsonValue) => string

function fill(text: string, event: JsonObject, escape: Escape): string {
  let size = text.length
  return text.replaceAll(placeholder, (_, path: string) => {
    const shown = escape(valueAt(event, path))
    size += shown.length
    if (size > largestBody) throw tooLarge()
    return shown
  })
}

function valueAt(event: JsonObject, path: string): JsonValue {
  let value: JsonValue | undefined = event
  for (const name of path.split('.'))
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? member(value, name) : undefined
  if (value === undefined) throw new Unrenderable(`{{${path}}}: this event has no such value`)
  return value
}

function member(value: JsonObject | JsonValue[], name: string): JsonValue | undefined {
  return Array.isArray(value) ? value[Number(name)] : value[name]
}

function escapeFor(contentType: string): Escape {
  const type = contentType.split(';')[0]?.toLowerCase() ?? ''
  if (/\b(html|xml)\b/.test(type)) return (value) => asIs(value).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
  // Between the quotes of the template; what is no text stands for itself.
  if (/\bjson\b/.test(type)) return (value) => (typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value))
  return asIs
}

const asIs: Escape = (value) => (typeof value === 'string' ? value : JSON.stringify(value))

function bounded(text: string): string {
  if (text.length > largestBody) throw tooLarge()
  return text
}

function tooLarge(): Unrenderable {
  return new Unrenderable(`what would be sent is larger than ${largestBody} characters`)
}
