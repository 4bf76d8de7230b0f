import { defineConfig } from 'tsup'

/** Browsers are given this one file as it is, so it shares nothing with others. */
const frame = 'src/frame.ts'

export default defineConfig([
  {
    entry: ['src/index.ts', 'src/plugin.ts', 'src/contract.ts', 'src/loops/lease-thread.ts', 'src/plugin-host/isolated/child.ts'],
    format: 'esm',
    dts: { entry: ['src/index.ts', 'src/plugin.ts', 'src/contract.ts', frame] },
    clean: ['!frame.js'],
    // Loading their hundreds of files one by one takes longer than everything else at start; their types stay their own.
    noExternal: ['kysely', 'eventemitter3', 'zod'],
  },
  { entry: [frame], format: 'esm', splitting: false },
])
