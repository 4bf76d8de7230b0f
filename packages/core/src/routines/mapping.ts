import { ruleViolated } from '../kernel/errors.ts'

/** Which field of a delivery becomes which variable: `{ branch: 'pull_request.head.ref' }`. */
export type Mapping = Readonly<Record<string, string>>

/**
 * Takes the mapped fields out of a delivery's body and leaves everything else behind. Pure.
 * @throws `rule_violated` when the body is no JSON, though something of it is wanted
 */
export function mapBody(mapping: Mapping, body: string): Record<string, unknown> {
  const wanted = Object.entries(mapping)
  if (wanted.length === 0) return {}
  const document = parse(body)
  return Object.fromEntries(
    wanted.flatMap(([variable, path]) => {
      const value = valueAt(document, path.split('.'))
      return value === undefined ? [] : [[variable, value]]
    }),
  )
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw ruleViolated('The body of the delivery is no JSON, so no variable can be taken from it.')
  }
}

/** Only what the body itself has counts, nothing that objects inherit. */
function valueAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? valueAt(Reflect.get(value, name), rest) : undefined
}
