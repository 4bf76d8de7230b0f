import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { 'process/index': 'src/process/index.ts', 'process/shim': 'src/process/shim.ts' },
  format: 'esm',
  dts: true,
  clean: true,
})
