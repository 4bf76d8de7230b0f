import type { PluginFiles } from '@engine/core'

import { keptForEver, sendFile, staticFile, type StaticFile } from './static-file.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** What plugins show, by addresses that hold the digest of what they mean. */
export interface PluginPages {
  /** Null for everything that is no file of a plugin. */
  answer(request: WireRequest): WireResponse | null
}

/**
 * A page of a plugin stands in a sandbox wherever it is opened, and so has an origin that is nobody's: no cookie, no storage, nothing
 * of this server that it could read. It loads what lies beside it and asks nobody; what it may know, the board tells it.
 */
const policy = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'cache-control': keptForEver,
  // To a browser what such a page loads comes from elsewhere. The files are no secret, and are given out without asking who it is.
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'x-dns-prefetch-control': 'off',
}

export function createPluginPages(files: PluginFiles): PluginPages {
  const known = new Map<string, StaticFile>()
  return {
    answer(request) {
      const { pathname } = request.url
      const bytes = pathname.startsWith('/plugins/') ? files.find(pathname) : undefined
      if (!bytes) return null
      const file = known.get(pathname) ?? staticFile(pathname, bytes, headers)
      known.set(pathname, file)
      return sendFile(file, request)
    },
  }
}
