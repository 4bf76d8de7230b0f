import { defineConfig } from 'tsup'

// Kysely is bundled for a quick start, as in core.
export default defineConfig({
  entry: ['src/index.ts', 'src/thread.ts', 'src/connection-thread.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  noExternal: ['kysely'],
})
