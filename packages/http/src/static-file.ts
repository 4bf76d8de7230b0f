import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'

import type { WireRequest, WireResponse } from './wire.ts'

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** For a name that never means anything else. */
export const keptForEver = 'public, max-age=31536000, immutable'

/** A file in memory, which is given out as it is. */
export interface StaticFile {
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  compressed: Uint8Array | null
}

/** @param name decides what the file is; one that browsers do not know is bytes to them */
export function staticFile(name: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): StaticFile {
  const type = contentTypes[extname(name).toLowerCase()] ?? 'application/octet-stream'
  return { bytes, headers: { ...headers, 'content-type': type, vary: 'accept-encoding' }, compressed: null }
}

/** Text goes out compressed to whoever takes it, and is compressed once. */
export function sendFile(file: StaticFile, request: WireRequest): WireResponse {
  const { bytes, headers } = file
  const isText = /^text|svg|json/.test(headers['content-type'] ?? '')
  if (!isText || !/\bgzip\b/.test(request.header('accept-encoding') ?? '')) return { status: 200, headers, body: bytes }
  file.compressed ??= gzipSync(bytes, { level: 9 })
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: file.compressed }
}
