import { EngineError } from './errors.ts'

/** An operation's way over the wire. */
export interface Route {
  /** Such as `tasks.checkout`. */
  readonly name: string
  readonly method: string
  /** Below `/api`, with `:parameters`. */
  readonly path: string
  /** Whether a try whose answer was lost can be made again: it changes nothing, or its key makes it happen once. */
  readonly isRepeatable: boolean
  /** Whether it takes an Idempotency-Key. */
  readonly isKeyed: boolean
  readonly isRead: boolean
  readonly isPaged: boolean
  /** What goes over the wire as it is, instead of as JSON. */
  readonly sends: 'json' | 'file' | 'text'
  readonly givesFile: boolean
}

/** Reads what the table has of an operation: method, path and what is special about it. */
export function readRoute(name: string, written: string): Route {
  const [method = '', path = '', ...traits] = written.split(' ')
  const isRead = method === 'GET' || traits.includes('read')
  const isKeyed = method === 'POST' && !isRead && !traits.includes('once')
  return {
    name,
    method,
    path,
    isRead,
    isKeyed,
    isRepeatable: isRead || isKeyed,
    isPaged: traits.includes('page'),
    sends: traits.includes('upload') ? 'file' : traits.includes('raw') ? 'text' : 'json',
    givesFile: traits.includes('download'),
  }
}

/** A request before it has an address and a credential. */
export interface Message {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer> | Blob | null
}

export type Input = Readonly<Record<string, unknown>>

/** Where each part of an input goes. @throws `invalid_input` for a path that it can not fill */
export function toMessage(route: Route, input: Input): Message {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = `/api${route.path.replaceAll(/:(\w+)/g, (_, field: string) => {
    const segment = toSegment(route, field, rest.get(field))
    rest.delete(field)
    return segment
  })}`
  const { method, sends } = route
  if (method === 'GET') return { method, path: path + toQuery(rest), headers: {}, body: null }
  if (sends === 'file') return { method, ...toUpload(path, rest) }
  // What it is signed with stands in its headers, and over the bytes of its body.
  if (sends === 'text')
    return { method, path, headers: toHeaders(input['headers']), body: typeof input['body'] === 'string' ? input['body'] : '' }
  return { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(Object.fromEntries(rest)) }
}

function toSegment({ name }: Route, field: string, value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  // Nothing, and dots alone, would lead to another route; half of a surrogate pair can stand in none.
  if (/^\.{0,2}$/.test(text) || !text.isWellFormed()) {
    const message = `${name} needs ${field}, ${text === '' ? 'which is missing' : `and "${text}" is none`}. Nothing was sent.`
    throw new EngineError(message, { code: 'invalid_input', kind: 'invalid', details: { errors: [{ path: field, message: 'is needed' }] } })
  }
  return encodeURIComponent(text)
}

function toQuery(values: ReadonlyMap<string, unknown>): string {
  const query = new URLSearchParams([...values].map(([name, value]): [string, string] => [name, toText(value)]))
  return query.size > 0 ? `?${query.toString()}` : ''
}

/** Lists have commas between their values; JSON is what no filter takes, and the server then says so. */
function toText(value: unknown): string {
  if (Array.isArray(value)) return value.map(toText).join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function toUpload(path: string, fields: ReadonlyMap<string, unknown>): Omit<Message, 'method'> {
  const { content, contentType, ...rest } = Object.fromEntries(fields)
  if (!(content instanceof Uint8Array || content instanceof Blob))
    throw new EngineError('The content of an upload is a Uint8Array or a Blob. Nothing was sent.', {
      code: 'invalid_input',
      kind: 'invalid',
      details: { errors: [{ path: 'content', message: 'is no bytes' }] },
    })
  const headers: Record<string, string> = typeof contentType === 'string' ? { 'content-type': contentType } : {}
  // Of which kind its memory is makes no difference to what is sent.
  return { path: path + toQuery(new Map(Object.entries(rest))), headers, body: content as Uint8Array<ArrayBuffer> | Blob }
}

function toHeaders(given: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(Object(given)).map(([name, value]) => [name, String(value)]))
}
