import type { Engine } from '@engine/core'

import type { Entrance, Visit } from './access/entrance.ts'
import { accountPage, strictHeaders } from './access/pages.ts'
import { showSession } from './access/session.ts'
import { aboutKeptPath } from './below.ts'
import type { Board } from './board.ts'
import { docsPage, docsScript } from './docs-page.ts'
import { errorsPage } from './errors-page.ts'
import type { HandlerOptions } from './handler-options.ts'
import { readyAnswer, requireObserver } from './observation.ts'
import { prometheusType } from './prometheus.ts'
import type { Streams } from './sse.ts'
import { statusPage, statusPageScript } from './status-page.ts'
import type { Watch } from './watch.ts'
import { html, json, type WireRequest, type WireResponse } from './wire.ts'

/** What the answers that are no operations are made of. */
export interface Own extends HandlerOptions {
  readonly entrance: Entrance
  readonly figures: Watch
  readonly streams: Streams
  readonly document: () => object
  /** The web app that is served at `/`. */
  readonly app: Board | null
}

/** What the answers to those who look after a process are made of. */
export interface Observed extends Pick<Own, 'engine' | 'entrance' | 'figures' | 'metricsToken'> {
  readonly streams: Pick<Streams, 'count'>
}

/** What is no operation: shown in logs and figures as it is. */
export const ownPaths: ReadonlySet<string> = new Set([
  '/',
  '/status',
  '/status.js',
  '/login',
  '/login.js',
  '/setup',
  '/password',
  '/invitation',
  '/mcp',
  '/metrics',
  '/api/session',
  '/api/health/live',
  '/api/health/ready',
  '/api/openapi.json',
  '/api/docs',
  '/api/docs/errors',
  '/api/docs/reference.js',
])

/** Whether calls can be answered. */
export function showReady({ engine, entrance, metricsToken }: Observed, request: WireRequest): Promise<WireResponse> {
  const identify = async () => (await entrance.identify(entrance.visit(request))).actor
  return readyAnswer(engine, { request, identify, metricsToken })
}

/** The figures of the process. @throws for who may not see them */
export async function showFigures({ engine, entrance, figures, streams, metricsToken }: Observed, visit: Visit): Promise<WireResponse> {
  const identify = async () => (await entrance.identify(visit)).actor
  await requireObserver({ request: visit.request, identify, metricsToken })
  return { status: 200, headers: { 'content-type': prometheusType }, body: await figures.text(engine, streams.count) }
}

/** A page or document of the server itself; null for what is none. */
export async function ownAnswer(own: Own, visit: Visit): Promise<WireResponse | null> {
  const { engine } = own
  const { request, address } = visit
  const { basePath = '' } = request
  const page = address ? accountPage(request.url.pathname, basePath) : null
  if (page) return page
  const shown = own.app && (await showApp(own, visit))
  if (shown) return shown
  switch (request.url.pathname) {
    case '/':
    case '/status':
      return showStatus(own, visit)
    case '/api/session':
      return showSession({ ...own, isLocal: own.localActor !== undefined }, visit)
    case '/status.js':
      return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: statusPageScript(engine.registry) }
    case '/api/health/ready':
      return showReady(own, request)
    case '/metrics':
      return showFigures(own, visit)
    case '/api/openapi.json':
      return json(200, { ...own.document(), servers: [{ url: basePath || '/' }] })
    case '/api/docs':
      return html(docsPage(basePath))
    case '/api/docs/errors':
      return html(errorsPage(engine.registry, basePath), strictHeaders)
    case '/api/docs/reference.js':
      return docsScript(request.header('accept-encoding') ?? '')
    default:
      return null
  }
}

/** Its files are no secret; its page is for who is at this machine or logged in, since others would see nothing in it. */
async function showApp({ app, entrance, localActor }: Own, visit: Visit): Promise<WireResponse | null> {
  const answer = app?.answer(visit.request) ?? null
  const isPage = answer?.headers['content-type']?.startsWith('text/html') ?? false
  // Any path is a page of the app, and the way from this one to the login would lead here again.
  if (isPage && aboutKeptPath(visit.request) !== '') return null
  const isIn = !isPage || localActor !== undefined || (await entrance.session(visit)) !== null
  return isIn || !visit.address ? answer : toLogin(visit)
}

function toLogin({ request }: Visit): WireResponse {
  return { status: 303, headers: { location: `${request.basePath ?? ''}/login` }, body: '' }
}

/** What is going on, for who is at this machine or logged in; whoever is neither logs in first. */
async function showStatus({ engine, entrance, localActor }: Own, visit: Visit): Promise<WireResponse | null> {
  const session = await entrance.session(visit)
  const actor = localActor ?? session?.actor
  if (!actor) return visit.address ? toLogin(visit) : null
  return showPage(engine, { actor, canLogOut: session !== null, basePath: visit.request.basePath ?? '' })
}

interface Shown {
  readonly actor: Parameters<Engine['as']>[0]
  readonly canLogOut: boolean
  readonly basePath: string
}

async function showPage(engine: Engine, { actor, ...page }: Shown): Promise<WireResponse> {
  return html(await statusPage(engine.as(actor), page), strictHeaders)
}
