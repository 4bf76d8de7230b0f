import { z } from 'zod'

import { RequestHeaders } from '../remote/headers.ts'

/** How the agent reaches this server when it is done. */
const Callback = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .describe('Of this server, as the agent reaches it, such as its public address.'),
  secrets: z
    .array(z.string().min(1).max(1_000))
    .min(1)
    .max(2)
    .describe('What the agent signs with, as `whsec_…`; two while one takes the place of the other. References to secrets.'),
})

/** How an agent behind a URL is asked. Operators write it; nothing in it comes from an agent or a task. */
export const HttpConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .describe('Takes the request of a run; https: unless the host allows this target.'),
  method: z.enum(['POST', 'PUT']).default('POST'),
  headers: RequestHeaders.default({}).describe(
    'Sent with every request, such as Authorization; values may be references to secrets, and those that say who asks have to be.',
  ),
  payload: z
    .record(z.string(), z.json())
    .refine((value) => JSON.stringify(value).length <= 65_536, 'larger than 64 KiB')
    .optional()
    .describe('What is sent, with {{paths}} into the context of the run, such as {{task.title}}; the whole context without it.'),
  timeoutSec: z.number().min(1).max(86_400).default(600).describe('For the whole run.'),
  requestTimeoutSec: z.number().min(1).max(600).default(30).describe('For one request and its answer.'),
  callback: Callback.optional().describe('Lets the agent say by calls of its own how its work goes, and that it is done.'),
  pollSec: z.number().min(1).max(300).default(5).describe('Between two looks at work that goes on behind a 202; Retry-After counts more.'),
})
export type HttpConfig = z.infer<typeof HttpConfig>
