import { z } from 'zod'

import { executionModesOf } from '../agents/adapters.ts'
import { query } from '../kernel/command.ts'
import { configSchemaOf } from '../kernel/json-schema.ts'
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

function toAdapter({ type, title, metering, overshoot, configSchema, secretFields, alwaysSecret = [], test }: AgentAdapter): Adapter {
  return {
    type,
    title,
    executionModes: [...executionModesOf(type)],
    metering,
    overshoot,
    isTestable: test !== undefined,
    configSchema: configSchemaOf(configSchema),
    secretFields: secretFields ? [...secretFields] : null,
    alwaysSecret: [...alwaysSecret],
  }
}
