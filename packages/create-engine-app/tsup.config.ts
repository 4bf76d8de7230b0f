import { defineConfig } from 'tsup'

// What it asks with stands in it: whoever begins an app fetches this package and nothing else.
export default defineConfig({ entry: ['src/bin.ts'], format: 'esm', dts: false, clean: true, noExternal: [/^@clack\//] })
