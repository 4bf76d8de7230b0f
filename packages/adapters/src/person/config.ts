import { z } from 'zod'

/** Who is asked to do the work of an agent. Operators write it. */
export const PersonConfig = z.strictObject({
  answerer: z
    .union([z.enum(['anyone', 'operator', 'admin']), z.uuid()])
    .default('anyone')
    .describe('Who does the work: anyone who reviews, operators, admins, or one person by their user id.'),
  expiresInSec: z
    .number()
    .int()
    .min(60)
    .max(2_592_000)
    .optional()
    .describe('How long the work may take; then it is blocked. For ever when left out.'),
  onDone: z
    .enum(['deliverable', 'done'])
    .default('deliverable')
    .describe('What becomes of the words of the person: a deliverable that waits for its review, or the summary of work that is done.'),
})
export type PersonConfig = z.infer<typeof PersonConfig>
