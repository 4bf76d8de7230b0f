import { randomUUID } from 'node:crypto'

import { EngineError, type Engine, type Logger } from '@engine/core'

import { createEntrance } from './access/entrance.ts'
import { localOperator } from './access/mode.ts'
import { httpErrors } from './errors.ts'
import type { Handler } from './handler.ts'
import { listen, type RunningServer } from './listening.ts'
import { isLoopback } from './local-guard.ts'
import { answerNode } from './node.ts'
import { showFigures, showReady, type Observed } from './own-answers.ts'
import { problem } from './problem.ts'
import { whenReady } from './starting.ts'
import { createWatch } from './watch.ts'
import { json, withoutBody, type WireRequest, type WireResponse } from './wire.ts'

export interface FiguresOptions {
  /** An engine that is still opening its database is said to live and not to be ready. */
  readonly engine: Engine | Promise<Engine>
  /** This machine when left out. Another address needs a token: who asks there is nobody known. */
  readonly host?: string | undefined
  /** 0 takes any free port. */
  readonly port: number
  /** What a monitor sends as `Authorization: Bearer …` to read the figures and the reasons. */
  readonly metricsToken?: string | undefined
  readonly logger?: Logger | undefined
}

/**
 * What looks after a process that serves no API, such as a worker: `/metrics`, `/api/health/live` and `/api/health/ready`, as a
 * server answers them, and nothing else. @throws when the address is taken, or is not of this machine and there is no token
 */
export async function serveFigures({ engine, host = '127.0.0.1', port, ...options }: FiguresOptions): Promise<RunningServer> {
  const isLocal = isLoopback(host)
  if (!isLocal && options.metricsToken === undefined)
    throw new Error(
      `Figures at ${host} would be read by whoever reaches this machine: give the monitor a token by ENGINE_METRICS_TOKEN, or listen on 127.0.0.1.`,
    )
  const current = whenReady(engine, (ready) => figuresHandler(ready, { ...options, isLocal }))
  return listen((request, response) => void answerNode(current, request, response).catch(() => response.destroy()), {
    host,
    port,
    stopping: new AbortController(),
  })
}

type Given = Pick<FiguresOptions, 'metricsToken' | 'logger'> & { readonly isLocal: boolean }

function figuresHandler(engine: Engine, { metricsToken, logger, isLocal }: Given): Handler {
  const entrance = createEntrance({ engine, localActor: isLocal ? localOperator : undefined })
  const own: Observed = { engine, entrance, figures: createWatch(logger), streams: { count: 0 }, metricsToken }
  return async (request) => {
    const requestId = randomUUID()
    const answer = await respond(own, request).catch((error: unknown) => {
      const explained = problem(error, { requestId })
      if (explained.status >= 500) logger?.error('the figures could not be read', { requestId, error: String(error) })
      return explained
    })
    const headers = { 'x-request-id': requestId, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...answer.headers }
    const whole = { ...answer, headers }
    return request.method === 'HEAD' ? withoutBody(whole) : whole
  }
}

async function respond(own: Observed, request: WireRequest): Promise<WireResponse> {
  const { pathname } = request.url
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead && pathname === '/api/health/live') return json(200, { status: 'live' })
  if (isRead && pathname === '/api/health/ready') return showReady(own, request)
  if (isRead && pathname === '/metrics') return showFigures(own, own.entrance.visit(request))
  const message = `There is no ${request.method} ${pathname} here: /metrics, /api/health/live and /api/health/ready are answered.`
  throw new EngineError(httpErrors.unknown_route, message)
}
