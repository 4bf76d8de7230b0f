import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { 'local/index': 'src/local/index.ts', 's3/index': 'src/s3/index.ts' },
  format: 'esm',
  dts: true,
  clean: true,
})
