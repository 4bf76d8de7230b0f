import { credentialHeaders } from '@engine/outbound'
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

/** Those of them that say who asks: a value of theirs is refused, only a reference to a secret is kept. */
export const secretHeaders: readonly string[] = credentialHeaders.map((name) => `headers.${name}`)
