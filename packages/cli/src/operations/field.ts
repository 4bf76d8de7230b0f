import { z } from 'zod'

import type { Operation } from '@engine/core'

/** How the text of a flag becomes a value. */
type FieldKind = 'text' | 'secret' | 'number' | 'boolean' | 'list' | 'json' | 'textOrJson' | 'file' | 'folder'

/** One input field of an operation, as a flag or as an argument. */
export interface Field {
  readonly name: string
  /** Such as `--assignee-agent-id`. */
  readonly flag: string
  readonly kind: FieldKind
  readonly isRequired: boolean
  /** Whether it may be null, which is written as `null`. */
  readonly isNullable: boolean
  /** Whether it is named by its place: what the path is about, but for the company that a list is of. */
  readonly isArgument: boolean
  /** What it may be; null where that is not a few words. */
  readonly choices: readonly string[] | null
  readonly description: string
}

/** What of JSON Schema says how a value is written. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly description?: string
  readonly default?: unknown
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly $defs?: Readonly<Record<string, Schema>>
}

export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The input fields of an operation that has a route, those of its path first. */
export function fieldsOf({ module, definition }: Operation): Field[] {
  // JSON Schema is what this function gives.
  const schema = z.toJSONSchema(definition.input, { io: 'input', unrepresentable: 'any' }) as ObjectSchema
  const inPath = [...(definition.http?.[1] ?? '').matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const names = [...inPath, ...Object.keys(schema.properties ?? {}).filter((name) => !inPath.includes(name))]
  return names.map((name) => {
    const field = schema.properties?.[name] ?? {}
    const forms = formsOf(field, schema)
    const isFolder = forms.some(({ items }) => items?.properties && 'path' in items.properties && 'content' in items.properties)
    if (isFolder) return folderField(name)
    return {
      name,
      flag: `--${kebab(name)}`,
      kind: ownKind(definition, name) ?? kindOf(forms, schema),
      isRequired: schema.required?.includes(name) === true,
      isNullable: forms.some(({ type }) => type === 'null'),
      isArgument: inPath.includes(name) && (name !== 'companyId' || module === 'companies'),
      choices: choicesOf(forms, schema),
      description: descriptionOf(field, forms),
    }
  })
}

/** What the schema does not say: which text is a file, and which one a secret. */
function ownKind(definition: Operation['definition'], name: string): FieldKind | null {
  if (definition.kind !== 'command') return null
  if (definition.takesContent && name === 'content') return 'file'
  return definition.takesSecret && name === 'value' ? 'secret' : null
}

/** Files with their paths, which are a folder of this machine. */
function folderField(name: string): Field {
  const description = 'a folder with the files'
  return { name, flag: '--folder', kind: 'folder', isRequired: true, isNullable: false, isArgument: true, choices: null, description }
}

/** Each single form that a value may have. */
function formsOf(schema: Schema, root: ObjectSchema): Schema[] {
  const { $ref, anyOf, type } = schema
  if ($ref !== undefined) {
    const target = root.$defs?.[$ref.replace('#/$defs/', '')]
    if (!target) return [{}]
    // Any JSON at all is defined by itself.
    const isKnown = !target.anyOf || target.anyOf.every((form) => form.$ref === undefined && form.items?.$ref !== $ref)
    return isKnown ? formsOf(target, root) : [{}]
  }
  if (anyOf) return anyOf.flatMap((form) => formsOf(form, root))
  if (Array.isArray(type)) return type.map((each: string) => ({ ...schema, type: each }))
  return [schema]
}

function kindOf(forms: readonly Schema[], root: ObjectSchema): FieldKind {
  const types = new Set(forms.map(({ type }) => (typeof type === 'string' ? type : 'any')))
  types.delete('null')
  if (types.has('boolean')) return 'boolean'
  if (types.has('any')) return 'textOrJson'
  if (types.has('object') || types.has('array')) {
    if (types.has('string')) return 'textOrJson'
    const isPlain = !types.has('object') && forms.every(({ items = {} }) => formsOf(items, root).every(({ type }) => type !== 'object'))
    return isPlain ? 'list' : 'json'
  }
  return types.has('integer') || types.has('number') ? 'number' : 'text'
}

function choicesOf(forms: readonly Schema[], root: ObjectSchema): readonly string[] | null {
  const single = forms.flatMap((form) => (form.type === 'array' && form.items ? formsOf(form.items, root) : [form]))
  const open = single.some((form) => form.enum === undefined && form.type !== 'null')
  const words = single.flatMap((form) => form.enum ?? []).filter((word) => typeof word === 'string')
  return open || words.length === 0 || words.length > 12 ? null : words
}

function descriptionOf({ description, default: given }: Schema, forms: readonly Schema[]): string {
  const said = description ?? forms.find((form) => form.description !== undefined)?.description ?? ''
  const byDefault =
    given === undefined || given === null || typeof given === 'object'
      ? ''
      : `(default ${typeof given === 'string' ? given : JSON.stringify(given)})`
  return [said, byDefault].filter((part) => part !== '').join(' ')
}
