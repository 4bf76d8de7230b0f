import { copyFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { defineConfig } from 'tsup'

const viewer = dirname(createRequire(import.meta.url).resolve('@scalar/api-reference'))

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  // The documentation viewer is one self-contained file; it is served from here, never from elsewhere.
  onSuccess: () => copyFile(join(viewer, 'browser/standalone.js'), 'dist/reference.js'),
})
