import type { Adapter } from '@engine/core/contract'

import type { Fields } from '../../parts/fields.ts'

/** One part of an adapter's configuration, as a field of a form. */
export interface ConfigField {
  readonly name: string
  readonly kind: 'text' | 'number' | 'choice' | 'flag' | 'lines' | 'json'
  readonly hint: string | undefined
  readonly isRequired: boolean
  /** What counts when it is left empty, as text. */
  readonly standard: string | undefined
  readonly options: readonly string[]
}

type Schema = Adapter['configSchema']
type Value = Schema[string]

/** The fields of a JSON schema; what no simple field can say is written as JSON. Pure. */
export function fieldsOf(schema: Schema): readonly ConfigField[] {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  return Object.entries(objectOf(schema['properties'])).map(([name, value]) => {
    const property = objectOf(value)
    const standard = property['default']
    return {
      name,
      kind: kindOf(property),
      hint: typeof property['description'] === 'string' ? property['description'] : undefined,
      isRequired: required.has(name),
      standard: standard === undefined ? undefined : shown(standard),
      options: Array.isArray(property['enum']) ? property['enum'].map(String) : [],
    }
  })
}

function kindOf(property: Schema): ConfigField['kind'] {
  if (Array.isArray(property['enum'])) return 'choice'
  if (property['type'] === 'boolean') return 'flag'
  if (property['type'] === 'number' || property['type'] === 'integer') return 'number'
  if (property['type'] === 'array' && objectOf(property['items'])['type'] === 'string') return 'lines'
  return property['type'] === 'string' ? 'text' : 'json'
}

const secretName = /^secret:([A-Za-z_][A-Za-z0-9_]{0,127})$/

/** A value as it is written in a field. Pure. */
export function written(field: ConfigField, value: Value | undefined): string {
  if (value === undefined) return ''
  if (field.kind === 'lines' && Array.isArray(value) && value.every((line) => typeof line === 'string')) return value.join('\n')
  const { secret } = objectOf(value)
  if (field.kind === 'text' && typeof secret === 'string') return `secret:${secret}`
  return shown(value)
}

/** What was written into the fields, without what was left empty. @throws for a field that is no JSON */
export function readConfig(schema: Schema, fields: Fields): Schema {
  return Object.fromEntries(
    fieldsOf(schema).flatMap((field) => {
      const value = readField(field, fields)
      return value === undefined ? [] : [[field.name, value]]
    }),
  )
}

function readField(field: ConfigField, fields: Fields): Value | undefined {
  const name = `config.${field.name}`
  const text = fields.text(name)
  if (text === '') return undefined
  switch (field.kind) {
    case 'number':
      return Number(text)
    case 'flag':
      return text === 'true'
    case 'lines':
      return fields.lines(name)
    case 'json':
      return parsed(field.name, text)
    default: {
      const secret = secretName.exec(text)?.[1]
      return secret === undefined ? text : { secret }
    }
  }
}

function parsed(name: string, text: string): Value {
  try {
    // What JSON.parse gives is JSON.
    return JSON.parse(text) as Value
  } catch {
    throw new Error(`${name} is no JSON. A text stands in double quotes, and so does the name of each part.`)
  }
}

function shown(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

function objectOf(value: Value | undefined): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
