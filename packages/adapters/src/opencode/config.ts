import { z } from 'zod'

import { cliFields, OptionValue, placed } from '../cli/config.ts'

export const OpencodeConfig = placed(
  z.strictObject({
    ...cliFields('opencode'),
    model: OptionValue.regex(/^[^/]+\/.+$/, 'must be provider/model').describe(
      'The provider and its model, such as "anthropic/claude-sonnet-4-5".',
    ),
    agent: OptionValue.optional().describe('The agent of the settings of the program that does the work.'),
    auto: z
      .boolean()
      .default(false)
      .describe('Allows whatever the settings of the program do not refuse. Without it what would ask is refused.'),
  }),
)
export type OpencodeConfig = z.infer<typeof OpencodeConfig>
