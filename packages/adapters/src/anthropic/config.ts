import { z } from 'zod'

import { BaseUrl, modelFields } from '../models/config.ts'

/** How an agent that is a model of Anthropic is run. Operators write it; nothing in it comes from an agent or a task. */
export const AnthropicConfig = z.strictObject({
  ...modelFields,
  baseUrl: BaseUrl.optional().describe('Another server that speaks the Messages API, without /v1; api.anthropic.com when left out.'),
})
export type AnthropicConfig = z.infer<typeof AnthropicConfig>
