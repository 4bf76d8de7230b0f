import { z } from 'zod'

const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name')
const HeaderValue = z
  .string()
  .max(8_192)
  .regex(/^[\t\x20-\x7e]*$/, 'printable ASCII')
/** What the request itself determines. */
const reserved = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'content-type', 'idempotency-key', 'a2a-version'])

export const RequestHeaders = z.record(
  HeaderName.refine((name) => !reserved.has(name.toLowerCase()), 'is set by Engine'),
  HeaderValue,
)
