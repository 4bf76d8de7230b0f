import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

import type { WireResponse } from './wire.ts'

/** Everything of the viewer that would talk to its maker's servers, or offer to, is off. */
const viewerConfiguration = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
}

/** The API reference: a page of our own that loads the reference viewer from this server, never from elsewhere. */
export function docsPage(basePath: string): string {
  const configuration = JSON.stringify(viewerConfiguration)
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Engine API</title></head><body>
<script id="api-reference" data-url="${basePath}/api/openapi.json" data-configuration='${configuration}'></script>
<script src="${basePath}/api/docs/reference.js"></script></body></html>`
}

let compressed: Promise<Buffer> | undefined

/** The viewer's script, as small as the client takes it. */
export async function docsScript(acceptedEncodings: string): Promise<WireResponse> {
  const script = await (compressed ??= readCompressed())
  const headers = { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'max-age=3600', vary: 'accept-encoding' }
  if (!/\bgzip\b/.test(acceptedEncodings)) return { status: 200, headers, body: gunzipSync(script) }
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: script }
}

/** It lies beside the built package; run from sources, it comes from the development dependency. */
async function readCompressed(): Promise<Buffer> {
  if (import.meta.url.endsWith('.js')) return readFile(new URL('./reference.js.gz', import.meta.url))
  // The package exports its modules and styles; the one self-contained script lies beside them.
  const main = createRequire(import.meta.url).resolve('@scalar/api-reference')
  return gzipSync(await readFile(join(dirname(main), 'browser', 'standalone.js')))
}
