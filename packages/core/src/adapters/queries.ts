import { z } from 'zod'

import { query } from '../kernel/command.ts'
import type { JsonObject } from '../kernel/json.ts'
import { pageOf } from '../kernel/page.ts'
import type { AgentAdapter } from '../ports/adapter.ts'
import { Adapter } from './schema.ts'

export const list = query({
  title: 'List the adapters that agents can have, each with what its configuration needs',
  input: z.strictObject({}),
  output: pageOf(Adapter),
  access: { scope: 'agents:read', company: 'visible' },
  http: ['GET', '/adapters'],
  async handle(context) {
    return { items: context.adapters.all.map(toAdapter), nextCursor: null }
  },
})

function toAdapter({ type, title, metering, overshoot, configSchema, test }: AgentAdapter): Adapter {
  return { type, title, metering, overshoot, isTestable: test !== undefined, configSchema: inputSchemaOf(configSchema) }
}

/** What JSON schema has no words for takes anything there; the adapter itself still decides. */
function inputSchemaOf(schema: z.ZodType): JsonObject {
  // What zod makes is JSON.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject
}
