import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

import { webhookKey } from '@engine/core/plugin'

const prefix = 'whsec_'

/** A new key for signatures, as both sides are given it. */
export function createWebhookSecret(): string {
  return prefix + randomBytes(32).toString('base64')
}

export interface Signed {
  readonly id: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly body: string | Uint8Array
}

/** The value of `webhook-signature`: one signature for each key, of Standard Webhooks' version 1. Pure. */
export function sign(keys: readonly Buffer[], signed: Signed): string {
  return keys.map((key) => `v1,${macOf(key, signed).toString('base64')}`).join(' ')
}

function macOf(key: Buffer, { id, timestamp, body }: Signed): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
}

/** `malformed`: headers or a secret are missing or none · `too_old`, `too_new`: sent at another time · `mismatch`: not signed with this secret */
export type WebhookErrorCode = 'malformed' | 'too_old' | 'too_new' | 'mismatch'

/** Why a request is not taken for one of Engine. */
export class WebhookError extends Error {
  readonly code: WebhookErrorCode

  constructor(code: WebhookErrorCode, message: string) {
    super(message)
    this.name = 'WebhookError'
    this.code = code
  }
}

export interface VerifyOptions {
  /** All that are valid now; one that matches is enough. */
  readonly secrets: readonly string[]
  /** As the request had them, by lower-case name, or a `Headers`. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** How far the clocks, and a request on its way, may be apart, seconds; 300 when left out. */
  readonly toleranceSec?: number
  /** Milliseconds since 1970; the system's clock when left out. */
  readonly nowMs?: number
}

/**
 * For receivers: checks that a request was signed by somebody who has the secret, lately. Leave out what you have already by the
 * id, which is the same in every try.
 *
 * @param body as it was received, before it was parsed
 * @throws WebhookError
 */
export function verify(body: string | Uint8Array, options: VerifyOptions): { id: string; timestamp: number } {
  const { secrets, toleranceSec = 300, nowMs = Date.now() } = options
  const [id, time, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headerOf(options.headers, name))
  const keys = secrets.map(webhookKey).filter((key) => key !== null)
  if (!id || !time || !signatures || !/^\d{1,12}$/.test(time))
    throw new WebhookError('malformed', 'The headers of a webhook are not there.')
  if (keys.length === 0) throw new WebhookError('malformed', 'There is no secret that is base64 of 24 to 64 bytes.')
  const timestamp = Number(time)
  const ageSec = Math.floor(nowMs / 1_000) - timestamp
  if (ageSec > toleranceSec) throw new WebhookError('too_old', `This was sent ${ageSec} s ago; ${toleranceSec} s are taken.`)
  if (-ageSec > toleranceSec) throw new WebhookError('too_new', `This was sent ${-ageSec} s from now; ${toleranceSec} s are taken.`)
  const given = signatures.split(' ').flatMap((text) => (text.startsWith('v1,') ? [Buffer.from(text.slice(3), 'base64')] : []))
  const wanted = keys.map((key) => macOf(key, { id, timestamp, body }))
  const isMatch = wanted.some((mac) => given.some((other) => other.length === mac.length && timingSafeEqual(other, mac)))
  if (!isMatch) throw new WebhookError('mismatch', 'This was not signed with a secret that is valid here, or was changed.')
  return { id, timestamp }
}

function headerOf(headers: VerifyOptions['headers'], name: string): string | undefined {
  const value = headers instanceof Headers ? headers.get(name) : headers[name]
  return typeof value === 'string' ? value : undefined
}
