import { EngineError, type Actor, type Engine, type JsonObject, type JsonValue, type Operation } from '@engine/core'

import { createEntrance, type Identity, type Visit } from './access/entrance.ts'
import { keepSession } from './access/session.ts'
import { createCredentialWatch, type CredentialWatch } from './access/watch.ts'
import { aboutKeptPath, below, checkedBasePath } from './below.ts'
import { openBoard } from './board.ts'
import { readJsonBody } from './body.ts'
import { expectedVersion, failedCondition, tagged } from './conditional.ts'
import { download, givesContent, readContent, takesContent } from './content.ts'
import { httpErrors } from './errors.ts'
import { beginExchange, endExchange, type Exchange } from './exchange.ts'
import type { HandlerOptions } from './handler-options.ts'
import { createLimits, isSignOfLife, type Limits } from './limits.ts'
import { askMounted, type Mounted } from './mounted.ts'
import { openApiDocument } from './openapi.ts'
import { ownAnswer, ownPaths, showReady, type Own } from './own-answers.ts'
import { createPluginPages, type PluginPages } from './plugin-files.ts'
import { problem } from './problem.ts'
import { readWhole, takesRequest } from './received.ts'
import { createRoutes, type Match, type Routes } from './routes.ts'
import { createStreams } from './sse.ts'
import { successStatus } from './success.ts'
import { createWatch } from './watch.ts'
import { json, withoutBody, type WireRequest, type WireResponse } from './wire.ts'

export type { HandlerOptions } from './handler-options.ts'

export type Handler = (request: WireRequest) => Promise<WireResponse>

interface Context extends Own {
  readonly bounds: Limits | null
  readonly routes: Routes
  readonly mounted: Mounted | undefined
  readonly credentials: CredentialWatch
  readonly pluginPages: PluginPages
}

/** The whole HTTP surface as one function, made from the engine's registry. */
export function createHandler(options: HandlerOptions): Handler {
  const { engine, logger } = options
  const context = createContext(options)
  const basePath = checkedBasePath(options.basePath ?? '')
  return async (received) => {
    const request = context.entrance.placed(below(received, basePath))
    const exchange = beginExchange(request, engine.tracing)
    const { requestId } = exchange
    const explain = (error: unknown) => explained({ logger, exchange }, request, error)
    const response = await limited(context, request, { exchange, explain }).catch(explain)
    context.figures.answered(exchange, response.status)
    endExchange(exchange, response.status)
    const headers = { 'x-request-id': requestId, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...response.headers }
    const answer = { ...response, headers }
    return request.method === 'HEAD' ? withoutBody(answer) : answer
  }
}

function createContext(options: HandlerOptions): Context {
  const { engine, logger } = options
  let document: object | undefined
  return {
    ...options,
    bounds: options.limits ? createLimits(options.limits) : null,
    routes: createRoutes(engine.registry),
    streams: createStreams(options),
    figures: createWatch(logger),
    document: () => (document ??= openApiDocument(engine.registry)),
    mounted: options.mcp?.(engine),
    entrance: createEntrance(options),
    app: options.board ? openBoard(options.board) : null,
    credentials: createCredentialWatch(engine, logger),
    pluginPages: createPluginPages(engine.pluginFiles),
  }
}

interface Explaining {
  readonly logger: HandlerOptions['logger']
  readonly exchange: Exchange
}

/** A failure as its caller is told of it; what is a defect, the log is told too. */
function explained({ logger, exchange }: Explaining, request: WireRequest, error: unknown): WireResponse {
  const { requestId, method, route } = exchange
  const answer = problem(error, { requestId, basePath: request.basePath }, failedCondition(request, error))
  if (answer.status >= 500) logger?.error('a request failed', { requestId, method, route, error: describe(error) })
  return answer
}

interface Answering {
  readonly exchange: Exchange
  readonly explain: (error: unknown) => WireResponse
}

/** Whoever needs no credential on this machine is not limited, and neither is the question whether the server lives. */
function limited(context: Context, request: WireRequest, { exchange, explain }: Answering): Promise<WireResponse> {
  const { bounds, localActor, entrance } = context
  const isFree = localActor !== undefined && request.header('authorization') === null
  if (!bounds || isFree || request.url.pathname === '/api/health/live') return respond(context, request, exchange)
  const asked = { place: entrance.addressOf(request), isSignOfLife: mayBeSignOfLife(context, request) }
  return bounds.around(request, asked, () => respond(context, request, exchange).catch(explain))
}

function mayBeSignOfLife({ routes }: Context, { method, url: { pathname } }: WireRequest): boolean {
  if (method !== 'POST' || !/^\/api\/.*\/heartbeat$/.test(pathname)) return false
  const match = routes.match(method, pathname.slice('/api'.length))
  return match !== null && isSignOfLife(match.operation)
}

