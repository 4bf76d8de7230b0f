import { hash } from 'node:crypto'

import type { DeliveryResult, Redactor } from '@engine/core/plugin'
import type { Outbound, OutboundResponse } from '@engine/outbound'

import { signedForAws, unusableCredentials } from '../remote/aws.ts'
import { send } from '../remote/send.ts'
import type { S3Config } from './config.ts'

export interface S3Request {
  readonly method: 'PUT' | 'DELETE'
  readonly key: string
  readonly body?: Uint8Array
  readonly contentType?: string
  readonly config: S3Config
  readonly signal: AbortSignal
  readonly redactor: Redactor
}

/** One signed request for one object. The store refuses what was damaged on its way: it is told the hash. */
export async function askS3(outbound: Outbound, request: S3Request): Promise<DeliveryResult> {
  const { method, key, body, contentType, config, signal, redactor } = request
  const headers = {
    'x-amz-content-sha256': hash('sha256', body ?? ''),
    ...(contentType !== undefined && { 'content-type': sendable(contentType) }),
  }
  const signed = await signedForAws({ method, url: urlOf(config, key), headers, service: 's3' }, config)
  if (signed === null) return { kind: 'parked', reason: unusableCredentials }
  const asked = { ...signed, method, ...(body && { body }), timeoutMs: config.timeoutSec * 1_000, signal, redactor }
  return send(outbound, { ...asked, isPassing })
}

/** What S3 says with 400 and 409, and means for now: of an object that came too slowly, and of two writers at once. */
function isPassing({ body }: OutboundResponse): boolean {
  return /<Code>(?:RequestTimeout|OperationAborted)<\/Code>/.test(new TextDecoder().decode(body))
}

function sendable(contentType: string): string {
  return /^[\x20-\x7e]+$/.test(contentType) ? contentType : 'application/octet-stream'
}

/** A bucket of AWS has a host of its own, unless certificates do not fit its name; elsewhere it is the first name of the path. Pure. */
export function urlOf({ bucket, region, endpoint }: Pick<S3Config, 'bucket' | 'region' | 'endpoint'>, key: string): string {
  const path = key.split('/').map(encoded).join('/')
  if (endpoint === undefined && !bucket.includes('.')) return `https://${bucket}.s3.${region}.amazonaws.com/${path}`
  return `${new URL(endpoint ?? `https://s3.${region}.amazonaws.com`).origin}/${bucket}/${path}`
}

/** As the signature has it, so that no server has to write it another way before it compares. */
function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
