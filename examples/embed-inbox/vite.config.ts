import { defineConfig } from 'vite'

export default defineConfig({
  root: 'app',
  // From the sources of this repository; an app that installs the packages needs no such line.
  resolve: { conditions: ['engine-source', 'module', 'browser', 'production'] },
  build: { outDir: '../dist', emptyOutDir: true },
})
