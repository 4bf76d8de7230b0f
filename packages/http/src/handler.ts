import { EngineError, type Actor, type Engine, type JsonObject, type JsonValue, type Logger } from '@engine/core'

import { below, checkedBasePath } from './below.ts'
import { readJsonBody } from './body.ts'
import { expectedVersion, failedCondition, tagged } from './conditional.ts'
import { download, givesContent, readContent, takesContent } from './content.ts'
import { docsPage, docsScript } from './docs-page.ts'
import { httpErrors } from './errors.ts'
import { beginExchange, endExchange, type Exchange } from './exchange.ts'
import { createLimits, type LimitOptions, type Limits } from './limits.ts'
import { guardLocal } from './local-guard.ts'
import { askMounted, type Mounted } from './mounted.ts'
import { readyAnswer, requireObserver, type Asking } from './observation.ts'
import { openApiDocument } from './openapi.ts'
import { problem } from './problem.ts'
import { prometheusType } from './prometheus.ts'
import { readWhole, takesRequest } from './received.ts'
import { createRoutes, type Match, type Routes } from './routes.ts'
import { createStreams, type Streams } from './sse.ts'
import { statusPage, statusPageScript } from './status-page.ts'
import { successStatus } from './success.ts'
import { createWatch, type Watch } from './watch.ts'
import { html, json, type WireRequest, type WireResponse } from './wire.ts'

export interface HandlerOptions {
  readonly engine: Engine
  readonly logger?: Logger
  /**
   * Who a request without a credential acts as. On a loopback server this is the local operator; leave it out and such
   * requests get 401.
   */
  readonly localActor?: Actor
  /** Where the app around it has it mounted, such as `/engine`, when requests come with the whole path; express tells by itself. */
  readonly basePath?: string
  /** What answers at `/mcp`, such as `mcpEndpoint` of @engine/mcp; left out, nothing does. It is told who asks. */
  readonly mcp?: (engine: Engine) => Mounted
  /** What a monitor sends to read `/metrics`, beside those who have a role everywhere. */
  readonly metricsToken?: string
  /** How much one caller may ask; left out, as much as it likes, since the app around it may have limits of its own. */
  readonly limits?: LimitOptions
  /** How long a client of a stream may leave unread what it was sent before its connection is closed, milliseconds; 30 seconds. */
  readonly streamPatienceMs?: number
  /** Ends every open stream, for a graceful stop. */
  readonly stopping?: AbortSignal
}

export type Handler = (request: WireRequest) => Promise<WireResponse>

interface Context extends Omit<HandlerOptions, 'limits'> {
  readonly limits: Limits | null
  readonly streams: Streams
  readonly watch: Watch
  readonly routes: Routes
  readonly document: () => object
  readonly mounted: Mounted | undefined
}

/** The whole HTTP surface as one function, made from the engine's registry. */
export function createHandler(options: HandlerOptions): Handler {
  let document: object | undefined
  const context: Context = {
    ...options,
    limits: options.limits ? createLimits(options.limits) : null,
    routes: createRoutes(options.engine.registry),
    streams: createStreams(options),
    watch: createWatch(options.logger),
    document: () => (document ??= openApiDocument(options.engine.registry)),
    mounted: options.mcp?.(options.engine),
  }
  const basePath = checkedBasePath(options.basePath ?? '')
  return async (received) => {
    const request = below(received, basePath)
    const exchange = beginExchange(request, options.engine.tracing)
    const { requestId } = exchange
    const explain = (error: unknown) => explained(options, request, { error, exchange })
    const answer = () => respond(context, request, exchange).catch(explain)
    const response = await limited(context, request, answer).catch(explain)
    context.watch.answered(exchange, response.status)
    endExchange(exchange, response.status)
    const headers = { 'x-request-id': requestId, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...response.headers }
    return { ...response, headers, ...(request.method === 'HEAD' && { body: '' }) }
  }
}

