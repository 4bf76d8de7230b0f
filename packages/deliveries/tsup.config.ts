import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'webhook/index': 'src/webhook/index.ts',
    'email/index': 'src/email/index.ts',
    'storage/index': 'src/storage/index.ts',
    'slack/index': 'src/slack/index.ts',
  },
  format: 'esm',
  dts: true,
  clean: true,
})
