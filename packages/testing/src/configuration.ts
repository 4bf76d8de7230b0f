import type { JsonObject } from '@engine/core/plugin'
import { expect } from 'vitest'
import type { z } from 'zod'

/** What an adapter or a destination takes for a configuration, and the least that one needs. */
interface Configured {
  readonly configSchema: z.ZodType
  readonly leastConfig: JsonObject
}

/** A member that nobody reads is a mistake of whoever wrote it. */
function expectStrict({ configSchema, leastConfig }: Configured): void {
  expect(configSchema.safeParse(leastConfig).success).toBe(true)
  expect(configSchema.safeParse({ ...leastConfig, noSuchMember: 1 }).success).toBe(false)
  for (const nothing of [null, 'text', 1, []]) expect(configSchema.safeParse(nothing).success).toBe(false)
}

/** What is stored is what it was filled in to, and is taken again. */
function expectStorable({ configSchema, leastConfig }: Configured): void {
  const filled = configSchema.parse(leastConfig)
  const stored: unknown = JSON.parse(JSON.stringify(filled))
  expect(stored).toEqual(filled)
  expect(configSchema.parse(stored)).toEqual(filled)
}

interface Target {
  readonly leastConfig: JsonObject
  create(): Pick<Configured, 'configSchema'>
}

/** What every kit asks of a configuration. */
export const configurationTests = {
  'refuses a member of a configuration that it does not know': async ({ create, leastConfig }: Target) => {
    expectStrict({ configSchema: create().configSchema, leastConfig })
  },

  'fills in the rest of a configuration, which can be stored as JSON': async ({ create, leastConfig }: Target) => {
    expectStorable({ configSchema: create().configSchema, leastConfig })
  },
}
