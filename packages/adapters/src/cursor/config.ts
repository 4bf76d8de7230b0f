import { z } from 'zod'

import { cliFields, placed } from '../cli/config.ts'

export const CursorConfig = placed(
  z.strictObject({
    ...cliFields('cursor-agent'),
    mode: z.enum(['plan', 'ask']).optional().describe('`plan` and `ask` only read.'),
    force: z
      .boolean()
      .default(false)
      .describe('Allows whatever the settings of the program do not refuse. Without it what would ask is refused.'),
  }),
)
export type CursorConfig = z.infer<typeof CursorConfig>
