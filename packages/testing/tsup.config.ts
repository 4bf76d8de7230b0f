import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    adapters: 'src/adapters/index.ts',
    conformance: 'src/conformance/index.ts',
    destinations: 'src/destinations/index.ts',
    plugins: 'src/plugins/index.ts',
  },
  format: 'esm',
  dts: true,
  clean: true,
})
