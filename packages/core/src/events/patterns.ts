/** What listens to everything. */
export const anyEvent = '*'

/** How all events of the same thing are named: `task.*` for `task.created`. */
export function groupOf(type: string): string {
  return `${type.slice(0, type.indexOf('.'))}.*`
}

/** Each way to name an event of this type. */
export function patternsOf(type: string): string[] {
  return [anyEvent, groupOf(type), type]
}
