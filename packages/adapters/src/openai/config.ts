import { z } from 'zod'

import { BaseUrl, modelFields } from '../models/config.ts'

/** How an agent that is a model of OpenAI, or of a server that speaks its protocol, is run. Operators write it. */
export const OpenAiConfig = z.strictObject({
  ...modelFields,
  baseUrl: BaseUrl.optional().describe(
    'Another server that speaks the same protocol (Ollama, vLLM, LM Studio), up to and with /v1; api.openai.com when left out. Such a server may need no key.',
  ),
  api: z
    .enum(['responses', 'chat'])
    .optional()
    .describe('Responses or Chat Completions. When left out: responses for OpenAI itself, chat for another server.'),
  reasoningEffort: z
    .enum(['minimal', 'low', 'medium', 'high'])
    .optional()
    .describe('For models that reason. With responses, what they thought is then sent back to them, encrypted.'),
})
export type OpenAiConfig = z.infer<typeof OpenAiConfig>
