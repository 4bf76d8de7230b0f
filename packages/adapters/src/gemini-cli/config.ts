import { z } from 'zod'

import { cliFields, OptionValue, placed } from '../cli/config.ts'

export const GeminiCliConfig = placed(
  z.strictObject({
    ...cliFields('gemini'),
    approvalMode: z
      .enum(['default', 'auto_edit', 'yolo', 'plan'])
      .default('auto_edit')
      .describe(
        'What happens to a tool that would ask: with `auto_edit` files may be changed, the rest is refused; with `yolo` all is allowed.',
      ),
    includeFolders: z.array(OptionValue).max(50).default([]).describe('Further folders that the agent may work in.'),
    policyFile: OptionValue.optional().describe('A file with rules of what its tools may do.'),
  }),
)
export type GeminiCliConfig = z.infer<typeof GeminiCliConfig>
