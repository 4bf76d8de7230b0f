import type { FailureClass } from '@engine/core/plugin'
import { OutboundError, type OutboundResponse } from '@engine/outbound'

import { failed, Refusal } from '../failures.ts'
import { statusFailure } from '../remote/failures.ts'
import type { Device } from './device.ts'
import type { Failure } from './messages.ts'

const classes: Readonly<Record<string, FailureClass>> = {
  NOT_PAIRED: 'auth',
  NOT_LINKED: 'auth',
  AGENT_TIMEOUT: 'timeout',
  INVALID_REQUEST: 'bad_request',
  UNAVAILABLE: 'overloaded',
}

/** What a gateway refused a request with. Pure. */
export function refusalOf(method: string, { code, message, retryAfterMs, details }: Failure): Refusal {
  const why = details?.code ?? code
  // Who is not let in is told so in the details of a request that is called invalid.
  const failure = /^(AUTH|DEVICE_AUTH|PAIRING)_/.test(why) ? 'auth' : (classes[code] ?? 'unknown')
  return new Refusal(failed(failure, `The gateway answered ${method} with ${why}: ${message.slice(0, 1_500)}`, retryAfterMs))
}

/** The same, of the handshake: what would let this device in. Pure. */
export function handshakeRefusal(failure: Failure, device: Device | null): Refusal {
  const refusal = refusalOf('connect', failure)
  if (failure.code !== 'NOT_PAIRED' && failure.details?.code !== 'PAIRING_REQUIRED') return refusal
  const message = device
    ? `The gateway does not know the device ${device.id} yet; approve it there with \`openclaw devices approve\`.`
    : 'The gateway only lets devices in that it knows; set deviceKey, and approve the device there.'
  return new Refusal(failed('auth', message))
}

export function malformed(what: string): Refusal {
  return new Refusal(failed('bad_request', `The gateway sent something else than its protocol asks for: ${what.slice(0, 500)}`))
}

/** What it means that a connection was closed, by the code of its last frame. Pure. */
export function closed(code: number, reason: string): Error {
  const words = reason === '' ? `with code ${code}` : `with code ${code}: ${reason.slice(0, 500)}`
  if (code === 1_008) return new Refusal(failed('auth', `The gateway closed the connection ${words}`))
  if (code === 1_009) return new Refusal(failed('bad_request', `The gateway closed the connection ${words}`))
  return new OutboundError('unreachable', `The connection to the gateway ended ${words}.`)
}

/** What it means that a connection broke. Pure. */
export function broken(error: Error): Error {
  const code = 'code' in error ? String(error.code) : error.message
  // So the library names what is no WebSocket, or is longer than what is read.
  if (code.startsWith('WS_ERR_')) return malformed(`${code}, ${error.message}`)
  return new OutboundError('unreachable', `The connection to the gateway broke: ${code}.`, { cause: error })
}

/** What it means that a server answers, and does not speak by WebSocket. */
export function noSocket(response: Pick<OutboundResponse, 'status' | 'headers' | 'url'>): Refusal {
  if (response.status >= 300) return new Refusal(statusFailure(response, Date.now()))
  return new Refusal(failed('config', `${new URL(response.url).origin} answered ${response.status} instead of opening a WebSocket.`))
}
