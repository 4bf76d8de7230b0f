import { EngineError, type JsonObject, type Operation } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** Whether an operation takes bytes as the body of its request. */
export function takesContent({ definition }: Operation): boolean {
  return definition.kind === 'command' && definition.takesContent !== undefined
}

/** Whether an operation answers with bytes. */
export function givesContent({ definition }: Operation): boolean {
  return definition.kind === 'query' && definition.givesContent === true
}

/** What the request itself says of a file: its type, and its bytes, of which none is read before the call is found to be allowed. */
export function readContent(request: WireRequest, parameters: JsonObject): Record<string, unknown> {
  if ('content' in parameters || 'contentType' in parameters)
    throw new EngineError(
      httpErrors.invalid_input,
      'The file is the body of this request, and its type the Content-Type; neither goes into the query.',
    )
  const contentType = request.header('content-type')
  return { ...parameters, ...(contentType !== null && { contentType }), content: (limit: number) => readBytes(request, limit) }
}

async function readBytes(request: WireRequest, limit: number): Promise<Uint8Array> {
  const announced = Number(request.header('content-length'))
  if (announced > limit)
    throw new EngineError(httpErrors.payload_too_large, `This company takes files of up to ${limit} bytes; this one has ${announced}.`, {
      details: { limit, byteSize: announced },
    })
  return request.body(limit)
}

/**
 * A file as something to be saved. Nothing that somebody uploaded is shown or run under the address of this server, whatever
 * type it was given (PROMISES S9).
 */
export function download(output: unknown): WireResponse {
  // Operations that give content answer by the schema Download.
  const { name, contentType, byteSize, content } = output as Download
  return {
    status: 200,
    headers: {
      'content-type': isInert(contentType) ? contentType : 'application/octet-stream',
      ...(byteSize !== null && { 'content-length': String(byteSize) }),
      'content-disposition': disposition(name),
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
    },
    body: content,
  }
}

interface Download {
  readonly name: string
  readonly contentType: string
  /** Null for what is made while it is sent. */
  readonly byteSize: number | null
  readonly content: AsyncIterable<Uint8Array>
}

/** Types that no browser runs: neither as a page nor as a part of one. */
function isInert(contentType: string): boolean {
  return /^(image\/(png|jpeg|gif|webp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/(plain|csv|markdown)|application\/(json|pdf|zip|gzip))\s*(;|$)/i.test(
    contentType,
  )
}

/** RFC 6266: the name for programs that know only ASCII, then as it is. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\w .()+-]/g, '_')
  const exact = encodeURIComponent(name).replaceAll(/['()*!]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}
