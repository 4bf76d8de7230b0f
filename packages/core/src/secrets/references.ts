import { randomUUID } from 'node:crypto'

import { ruleViolated, type EngineError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import { SecretReference } from './schema.ts'

/** A reference and where it stands, as in `adapterConfig.env.TOKEN`. */
export interface FoundReference {
  readonly path: string
  readonly name: string
  readonly version: number | null
}

/** An object that has no members but those of a reference is one; what else is called `secret` belongs to its adapter. */
function isReference(value: object): boolean {
  const keys = Object.keys(value)
  return 'secret' in value && typeof value.secret === 'string' && keys.every((key) => key === 'secret' || key === 'version')
}

/** Puts something in the place of each reference in a JSON value, however deep; the rest is as it was. */
export function replaceReferences(value: unknown, path: string, replace: (reference: FoundReference) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((member: unknown, index) => replaceReferences(member, join(path, String(index)), replace))
  if (isReference(value)) return replace(readReference(value, path))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceReferences(member, join(path, key), replace)]))
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** @throws `rule_violated` naming the path */
function readReference(value: object, path: string): FoundReference {
  const parsed = SecretReference.safeParse(value)
  if (!parsed.success) {
    const why = parsed.error.issues.map((issue) => issue.message).join('; ')
    throw ruleViolated(
      `${path}: this is no reference to a secret: ${why}. Write {"secret": "NAME"}, or {"secret": "NAME", "version": 1}.`,
      {
        path,
      },
    )
  }
  return { path, name: parsed.data.secret, version: parsed.data.version ?? null }
}

/** All references in a JSON value. */
export function findReferences(value: unknown, path: string): FoundReference[] {
  const found: FoundReference[] = []
  replaceReferences(value, path, (reference) => found.push(reference))
  return found
}

/** @throws `rule_violated` for a reference in another member of a configuration than those in which secrets may stand */
export function refuseElsewhere(value: unknown, path: string, fields: readonly string[] | undefined): void {
  const misplaced = fields && findReferences(value, '').find((reference) => !fields.includes(reference.path.split('.')[0] ?? ''))
  if (!misplaced) return
  const place = join(path, misplaced.path)
  throw ruleViolated(`${place}: a secret can not stand here, where others could read it. It can stand in: ${fields.join(', ')}.`, {
    path: place,
    secret: misplaced.name,
    fields: [...fields],
  })
}

/**
 * `fields` are members, and members of members as `headers.authorization`, in whatever case they are written.
 * @throws `rule_violated` for a text in one of them that is no reference: it would be kept, and shown, as it is
 */
export function refusePlain(value: unknown, path: string, fields: readonly string[] = []): void {
  for (const field of fields) {
    const place = plainPlaceAt(value, path, field.split('.'))
    if (place === null) continue
    const help = `Keep it by secrets.create, and write {"secret": "NAME"} here.`
    throw ruleViolated(`${place}: this is a secret, which is not kept in a configuration. ${help}`, { path: place })
  }
}

/** Where a text stands that is no reference, in the members of these names. */
function plainPlaceAt(value: unknown, path: string, [name, ...deeper]: readonly string[]): string | null {
  if (name === undefined) return plainPlace(value, path)
  if (typeof value !== 'object' || value === null) return null
  const places = Object.entries(value)
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .map(([key, member]) => plainPlaceAt(member, join(path, key), deeper))
  return places.find((place) => place !== null) ?? null
}

/** Where a text stands that is no reference. */
function plainPlace(value: unknown, path: string): string | null {
  if (typeof value === 'string') return path
  if (typeof value !== 'object' || value === null || isReference(value)) return null
  for (const [key, member] of Object.entries(value)) {
    const place = plainPlace(member, join(path, key))
    if (place !== null) return place
  }
  return null
}

/**
 * Lets a configuration with references be accepted as if each of them were a text, and puts them back into what came out of it.
 * @throws what `accept` throws, and `rule_violated` for a reference where no text is kept as it is
 */
export function acceptWithReferences(value: unknown, path: string, accept: (value: unknown) => unknown): unknown {
  const { restored, lost } = restore(value, path, accept)
  for (const reference of lost) throw notKept(reference)
  return restored
}

/** The same of a configuration that was accepted before, perhaps by another version: members that this one knows no more are left out. */
export function acceptAgain(value: JsonObject, path: string, accept: (value: unknown) => unknown): unknown {
  const { restored, lost } = restore(value, path, accept)
  const isKnown = (reference: FoundReference) => Object.hasOwn(Object(restored), memberOf(reference, path))
  for (const reference of lost.filter(isKnown)) throw notKept(reference)
  return restored
}

/** The member of the whole that a reference stands in. */
function memberOf(reference: FoundReference, path: string): string {
  return reference.path.slice(path.length + 1).split('.')[0] ?? ''
}

function notKept({ path }: FoundReference): EngineError {
  return ruleViolated(`${path}: a secret can not stand here; the adapter changes what it is given.`, { path })
}

function restore(value: unknown, path: string, accept: (value: unknown) => unknown): { restored: unknown; lost: FoundReference[] } {
  const references: FoundReference[] = []
  // No text of the configuration itself is taken for one.
  const call = randomUUID()
  // Nearly a URL, for schemas that want one.
  const mask = ({ name }: FoundReference, index: number) => `secret:${name}#${index}-${call}`
  const masked = replaceReferences(value, path, (reference) => mask(reference, references.push(reference) - 1))
  const accepted = accept(masked)
  const back = new Map(references.map((reference, index) => [mask(reference, index), reference]))
  const seen = new Set<FoundReference>()
  const restored = replaceTexts(accepted, (text) => {
    const reference = back.get(text)
    if (!reference) return text
    seen.add(reference)
    return { secret: reference.name, ...(reference.version !== null && { version: reference.version }) }
  })
  return { restored, lost: references.filter((reference) => !seen.has(reference)) }
}

function replaceTexts(value: unknown, replace: (text: string) => unknown): unknown {
  if (typeof value === 'string') return replace(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((member: unknown) => replaceTexts(member, replace))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceTexts(member, replace)]))
}
