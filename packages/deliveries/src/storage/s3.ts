import { hash } from 'node:crypto'

import type { DeliveryResult, Redactor } from '@engine/core/plugin'
import type { Outbound } from '@engine/outbound'
import { AwsV4Signer } from 'aws4fetch'

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

/** One signed request for one object. The store answers for what it acknowledged: it knows the hash of what was sent. */
export async function askS3(
  outbound: Outbound,
  { method, key, body, contentType, config, signal, redactor }: S3Request,
): Promise<DeliveryResult> {
  const { accessKeyId, secretAccessKey, sessionToken, region } = config
  const signer = new AwsV4Signer({
    method,
    url: urlOf(config, key),
    headers: { 'x-amz-content-sha256': hash('sha256', body ?? ''), ...(contentType !== undefined && { 'content-type': contentType }) },
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: 's3',
    region,
  })
  const { url, headers } = await signer.sign()
  const timeoutMs = config.timeoutSec * 1_000
  return send(outbound, {
    url: url.href,
    method,
    headers: Object.fromEntries(headers),
    ...(body && { body }),
    timeoutMs,
    signal,
    redactor,
  })
}

/** A bucket of AWS has a host of its own, unless certificates do not fit its name; elsewhere it is the first name of the path. Pure. */
function urlOf({ bucket, region, endpoint }: S3Config, key: string): string {
  const path = key.split('/').map(encodeURIComponent).join('/')
  if (endpoint === undefined && !bucket.includes('.')) return `https://${bucket}.s3.${region}.amazonaws.com/${path}`
  return `${new URL(endpoint ?? `https://s3.${region}.amazonaws.com`).origin}/${bucket}/${path}`
}