async function respond(context: Context, request: WireRequest, exchange: Exchange): Promise<WireResponse> {
  const { pathname } = request.url
  if (ownPaths.has(pathname)) exchange.route = pathname
  if (pathname === '/api/health/live') return json(200, { status: 'live' })
  // HEAD is GET without the body, which is cut off in the end.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  // What looks after servers does not know their names; on this machine a rebound name may not ask.
  if (pathname === '/api/health/ready' && method === 'GET' && !context.localActor) return showReady(context, request)
  const { entrance, credentials, mounted, pluginPages } = context
  // What a page in a sandbox loads comes from an origin that is nobody's, and with no credential: there is nothing to identify.
  const pluginFile = method === 'GET' ? pluginPages.answer(request) : null
  if (pluginFile) {
    exchange.route = '/plugins'
    return pluginFile
  }
  const visit = entrance.visit(request)
  // The web's Request knows no TRACE, so nobody is asked with it.
  if (pathname === '/mcp' && mounted && method !== 'TRACE') {
    const identity = await entrance.identify(visit)
    const { actor } = identity
    return credentials.guard(identity, request, (guarded) => bounded(context, { visit, actor }, () => askMounted(mounted, guarded, actor)))
  }
  // Most of what is asked is none of the server's own pages, and nobody has to wait to know that.
  const mayBeOwn = method === 'GET' && (!pathname.startsWith('/api/') || ownPaths.has(pathname))
  const own = mayBeOwn ? await ownAnswer(context, visit) : null
  if (own) return own
  const path = pathname.startsWith('/api/') ? pathname.slice('/api'.length) : null
  const match = path === null ? null : context.routes.match(method, path)
  if (!match) throw unknownRoute(context, method, request)
  see(exchange, match)
  const identity = await entrance.identifyFor(visit, match.operation)
  const { actor } = identity
  exchange.actor = actor
  // Before its body is read and anybody's code looks at it; also on this machine, where who sends it is a stranger too.
  if (takesRequest(match.operation)) await context.bounds?.receive(webhookOf(match), entrance.addressOf(request))
  exchange.companyId ??= 'companyId' in actor ? actor.companyId : null
  if (context.streams.knows(match.operation.name) && wantsStream(request)) {
    const input = await readInput(request, match)
    const identify = async () => (await entrance.identifyFor(visit, match.operation)).actor
    return credentials.guard(identity, request, (guarded) =>
      context.streams.open(match.operation.name, { identify, input, request: guarded }),
    )
  }
  return bounded(context, { visit, actor, operation: match.operation }, () => perform(context, { visit, match, identity, exchange }))
}

interface Bounded {
  readonly visit: Visit
  readonly actor: Actor
  readonly operation?: Operation
}

/** Answers a request, its body included, among those that are under way at once; whoever needs no credential on this machine is not limited. */
function bounded(
  { bounds, entrance, localActor }: Context,
  { visit, actor, operation }: Bounded,
  answer: () => Promise<WireResponse>,
): Promise<WireResponse> {
  if (!bounds || actor === localActor) return answer()
  const place = entrance.addressOf(visit.request)
  return bounds.within({ actor, place, isSignOfLife: operation !== undefined && isSignOfLife(operation) }, answer)
}

interface Performed {
  readonly visit: Visit
  readonly match: Match
  readonly identity: Identity
  readonly exchange: Exchange
}

async function perform({ engine }: Context, { visit, match, identity, exchange }: Performed): Promise<WireResponse> {
  const { request, caller } = visit
  const input = await readInput(request, match)
  const { operation } = match
  const { requestId, traced } = exchange
  const idempotencyKey = readIdempotencyKey(request)
  const call: Parameters<Engine['execute']>[1] = {
    input,
    actor: identity.actor,
    requestId,
    caller,
    ...(traced?.context && { trace: traced.context }),
    ...(idempotencyKey !== null && { idempotencyKey }),
  }
  const result = await engine.execute(operation.name, call)
  if (givesContent(operation)) return download(result)
  const { output, headers } = keepSession(operation, result, visit)
  return tagged(request, operation, { output, response: json(successStatus(operation, result), output, headers) })
}

function see(exchange: Exchange, { operation, parameters }: Match): void {
  exchange.operation = operation
  exchange.route = `/api${operation.definition.http?.[1] ?? ''}`
  const { companyId } = parameters
  // What is no id is nothing to repeat.
  exchange.companyId = companyId !== undefined && /^[\da-f-]{36}$/.test(companyId) ? companyId : null
}

/** Which webhook is meant, however its path is written. */
function webhookOf({ operation, parameters }: Match): string {
  return [operation.name, ...Object.values(parameters)].join('\n').toLowerCase()
}

/** Whether all that a request says is its path. */
function saysNothingMore({ url }: WireRequest, { operation }: Match): boolean {
  return operation.definition.http?.[0] === 'GET' && url.search === ''
}

/** What a request says, from wherever it says it. */
async function readInput(request: WireRequest, match: Match): Promise<Record<string, unknown>> {
  if (saysNothingMore(request, match)) return match.parameters
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

function unknownRoute(context: Context, method: string, request: WireRequest): EngineError {
  const { pathname } = request.url
  const methods = pathname.startsWith('/api/') ? context.routes.methods(pathname.slice('/api'.length)) : []
  const advice = methods.length > 0 ? `This path knows ${methods.join(', ')}.` : 'The routes are listed at /api/docs.'
  return new EngineError(httpErrors.unknown_route, `There is no ${method} ${pathname}. ${advice}${aboutKeptPath(request)}`, {
    details: { methods },
  })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
