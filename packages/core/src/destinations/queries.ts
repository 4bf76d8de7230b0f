import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { configSchemaOf } from '../kernel/json-schema.ts'
import { pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import type { Destination as DestinationPort } from '../ports/destination.ts'
import { Destination } from './schema.ts'

export const list = query({
  title: 'List the destinations that routes can have, each with what its configuration needs',
  input: z.strictObject({ companyId: Id }),
  output: pageOf(Destination),
  access: { scope: 'routes:read', company: 'company' },
  http: ['GET', '/companies/:companyId/destinations'],
  async handle(context) {
    return { items: context.destinations.all.map(toDestination), nextCursor: null }
  },
})

function toDestination({ type, title, configSchema, secretFields, alwaysSecret = [], digests = false }: DestinationPort): Destination {
  return {
    type,
    title,
    configSchema: configSchemaOf(configSchema),
    secretFields: secretFields ? [...secretFields] : null,
    alwaysSecret: [...alwaysSecret],
    digests,
  }
}
