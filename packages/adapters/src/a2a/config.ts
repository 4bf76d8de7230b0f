import { z } from 'zod'

import { RequestHeaders } from '../remote/headers.ts'

/** How an agent that speaks the Agent2Agent protocol is asked. Operators write it; nothing in it comes from an agent or a task. */
export const A2aConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .describe('The folder of its card, .well-known/agent-card.json; https: unless the host allows this target.'),
  headers: RequestHeaders.default({}).describe(
    'Sent with every request, such as Authorization; values may be references to secrets, and those that say who asks have to be.',
  ),
  timeoutSec: z.number().min(1).max(86_400).default(3_600).describe('For the whole run.'),
  requestTimeoutSec: z.number().min(1).max(600).default(30).describe('For one request and its answer.'),
  pollSec: z.number().min(0.05).max(300).default(3).describe('Between two looks at work that goes on.'),
  onResult: z
    .enum(['deliverable', 'done'])
    .default('deliverable')
    .describe('What becomes of the result: a deliverable that waits for its review, or the summary of work that is done.'),
})
export type A2aConfig = z.infer<typeof A2aConfig>
