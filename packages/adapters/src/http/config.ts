import { z } from 'zod'

const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name')
const HeaderValue = z
  .string()
  .max(8_192)
  .regex(/^[\t\x20-\x7e]*$/, 'printable ASCII')
/** What the request itself determines. */
const reserved = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'content-type', 'idempotency-key'])

/** How an agent behind a URL is asked. Operators write it; nothing in it comes from an agent or a task. */
export const HttpConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .describe('Takes the request of a run; https: unless the host allows this target.'),
  method: z.enum(['POST', 'PUT']).default('POST'),
  headers: z
    .record(
      HeaderName.refine((name) => !reserved.has(name.toLowerCase()), 'is set by Engine'),
      HeaderValue,
    )
    .default({})
    .describe('Sent with every request, such as Authorization; values may be references to secrets.'),
  payload: z
    .record(z.string(), z.json())
    .refine((value) => JSON.stringify(value).length <= 65_536, 'larger than 64 KiB')
    .optional()
    .describe('What is sent, with {{paths}} into the context of the run, such as {{task.title}}; the whole context without it.'),
  timeoutSec: z.number().min(1).max(86_400).default(600).describe('For the whole run.'),
  requestTimeoutSec: z.number().min(1).max(600).default(30).describe('For one request and its answer.'),
  pollSec: z.number().min(1).max(300).default(5).describe('Between two looks at work that goes on behind a 202; Retry-After counts more.'),
})
export type HttpConfig = z.infer<typeof HttpConfig>
