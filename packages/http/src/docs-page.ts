import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Registry } from '@engine/core'

import { allErrors } from './errors.ts'

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
export function docsPage(registry: Registry): string {
  const configuration = JSON.stringify(viewerConfiguration)
  const anchors = allErrors(registry)
    .map((error) => `<a id="${error.code}"></a>`)
    .join('')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Engine API</title></head><body>${anchors}
<script id="api-reference" data-url="/api/openapi.json" data-configuration='${configuration}'></script>
<script src="/api/docs/reference.js"></script></body></html>`
}

let asset: Promise<Buffer> | undefined

/** The viewer's script: beside the built package, or from the development dependency when run from sources. */
export function docsAsset(): Promise<Buffer> {
  return (asset ??= readFile(assetPath()))
}

function assetPath(): string {
  if (import.meta.url.endsWith('.js')) return fileURLToPath(new URL('./reference.js', import.meta.url))
  // The package exports its modules and styles; the one self-contained script lies beside them.
  const main = createRequire(import.meta.url).resolve('@scalar/api-reference')
  return join(dirname(main), 'browser', 'standalone.js')
}
