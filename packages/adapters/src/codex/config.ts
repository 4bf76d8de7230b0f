import { z } from 'zod'

import { cliFields, placed } from '../cli/config.ts'
import { ArgumentText } from '../program/config.ts'

export const CodexConfig = placed(
  z.strictObject({
    ...cliFields('codex'),
    sandbox: z
      .enum(['read-only', 'workspace-write', 'danger-full-access'])
      .default('workspace-write')
      .describe('What the commands of the model may touch; `danger-full-access` is everything that the user of the host may.'),
    settings: z
      .record(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/), ArgumentText)
      .default({})
      .describe('Settings of the program by their dotted names, each a TOML value, such as {"model_reasoning_effort": "\\"high\\""}.'),
    ignoreUserConfig: z.boolean().default(false).describe("Leaves out the user's own settings file; the login stays."),
  }),
)
export type CodexConfig = z.infer<typeof CodexConfig>
