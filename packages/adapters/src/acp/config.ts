import { z } from 'zod'

import { cliFields, placed } from '../cli/config.ts'
import { ProgramName, VariableName } from '../program/config.ts'

const Id = z.string().min(1).max(200)

export const AcpConfig = placed(
  z.strictObject({
    ...cliFields(''),
    command: ProgramName.describe(
      'The program that speaks the Agent Client Protocol on its standard input and output, such as "gemini" with the argument "--acp".',
    ),
    keyVariable: VariableName.optional().describe('The variable in which the program looks for `apiKey`.'),
    mode: Id.optional().describe('The mode of its sessions, by the id that the program gives it.'),
    options: z
      .record(Id, z.union([z.string().max(1_000), z.boolean()]))
      .default({})
      .describe('Options of its sessions, by the ids that the program gives them; `model` is set by the member of that name.'),
    permissions: z
      .enum(['reject', 'allow'])
      .default('reject')
      .describe('What the program is answered when it asks whether it may do something. Nobody is asked.'),
  }),
)
export type AcpConfig = z.infer<typeof AcpConfig>
