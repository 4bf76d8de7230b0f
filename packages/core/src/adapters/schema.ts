import { z } from 'zod'

import { ExecutionMode } from '../agents/schema.ts'
import { jsonObject } from '../kernel/schema.ts'

export const Adapter = z
  .object({
    type: z.string().describe("What an agent's `adapterType` says."),
    title: z.string(),
    executionModes: z
      .array(ExecutionMode)
      .describe('Of which modes an agent of it may be; the first is the one that it has when nobody says another.'),
    metering: z
      .enum(['call', 'stream', 'final', 'none'])
      .describe(
        'When it is known what a run uses: before each call of a model, while it streams, or at its end; none calls no model. Under a hard limit of money, final needs `maxCostMicrosPerRun` of the agent.',
      ),
    overshoot: z.string().describe('How far spending can pass a limit at worst, and why.'),
    isTestable: z.boolean().describe('`agents.test` can say more than that the configuration is accepted.'),
    configSchema: jsonObject.describe(
      'JSON schema of `adapterConfig`; what has a default may be left out. Where it takes a text, {"secret": "NAME"} stands for the value of a secret.',
    ),
    secretFields: z
      .array(z.string())
      .nullable()
      .describe('The members of `adapterConfig` in which {"secret": "NAME"} may stand for the value of a secret; null for all.'),
    alwaysSecret: z
      .array(z.string())
      .describe('Those that take nothing else, such as `apiKey`, or `headers.authorization` for a member of a member.'),
  })
  .meta({ id: 'Adapter' })
export type Adapter = z.infer<typeof Adapter>
