import { z } from 'zod'

import { BaseUrl, modelFields } from '../models/config.ts'

/** How an agent that is a model of Google is run. Operators write it. */
export const GeminiConfig = z.strictObject({
  ...modelFields,
  baseUrl: BaseUrl.optional().describe(
    'Another server that speaks the same protocol, up to and with /v1beta; generativelanguage.googleapis.com when left out.',
  ),
  thinkingLevel: z
    .enum(['minimal', 'low', 'medium', 'high'])
    .optional()
    .describe("How much a model thinks; the model's own choice when left out."),
})
export type GeminiConfig = z.infer<typeof GeminiConfig>
