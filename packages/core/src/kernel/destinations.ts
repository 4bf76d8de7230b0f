import { DESTINATION_SPEC, type Destination } from '../ports/destination.ts'
import { ruleViolated } from './errors.ts'
import { parseInput } from './input.ts'
import { requireParts } from './parts.ts'

/** The destinations that this engine was created with, by type. */
export interface DestinationCatalog {
  readonly all: readonly Destination[]
  readonly types: readonly string[]
  find(type: string): Destination | undefined
  /** @throws `rule_violated` naming the known types */
  get(type: string): Destination
  /** Checks a route's configuration by its destination's schema, and fills in defaults. @throws `invalid_input` */
  parseConfig(type: string, config: unknown): unknown
}

/** @throws for a destination of another version, and for one that has the name of another */
export function createDestinationCatalog(destinations: readonly Destination[]): DestinationCatalog {
  requireParts('destination', destinations, DESTINATION_SPEC)
  const byType = new Map(destinations.map((destination) => [destination.type, destination]))
  const types = [...byType.keys()]

  function get(type: string): Destination {
    const destination = byType.get(type)
    if (destination) return destination
    const known = types.length === 0 ? 'This engine was created without destinations.' : `This engine has: ${types.join(', ')}.`
    throw ruleViolated(`There is no destination "${type}". ${known}`, { destinationType: type, known: types })
  }

  return {
    all: [...byType.values()],
    types,
    find: (type) => byType.get(type),
    get,
    parseConfig: (type, config) => parseInput(get(type).configSchema, config, 'config'),
  }
}