interface Failed {
  readonly error: unknown
  readonly exchange: Exchange
}

/** A failure as its caller is told of it; what is a defect, the log is told too. */
function explained({ logger }: HandlerOptions, request: WireRequest, { error, exchange }: Failed): WireResponse {
  const { requestId, method, route } = exchange
  const answer = problem(error, { requestId, basePath: request.basePath }, failedCondition(request, error))
  if (answer.status >= 500) logger?.error('a request failed', { requestId, method, route, error: describe(error) })
  return answer
}

/** Whoever needs no credential on this machine is not limited, and neither is the question whether the server lives. */
async function limited({ limits, localActor }: Context, request: WireRequest, answer: () => Promise<WireResponse>): Promise<WireResponse> {
  const isFree = localActor !== undefined && request.header('authorization') === null
  return limits && !isFree && request.url.pathname !== '/api/health/live' ? limits.around(request, answer) : answer()
}

async function respond(context: Context, request: WireRequest, exchange: Exchange): Promise<WireResponse> {
  const { pathname } = request.url
  if (fixedPaths.has(pathname)) exchange.route = pathname
  if (pathname === '/api/health/live') return json(200, { status: 'live' })
  if (context.localActor) guardLocal(request)
  if (pathname === '/mcp' && context.mounted) return askMounted(context.mounted, request, await identify(context, request))
  // HEAD is GET without the body, which is cut off in the end.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  if (method === 'GET') {
    const page = await readOnlyPage(context, request)
    if (page) return page
  }
  const path = pathname.startsWith('/api/') ? pathname.slice('/api'.length) : null
  const match = path === null ? null : context.routes.match(method, path)
  if (!match) throw unknownRoute(context, request)
  see(exchange, match)
  const actor = await authenticate(context, request, match)
  exchange.actor = actor
  exchange.companyId ??= 'companyId' in actor ? actor.companyId : null
  const input = await readInput(request, match)
  if (context.streams.knows(match.operation.name) && wantsStream(request)) {
    return context.streams.open(match.operation.name, { identify: () => authenticate(context, request, match), input, request })
  }
  const idempotencyKey = readIdempotencyKey(request)
  const { requestId, traced } = exchange
  const call = {
    input,
    actor,
    requestId,
    ...(traced.context && { trace: traced.context }),
    ...(idempotencyKey !== null && { idempotencyKey }),
  }
  const execute = () => context.engine.execute(match.operation.name, call)
  const output = await (context.limits ? context.limits.within(actor, execute) : execute())
  if (givesContent(match.operation)) return download(output)
  const response = json(successStatus(match.operation, output), output)
  return tagged(request, match.operation, { output, response })
}

/** What is no operation: shown in logs and figures as it is. */
const fixedPaths = new Set([
  '/',
  '/status.js',
  '/mcp',
  '/metrics',
  '/api/health/live',
  '/api/health/ready',
  '/api/openapi.json',
  '/api/docs',
  '/api/docs/reference.js',
])

function see(exchange: Exchange, { operation, parameters }: Match): void {
  exchange.operation = operation
  exchange.route = `/api${operation.definition.http?.[1] ?? ''}`
  const { companyId } = parameters
  // What is no id is nothing to repeat.
  exchange.companyId = companyId !== undefined && /^[\da-f-]{36}$/.test(companyId) ? companyId : null
}

function asking(context: Context, request: WireRequest): Asking {
  return { request, identify: () => identify(context, request), metricsToken: context.metricsToken }
}

