import { z } from 'zod'

import { cliFields, OptionValue, placed } from '../cli/config.ts'

export const PiConfig = placed(
  z.strictObject({
    ...cliFields('pi'),
    provider: OptionValue.optional().describe('The provider of the model, such as "anthropic".'),
    tools: z.array(OptionValue).max(100).optional().describe('The only tools that the model gets, such as "read", "bash" and "edit".'),
    thinking: z.enum(['off', 'minimal', 'low', 'medium', 'high', 'xhigh']).optional().describe('How much the model thinks.'),
  }),
)
export type PiConfig = z.infer<typeof PiConfig>
