import { z } from 'zod'

const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name')
/** What the request itself determines, and what would let one request look like two. */
const reserved: ReadonlySet<string> = new Set(
  'host content-length transfer-encoding connection keep-alive upgrade te trailer expect content-type accept-encoding'.split(' '),
)

/** Headers that an operator adds to a request; those that the destination sets itself are refused. */
export function requestHeaders(alsoReserved: readonly string[] = []) {
  const isFree = (name: string) => !reserved.has(name.toLowerCase()) && !alsoReserved.includes(name.toLowerCase())
  const HeaderText = z.string().max(8_192)
  return z.record(HeaderName.refine(isFree, 'is set by Engine'), HeaderText.regex(/^[\t\x20-\x7e]*$/, 'printable ASCII'))
}
