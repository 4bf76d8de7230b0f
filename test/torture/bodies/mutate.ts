// Makes what is nearly right out of what is right, by choices of a seed.
import type { JsonObject, JsonValue } from '@engine/core'
import type { Random } from '@engine/testing'

import { hostile, values } from '../../support/hostile.ts'

/** What is sent: text as it is, or bytes. */
type Body = string | Uint8Array<ArrayBuffer>

const letters = [
  'a',
  'Z',
  '0',
  ' ',
  '\n',
  '\t',
  '"',
  '\\',
  '/',
  '{',
  '}',
  '\u0000',
  '\u0007',
  '\u2028',
  '\u202e',
  'é',
  '漢',
  '😀',
  '\ud800',
  '%',
  ';',
  "'",
  '<',
  '$',
]
const names = [
  'id',
  'companyId',
  'version',
  '__proto__',
  'constructor',
  'toString',
  'limit',
  'cursor',
  '',
  'a.b',
  '$ref',
  'status',
  'length',
]
const numbers = [0, -0, -1, 1, 0.1, 255, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, -(2 ** 53), 1e21, 1e308, 5e-324]

export function isPlain(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/** A text of up to some dozen characters that somewhere mean something. */
export function anyText(random: Random): string {
  return Array.from({ length: random.int(24) }, () => random.pick(letters)).join('')
}

export function anyValue(random: Random, depth = 3): JsonValue {
  switch (random.int(depth > 0 ? 8 : 6)) {
    case 0:
      return null
    case 1:
      return random.int(2) === 0
    case 2:
      return random.pick(numbers)
    case 3:
      return anyText(random)
    case 4:
      return new Date(random.int(2 ** 31) * 1_000).toISOString()
    case 5:
      return '01890000-0000-7000-8000-000000000000'
    case 6:
      return Array.from({ length: random.int(5) }, () => anyValue(random, depth - 1))
    default:
      return anyObject(random, depth - 1)
  }
}

function anyObject(random: Random, depth = 3): JsonObject {
  return Object.fromEntries(Array.from({ length: random.int(5) }, () => [random.pick(names), anyValue(random, depth)]))
}

/** A right input with one thing changed, or up to three. */
export function nearly(random: Random, right: JsonObject, fields: readonly string[]): JsonObject {
  const changed = structuredClone(right)
  for (let times = 1 + random.int(3); times > 0; times -= 1) changeOne(random, changed, fields)
  return changed
}

function changeOne(random: Random, target: JsonObject, fields: readonly string[]): void {
  const known = [...new Set([...Object.keys(target), ...fields])]
  const name = known.length === 0 ? random.pick(names) : random.pick(known)
  // Never what objects inherit: that would be a change of all of them.
  const present = Object.hasOwn(target, name) ? target[name] : undefined
  if (isPlain(present) && random.int(2) === 0) return changeOne(random, present, [])
  switch (random.int(6)) {
    case 0:
      delete target[name]
      return
    case 1:
      put(target, random.pick(names), anyValue(random))
      return
    case 2:
      put(target, name, [present ?? null])
      return
    case 3:
      put(target, name, { [random.pick(names)]: present ?? null })
      return
    case 4:
      put(target, name, parsed(random.pick(values)[1]))
      return
    default:
      put(target, name, anyValue(random))
  }
}

/** As a member of its own, also where the name is `__proto__`. */
function put(target: JsonObject, name: string, value: JsonValue): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Some of the wrong values are no numbers of JSON. */
function parsed(json: string): JsonValue {
  // JSON.parse gives JSON.
  return JSON.parse(json) as JsonValue
}

/** The body of a request: mostly the nearly right one, else what is no JSON any more, or has nothing to do with it. */
export function bodyOf(random: Random, right: JsonObject, fields: readonly string[]): Body {
  const text = JSON.stringify(random.int(8) === 0 ? right : nearly(random, right, fields))
  switch (random.int(12)) {
    case 0:
      return text.slice(0, random.int(text.length))
    case 1:
      return flipped(random, text)
    case 2:
      return JSON.stringify(anyValue(random, 5))
    case 3:
      return asBody(random.pick(hostile)[1])
    case 4:
      return `${text.slice(0, -1)}${text === '{}' ? '' : ','}${text.slice(1)}`
    default:
      return text
  }
}

function flipped(random: Random, text: string): Body {
  const bytes = Uint8Array.from(Buffer.from(text))
  for (let times = 1 + random.int(3); times > 0; times -= 1) bytes[random.int(bytes.length)] = random.int(256)
  return bytes
}

function asBody(body: unknown): Body {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? Uint8Array.from(body) : JSON.stringify(body ?? {})
}
