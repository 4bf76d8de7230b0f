import { expect } from 'vitest'

import { DESTINATION_SPEC, type JsonValue } from '@engine/core/plugin'

import { configurationTests } from '../configuration.ts'
import { withReceiver, type DestinationTests } from './define.ts'

/** What a destination says of itself, and what it takes for a configuration. */
export const contract: DestinationTests = {
  'says which port it speaks, and its name': async ({ create }) => {
    const destination = create()
    expect(destination.spec).toBe(DESTINATION_SPEC)
    expect(destination.type).toMatch(/^[a-z][a-z0-9_-]*$/)
    expect(destination.title.trim()).not.toBe('')
  },

  ...configurationTests,

  'takes a reference to a secret where it says that one may stand': (target) =>
    withReceiver(target, async ({ config }) => {
      const { configSchema, secretFields = [] } = target.create()
      const referring = Object.fromEntries(
        Object.entries(config).map(([name, value]) => [name, secretFields.includes(name) ? masked(value) : value]),
      )
      expect(configSchema.safeParse(referring).error).toBeUndefined()
    }),
}

/** As Engine shows a configuration to its schema while its secrets are closed. */
function masked(value: JsonValue): JsonValue {
  if (typeof value === 'string') return 'secret:NAME#0-00000000-0000-4000-8000-000000000000'
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, masked(member)]))
}
