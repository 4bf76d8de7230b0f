import { EngineError } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { WireRequest } from './wire.ts'

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

export function isLoopback(host: string): boolean {
  return loopbackNames.has(host) || host === '::1'
}

/**
 * Guards a server that needs no account because only this machine reaches it. A web page in the operator's browser
 * reaches it too, so a request must name the server by a loopback name (a rebound DNS name does not), and must not come
 * from another site's page.
 */
export function guardLocal(request: WireRequest): void {
  const host = (request.header('host') ?? '').toLowerCase()
  const name = host.replace(/:\d+$/, '')
  if (!loopbackNames.has(name)) throw refusal(`This server answers on localhost only, not as ${host === '' ? 'an unnamed host' : host}.`)
  const origin = request.header('origin')
  if (origin !== null && origin !== `http://${host}`) throw refusal(`Pages of ${origin} may not call this server.`)
  const site = request.header('sec-fetch-site')
  if (site === 'cross-site' || site === 'same-site') throw refusal('Pages of another site may not call this server.')
}

function refusal(message: string): EngineError {
  return new EngineError(httpErrors.untrusted_origin, message)
}
