import { z } from 'zod'

import { jsonObject } from '../kernel/schema.ts'

export const Destination = z
  .object({
    type: z.string().describe("What a route's `destinationType` says."),
    title: z.string(),
    configSchema: jsonObject.describe('JSON schema of `config`; what has a default may be left out.'),
    secretFields: z
      .array(z.string())
      .nullable()
      .describe('The members of `config` in which {"secret": "NAME"} may stand for the value of a secret; null for all.'),
    alwaysSecret: z
      .array(z.string())
      .describe('Those of them that take nothing else, such as `password`, or `headers.authorization` for a member of a member.'),
    digests: z.boolean().describe('A route to it may gather what it sends: `digest`.'),
  })
  .meta({ id: 'Destination' })
export type Destination = z.infer<typeof Destination>
