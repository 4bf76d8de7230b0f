import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/plugin.ts', 'src/contract.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  // Loading Kysely's six hundred files one by one takes longer than everything else at start; its types stay its own.
  noExternal: ['kysely', 'eventemitter3'],
})
