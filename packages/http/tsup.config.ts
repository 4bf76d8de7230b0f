import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { defineConfig } from 'tsup'

const viewer = dirname(createRequire(import.meta.url).resolve('@scalar/api-reference'))

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  // The documentation viewer is one self-contained file; it is served from here, never from elsewhere, and kept small.
  onSuccess: async () => writeFileSync('dist/reference.js.gz', gzipSync(readFileSync(join(viewer, 'browser/standalone.js')), { level: 9 })),
})
