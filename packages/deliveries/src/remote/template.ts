import type { DeliveredEvent } from '@engine/core/plugin'

/** What a template of a destination may name. */
export interface TemplateValues {
  readonly deliveryId: string
  readonly event: DeliveredEvent
}

/** A path in a template that leads to no text, number or truth value. */
export class MissingValue extends Error {
  constructor(path: string) {
    super(`{{${path}}} leads to no value in this event`)
    this.name = 'MissingValue'
  }
}

/** As the templates of routes have it. */
const placeholder = /\{\{\s*([\w$-]+(?:\.[\w$-]+)*)\s*\}\}/g
const roots = ['deliveryId', 'event.id', 'event.type', 'event.companyId', 'event.occurredAt'] as const

/** What is wrong with a text that is to be filled; null when nothing is. Pure. */
export function templateFault(template: string): string | null {
  if (template.replaceAll(placeholder, '').includes('{{'))
    return 'between {{ and }} stands the place of a value, such as event.data.title, and nothing else'
  const paths = [...template.matchAll(placeholder)].map(([, path = '']) => path)
  const stray = paths.find((path) => !roots.some((root) => root === path) && !path.startsWith('event.data.'))
  return stray === undefined
    ? null
    : `{{${stray}}} is no place of a value; there are {{event.data.…}}, ${roots.map((root) => `{{${root}}}`).join(', ')}`
}

/**
 * Puts values into the `{{paths}}` of a text. No logic, and what a value says is not read as a template again. Pure.
 * @param write how a value is written where it stands
 * @throws MissingValue
 */
export function fillText(template: string, values: TemplateValues, write: (value: string) => string): string {
  return template.replaceAll(placeholder, (_, path: string) => {
    const value = path.split('.').reduce<unknown>(memberOf, values)
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return write(String(value))
    throw new MissingValue(path)
  })
}

/** Only what an object has itself, nothing that it inherits. */
function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}
