import { z } from 'zod'

import { cliFields, OptionValue, placed } from '../cli/config.ts'

export const ClaudeCodeConfig = placed(
  z.strictObject({
    ...cliFields('claude'),
    permissionMode: z
      .enum(['dontAsk', 'acceptEdits', 'plan', 'bypassPermissions', 'auto'])
      .default('acceptEdits')
      .describe(
        'What happens to a tool that no rule allows: with `acceptEdits` files may be changed in the working folder, the rest is refused.',
      ),
    allowedTools: z.array(OptionValue).max(200).default([]).describe('Rules of tools that are allowed, such as "Bash(git *)".'),
    disallowedTools: z.array(OptionValue).max(200).default([]).describe('Rules of tools that are refused.'),
    tools: z
      .array(OptionValue)
      .max(200)
      .optional()
      .describe('The only tools that the model gets to know, such as "Bash", "Edit" and "Read".'),
    maxTurns: z.number().int().min(1).max(10_000).optional().describe('The most model calls in a run.'),
    maxBudgetUsd: z
      .number()
      .positive()
      .max(100_000)
      .optional()
      .describe('The most money for a run, in dollars; the program looks at it after each model call.'),
    effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional().describe('How much the model thinks.'),
    mcpConfig: OptionValue.optional().describe('A file that names MCP servers; no others are used then.'),
    bare: z
      .boolean()
      .default(true)
      .describe(
        "Leaves out the user's own settings, hooks, plugins and memory, and the login too: the key has to be given. False uses all of them.",
      ),
  }),
)
export type ClaudeCodeConfig = z.infer<typeof ClaudeCodeConfig>
