import { defineConfig } from 'tsup'

export default defineConfig({ entry: ['src/index.ts', 'src/plugin.ts', 'src/contract.ts'], format: 'esm', dts: true, clean: true })
