import { defineConfig } from 'tsup'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/plugin.ts',
    'src/contract.ts',
    'src/frame.ts',
    'src/loops/lease-thread.ts',
    'src/plugin-host/isolated/child.ts',
  ],
  format: 'esm',
  dts: true,
  clean: true,
  // Loading their hundreds of files one by one takes longer than everything else at start; their types stay their own.
  noExternal: ['kysely', 'eventemitter3', 'zod'],
})