async function readOnlyPage(context: Context, request: WireRequest): Promise<WireResponse | null> {
  const { basePath = '' } = request
  switch (request.url.pathname) {
    case '/':
      return context.localActor ? html(await statusPage(context.engine.as(context.localActor), basePath), pageHeaders) : null
    case '/status.js':
      return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: statusPageScript(context.engine.registry) }
    case '/api/health/ready':
      return readyAnswer(context.engine, asking(context, request))
    case '/metrics':
      await requireObserver(asking(context, request))
      return {
        status: 200,
        headers: { 'content-type': prometheusType },
        body: await context.watch.text(context.engine, context.streams.count),
      }
    case '/api/openapi.json':
      return json(200, { ...context.document(), servers: [{ url: basePath || '/' }] })
    case '/api/docs':
      return html(docsPage(context.engine.registry, basePath))
    case '/api/docs/reference.js':
      return docsScript(request.header('accept-encoding') ?? '')
    default:
      return null
  }
}

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
}

/** Somebody whose call brings its own credential: the token of an invitation, the signature of a delivery. May nothing else. */
const stranger: Actor = { kind: 'user', id: 'anonymous', roles: {} }

async function authenticate(context: Context, request: WireRequest, { operation }: Match): Promise<Actor> {
  const { carriesCredential } = operation.definition.access
  // What its headers say is for the operation to read, also about who sent it.
  if (carriesCredential && takesRequest(operation)) return stranger
  if (carriesCredential && !context.localActor && request.header('authorization') === null) return stranger
  return identify(context, request)
}

/** Who a request acts for. @throws `unauthenticated` */
async function identify(context: Context, request: WireRequest): Promise<Actor> {
  const header = request.header('authorization')
  if (header === null) {
    if (context.localActor) return context.localActor
    throw new EngineError(httpErrors.unauthenticated, 'This request carries no key. Send yours as "Authorization: Bearer eng_…".')
  }
  const credential = /^Bearer\s+(\S+)$/i.exec(header)?.[1]
  const actor = credential === undefined ? null : await context.engine.authenticate(credential)
  if (!actor)
    throw new EngineError(
      httpErrors.unauthenticated,
      'This key opens nothing here. It may be mistyped, revoked, expired, or of another server.',
    )
  return actor
}

/** What a request says, from wherever it says it. */
async function readInput(request: WireRequest, match: Match): Promise<Record<string, unknown>> {
  if (takesContent(match.operation)) return readContent(request, join(request, match, {}))
  const received = takesRequest(match.operation)
  if (received) return join(request, match, await readWhole(request, received))
  const body = match.operation.definition.http?.[0] === 'GET' ? {} : await readJsonBody(request)
  return join(request, match, body)
}

/** Path, query, body and condition as one input. A name that comes twice with different values is refused. */
function join(request: WireRequest, match: Match, body: JsonObject): JsonObject {
  const input = new Map<string, JsonValue>()
  const conditions = Object.entries(expectedVersion(request, match.operation))
  for (const [name, value] of [...Object.entries(match.parameters), ...request.url.searchParams, ...Object.entries(body), ...conditions]) {
    if (input.has(name) && input.get(name) !== value) {
      throw new EngineError(
        httpErrors.invalid_input,
        `${name} is said twice, with different values, in the path, the query, the body or If-Match.`,
      )
    }
    input.set(name, value)
  }
  return Object.fromEntries(input)
}

function wantsStream(request: WireRequest): boolean {
  return request.method === 'GET' && (request.header('accept')?.includes('text/event-stream') ?? false)
}

function readIdempotencyKey(request: WireRequest): string | null {
  const key = request.header('idempotency-key')
  if (key === null || request.method !== 'POST') return null
  if (key.length < 1 || key.length > 255) throw new EngineError(httpErrors.invalid_input, 'An Idempotency-Key has 1 to 255 characters.')
  return key
}

function unknownRoute(context: Context, request: WireRequest): EngineError {
  const { pathname } = request.url
  const methods = pathname.startsWith('/api/') ? context.routes.methods(pathname.slice('/api'.length)) : []
  const advice = methods.length > 0 ? `This path knows ${methods.join(', ')}.` : 'The routes are listed at /api/docs.'
  return new EngineError(httpErrors.unknown_route, `There is no ${request.method} ${pathname}. ${advice}`, { details: { methods } })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
