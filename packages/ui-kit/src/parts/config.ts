import type { JsonObject } from '@engine/core/contract'

import { isObject } from '../data/json.ts'
import type { Fields } from './fields.ts'

/** How a member of a configuration is asked for. */
export interface ConfigField {
  readonly name: string
  readonly kind: 'text' | 'choice' | 'switch' | 'number' | 'lines' | 'json' | 'fixed'
  readonly description: string | null
  readonly isRequired: boolean
  readonly choices: readonly string[]
  /** What it is when nothing is said. */
  readonly fallback: unknown
  /** no: its value stands here; may: a secret may stand for it; must: nothing else is taken. */
  readonly secret: 'no' | 'may' | 'must'
  readonly isList: boolean
}

/** In which members secrets may stand: in every text for null. */
export interface SecretRules {
  readonly secretFields: readonly string[] | null
  readonly alwaysSecret: readonly string[]
}

/** One shape of a configuration, where a schema has several: named by what is fixed in it. */
export interface Variant {
  readonly key: string
  readonly schema: JsonObject
}

/** Pure. */
export function variantsOf(schema: JsonObject): readonly Variant[] {
  const options = schema['oneOf'] ?? schema['anyOf']
  if (!Array.isArray(options)) return [{ key: '', schema }]
  return options.filter(isObject).map((option, at) => ({ key: fixedOf(option) ?? `${at + 1}`, schema: option }))
}

/** The shape that a configuration has; the first one when it has none. Pure. */
export function variantOf(schema: JsonObject, config: JsonObject): string {
  const variants = variantsOf(schema)
  const isMeant = ({ schema: option }: Variant) =>
    members(option).every(([name, { const: fixed }]) => fixed === undefined || config[name] === fixed)
  return (variants.find(isMeant) ?? variants[0])?.key ?? ''
}

function fixedOf(schema: JsonObject): string | null {
  const fixed = members(schema).map(([, member]) => member['const'])
  return fixed.find((value) => typeof value === 'string') ?? null
}

/** What is asked for, in the order of the schema. Pure. */
export function fieldsOf(schema: JsonObject, { secretFields, alwaysSecret }: SecretRules): readonly ConfigField[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  return members(schema).map(([name, member]) => {
    const items = isObject(member['items']) ? member['items'] : null
    const kind = kindOf(member, items)
    return {
      name,
      kind,
      description: typeof member['description'] === 'string' ? member['description'] : null,
      isRequired: required.includes(name) && member['default'] === undefined,
      choices: Array.isArray(member['enum']) ? member['enum'].map(String) : [],
      fallback: member['const'] ?? member['default'],
      secret: alwaysSecret.includes(name) ? 'must' : (secretFields?.includes(name) ?? kind === 'text') ? 'may' : 'no',
      isList: items !== null,
    }
  })
}

function kindOf(member: JsonObject, items: JsonObject | null): ConfigField['kind'] {
  if (member['const'] !== undefined) return 'fixed'
  if (Array.isArray(member['enum'])) return 'choice'
  if (items) return items['type'] === 'string' ? 'lines' : 'json'
  const { type } = member
  if (type === 'boolean') return 'switch'
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'string' ? 'text' : 'json'
}

/** The name of the secret that stands for a value; null when the value stands there itself. Pure. */
export function secretIn(value: unknown): string | null {
  const one: unknown = Array.isArray(value) ? value[0] : value
  return isObject(one) && typeof one['secret'] === 'string' ? one['secret'] : null
}

/** The name of the control of a member, beside which a form has fields of its own. Pure. */
export function inputOf(name: string, of: 'value' | 'secret' = 'value'): string {
  return of === 'value' ? `config.${name}` : `config.${name}.secret`
}

/** A configuration from what a form says; what is left empty is left out. @throws when a text is no JSON where it should be */
export function readConfig(fields: readonly ConfigField[], form: Fields): JsonObject {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = readField(field, form)
      return value === undefined ? [] : [[field.name, value]]
    }),
  )
}

function readField({ name, kind, fallback, secret, isList }: ConfigField, form: Fields): JsonObject[string] | undefined {
  // What a schema fixes is JSON.
  if (kind === 'fixed') return fallback as JsonObject[string]
  const chosen = secret === 'no' ? '' : form.text(inputOf(name, 'secret'))
  if (chosen !== '') return isList ? [{ secret: chosen }] : { secret: chosen }
  const text = form.text(inputOf(name))
  if (text === '') return undefined
  if (kind === 'switch') return text === 'true'
  if (kind === 'number') return Number(text)
  if (kind === 'lines') return form.lines(inputOf(name))
  return kind === 'json' ? (form.json(inputOf(name)) ?? undefined) : text
}

function members(schema: JsonObject): [string, JsonObject][] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  return Object.entries(properties).flatMap(([name, member]) => (isObject(member) ? [[name, member]] : []))
}
