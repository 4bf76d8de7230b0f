import type { JsonObject, JsonValue } from '@engine/core/plugin'

const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\s*\}\}/g

/** A path in a template that leads nowhere in what it is filled from. */
export class MissingValue extends Error {
  constructor(path: string) {
    super(`{{${path}}} leads to nothing in the context of a run`)
    this.name = 'MissingValue'
  }
}

/**
 * Fills the `{{paths}}` of a template from a context. A text that is one path and nothing else becomes the value itself, whatever its
 * type; elsewhere the value is put in as text. No logic, and what a value says is not read as a template again. Pure.
 * @throws MissingValue
 */
export function fillTemplate(template: JsonObject, context: object): JsonObject {
  return fillObject(template, context)
}

function fillObject(template: JsonObject, context: object): JsonObject {
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, context)]))
}

function fill(template: JsonValue, context: object): JsonValue {
  if (typeof template === 'string') return fillText(template, context)
  if (Array.isArray(template)) return template.map((item) => fill(item, context))
  return template !== null && typeof template === 'object' ? fillObject(template, context) : template
}

function fillText(text: string, context: object): JsonValue {
  const [only] = text.matchAll(placeholder)
  if (only?.[0] === text && only[1] !== undefined) return valueAt(context, only[1])
  return text.replaceAll(placeholder, (_, path: string) => {
    const value = valueAt(context, path)
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

/** Only what the context itself has counts, nothing that objects inherit. */
function valueAt(context: object, path: string): JsonValue {
  let value: unknown = context
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) throw new MissingValue(path)
    value = Reflect.get(value, name)
  }
  // A run's context is JSON.
  return value as JsonValue
}
