import type { Answer, Message } from './exchange.ts'

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Headers that may go to another origin: they say nothing about who asks. */
const harmless: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-type', 'user-agent'])

/** Where an answer sends on to; null when it does not. Pure. */
export function redirectOf({ status, headers }: Answer, from: URL): URL | null {
  const location = headers['location']
  return redirects.has(status) && location !== undefined ? URL.parse(location, from.href) : null
}

/** The message as it goes on: without what was meant for the first origin only, and without a body where that is asked for. Pure. */
export function followRedirect(message: Message, { status, from, to }: { status: number; from: URL; to: URL }): Message {
  const keepsBody = status === 307 || status === 308 || message.method === 'GET' || message.method === 'HEAD'
  const isSameOrigin = from.origin === to.origin
  const headers = Object.entries(message.headers).filter(
    ([name]) => (isSameOrigin || harmless.has(name.toLowerCase())) && (keepsBody || name.toLowerCase() !== 'content-type'),
  )
  return {
    method: keepsBody ? message.method : 'GET',
    headers: Object.fromEntries(headers),
    body: keepsBody ? message.body : undefined,
  }
}
