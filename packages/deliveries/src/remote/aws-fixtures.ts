import { createHash, createHmac, hash } from 'node:crypto'

import { SignatureV4 } from '@smithy/signature-v4'

import type { Exchange } from './fixtures.ts'

/** Of Node, as the signer of the SDK wants it. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }
  update(data: string | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(bytesOf(data))
  }
  async digest() {
    return new Uint8Array(this.#hash.digest())
  }
  reset() {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

/** Signs the same request again with the signer of the SDK, which is not ours, and compares. */
export async function isSignedForAws(
  { method, path, headers, body }: Exchange,
  { service, ...credentials }: { service: string; accessKeyId: string; secretAccessKey: string },
): Promise<boolean> {
  const authorization = headers['authorization'] ?? ''
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? []
  if ((headers['x-amz-content-sha256'] ?? hash('sha256', body)) !== hash('sha256', body) || !names.includes('host')) return false
  const signer = new SignatureV4({
    service,
    region: 'us-east-1',
    credentials,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: service === 's3',
  })
  const [time = ''] = [headers['x-amz-date']]
  const signingDate = new Date(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  const own = Object.fromEntries(names.map((name) => [name, headers[name] ?? '']))
  const request = { method, protocol: 'http:', hostname: '127.0.0.1', path, headers: own, query: {} }
  const signed = await signer.sign({ ...request, body }, { signingDate })
  return signed.headers['authorization'] === authorization
}
