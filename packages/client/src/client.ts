import type { Client, RequestOptions, StreamOptions } from './api.ts'
import { EngineError } from './errors.ts'
import { readRoute, toMessage, type Input, type Route } from './request.ts'
import { retryOf, type RetryOptions } from './retry.ts'
import { routes } from './routes.ts'
import { send, type Sender } from './send.ts'
import { follow } from './stream.ts'

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:4400`; where an app has it mounted, with that path. */
  readonly url: string | URL
  /** A key of a person or an agent, or the credential of a run; without one, requests carry none. */
  readonly key?: string | undefined
  /** What sends requests instead of the global fetch: a proxy, a handler in the same process. */
  readonly fetch?: Sender['fetch'] | undefined
  /** How long one try may take; 30 seconds. */
  readonly timeoutMs?: number | undefined
  /** Tries and the waits between them: 4, from 200 ms to 5 s, and at most 30 s when the server asks for it. */
  readonly retry?: RetryOptions | undefined
}

/**
 * Engine at an address, with the methods and types of the SDK. Reads, and commands by POST with one key for all tries, are made
 * again when the network or the server fails for the moment; PATCH and DELETE are not, since a lost answer may hide their effect.
 * @throws `invalid_input` for what is no address of a server
 */
export function createClient({ url, key, fetch: given, timeoutMs = 30_000, retry }: ClientOptions): Client {
  const sender: Sender = {
    url: addressOf(url),
    key: key ?? null,
    fetch: given ?? ((request, { signal }) => fetch(request, { signal })),
    timeoutMs,
    retry: retryOf(retry),
  }
  const all = allRoutes()
  const client: Record<string, Record<string, unknown>> = {}
  for (const route of all.values()) {
    const [module = '', verb = ''] = route.name.split('.')
    const methods = (client[module] ??= {})
    methods[verb] = (input?: Input, options?: RequestOptions) => call(sender, route, { input, options })
    if (route.isPaged) methods[`${verb}All`] = (input?: Input, options?: RequestOptions) => everything(sender, route, { input, options })
  }
  Object.assign((client['events'] ??= {}), { stream: streamOf(sender, all) })
  Object.assign((client['runs'] ??= {}), { followLog: logOf(sender, all) })
  // The table of routes is also what the type is computed from.
  return {
    ...client,
    execute: async (name: string, input: Input, options: RequestOptions & { route?: string } = {}) =>
      call(sender, routeOf(all, name, options.route), { input, options }),
  } as unknown as Client
}

/** In a page it may be a path of the server that the page is from. */
function addressOf(url: string | URL): string {
  const address = String(url)
  const location: unknown = Reflect.get(globalThis, 'location')
  const base = location instanceof Object && 'href' in location ? String(location.href) : undefined
  if (!URL.canParse(address, base) || !/^https?:$/.test(new URL(address, base).protocol))
    throw new EngineError(`url must be an http:// or https:// address, such as http://127.0.0.1:4400, not "${address}".`, {
      code: 'invalid_input',
      kind: 'invalid',
    })
  return address.replace(/\/+$/, '')
}

function allRoutes(): ReadonlyMap<string, Route> {
  const written = Object.entries(routes).flatMap(([module, verbs]) =>
    Object.entries(verbs).map(([verb, text]) => [`${module}.${verb}`, text]),
  )
  return new Map(written.map(([name = '', text = '']) => [name, readRoute(name, text)]))
}

function routeOf(all: ReadonlyMap<string, Route>, name: string, written?: string): Route {
  const route = all.get(name) ?? (written === undefined ? undefined : readRoute(name, written))
  if (!route) throw new EngineError(`This client knows no operation ${name}. Nothing was sent.`, { code: 'unknown_route', kind: 'missing' })
  return route
}

interface Given {
  readonly input: Input | undefined
  readonly options: RequestOptions | undefined
}

async function call(sender: Sender, route: Route, { input = {}, options = {} }: Given): Promise<unknown> {
  options.signal?.throwIfAborted()
  return send(sender, { route, message: toMessage(route, input), options })
}

async function* everything(sender: Sender, route: Route, { input = {}, options }: Given): AsyncGenerator<unknown> {
  let cursor: string | null | undefined
  do {
    // A paged operation answers by the schema of pages.
    const page = (await call(sender, route, { input: { ...input, ...(cursor && { cursor }) }, options })) as {
      items: unknown[]
      nextCursor: string | null
    }
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

function streamOf(sender: Sender, all: ReadonlyMap<string, Route>): Client['events']['stream'] {
  return async function* ({ companyId, after = 0 }, { signal, onState }: StreamOptions = {}) {
    const { path } = toMessage(routeOf(all, 'events.list'), { companyId })
    // The data of these frames are events by their schema.
    for await (const data of follow(sender, { path, after, signal, onState })) yield JSON.parse(data)
  }
}

function logOf(sender: Sender, all: ReadonlyMap<string, Route>): Client['runs']['followLog'] {
  return async function* ({ runId, after = 0 }, { signal, onState }: StreamOptions = {}) {
    const { path } = toMessage(routeOf(all, 'runs.log'), { runId })
    for await (const data of follow(sender, { path, after, signal, onState })) yield JSON.parse(data)
  }
}
