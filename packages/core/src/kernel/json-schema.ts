import { z } from 'zod'

import { isObject, type JsonObject, type JsonValue } from './json.ts'

/**
 * A schema as JSON Schema that stands alone: what it refers to is written out where it stands, for readers that follow no
 * reference. What holds itself is not described again inside itself.
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const described = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: ({ jsonSchema }) => shorten(jsonSchema) })
  // A JSON schema is JSON.
  const root = described as JsonObject
  const definitions = root['$defs']
  const named = new Map(isObject(definitions) ? Object.entries(definitions) : [])
  const written = writeOut(root, { named, open: new Set() })
  return isObject(written) ? written : {}
}

interface Definitions {
  readonly named: ReadonlyMap<string, JsonValue>
  /** What is being written out around this place. */
  readonly open: ReadonlySet<string>
}

const unsaid: readonly string[] = ['$schema', '$defs', '$ref', 'id']

function writeOut(node: JsonValue, definitions: Definitions): JsonValue {
  if (Array.isArray(node)) return node.map((member) => writeOut(member, definitions))
  if (!isObject(node)) return node
  const reference = node['$ref']
  // A property may have any name; only of a schema these words say something.
  const isSchema = typeof reference === 'string' || '$schema' in node || typeof node['type'] === 'string'
  const beside = Object.entries(node).filter(([key]) => !(isSchema && unsaid.includes(key)))
  const own = Object.fromEntries(beside.map(([key, member]) => [key, writeOut(member, definitions)]))
  return typeof reference === 'string' ? { ...referred(reference, definitions), ...own } : own
}

function referred(reference: string, { named, open }: Definitions): JsonObject {
  const name = reference.replace(/^#\/\$defs\//, '')
  const definition = named.get(name)
  if (definition === undefined || open.has(name)) return {}
  const written = writeOut(definition, { named, open: new Set([...open, name]) })
  return isObject(written) ? written : {}
}

/** Leaves out what a format says already, and the bounds that every number of JavaScript has. */
function shorten(schema: { format?: string; pattern?: string; minimum?: number; maximum?: number }): void {
  if (schema.format !== undefined) delete schema.pattern
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
}

/**
 * The schema of a configuration, as somebody writes it. What JSON schema has no words for takes anything there; who takes the
 * configuration still decides.
 */
export function configSchemaOf(schema: z.ZodType): JsonObject {
  // What zod makes is JSON.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject
}
