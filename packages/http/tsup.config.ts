import { copyFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  // The documentation viewer is one self-contained file; it is served from here, never from elsewhere.
  onSuccess: () => copyFile(createRequire(import.meta.url).resolve('@scalar/api-reference/dist/browser/standalone.js'), 'dist/reference.js'),
})
