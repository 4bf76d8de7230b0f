import { cp } from 'node:fs/promises'

import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/bin.ts'],
  format: 'esm',
  dts: false,
  clean: true,
  // The demo company's agents run this program.
  onSuccess: () =>
    cp('../../examples/markdown-audit', 'dist/markdown-audit', {
      recursive: true,
      filter: (path) => !/\.(ts|md|json)$|node_modules/.test(path),
    }),
})
