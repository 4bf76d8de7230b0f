import { defineConfig } from 'tsup'

// Against what @engine/core publishes, as a plugin of anybody else is built.
const dts = { compilerOptions: { customConditions: [] } }

export default defineConfig({ entry: ['src/index.ts'], format: 'esm', dts, clean: true })
