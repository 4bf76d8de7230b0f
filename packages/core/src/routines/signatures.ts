import { createHmac, timingSafeEqual } from 'node:crypto'

import type { Scheme } from './schema.ts'

/** The headers of a request that a delivery is judged by. */
export const deliveryHeaders = [
  'authorization',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'x-hub-signature-256',
  'x-github-delivery',
] as const
export type DeliveryHeaders = Partial<Record<(typeof deliveryHeaders)[number], string | undefined>>

export interface Delivery {
  readonly headers: DeliveryHeaders
  readonly body: string
}

/** Whether a delivery was signed with a key, or brings it; by no key nothing is. Takes as long whatever is wrong. Pure. */
export function isSigned(scheme: Exclude<Scheme, 'bearer'>, key: string | Uint8Array | null, { headers, body }: Delivery): boolean {
  if (key === null) return false
  if (scheme === 'github')
    return isEqual(headers['x-hub-signature-256'] ?? '', `sha256=${createHmac('sha256', key).update(body).digest('hex')}`)
  const text = `${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.${body}`
  const expected = `v1,${createHmac('sha256', key).update(text).digest('base64')}`
  const given = (headers['webhook-signature'] ?? '').split(' ').slice(0, mostSignatures)
  return given.filter((signature) => isEqual(signature, expected)).length > 0
}

const [leastKeyBytes, mostKeyBytes] = [24, 64]

/** The key of a secret of Standard Webhooks, `whsec_…`; null for what is none: base64 of 24 to 64 bytes. Pure. */
export function webhookKey(secret: string): Buffer | null {
  const text = secret.replace(/^whsec_/, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const key = Buffer.from(text, 'base64')
  return key.length >= leastKeyBytes && key.length <= mostKeyBytes ? key : null
}

/** A sender that changes its key signs with both; more are not looked at. */
const mostSignatures = 5

/** The key that a delivery brings itself. */
export function bearerOf({ authorization = '' }: DeliveryHeaders): string {
  return /^Bearer\s+(\S+)$/i.exec(authorization)?.[1] ?? ''
}

/** Compares texts in a time that tells nothing of where they differ. */
export function isEqual(left: string, right: string): boolean {
  const [given, expected] = [Buffer.from(left), Buffer.from(right)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** What tells a delivery from any other of its trigger; null when its sender says nothing of the kind. */
export function deliveryIdOf(scheme: Scheme, headers: DeliveryHeaders): string | null {
  const id = headers[scheme === 'github' ? 'x-github-delivery' : 'webhook-id'] ?? ''
  return id === '' ? null : id
}

/** How far the time that a delivery says is from the present, milliseconds; null for schemes that say none. */
export function ageMs(scheme: Scheme, headers: DeliveryHeaders, nowMs: number): number | null {
  if (scheme !== 'standard') return null
  const seconds = headers['webhook-timestamp'] ?? ''
  return /^\d{1,12}$/.test(seconds) ? Math.abs(nowMs - Number(seconds) * 1_000) : Number.POSITIVE_INFINITY
}
