import { gzipSync } from 'node:zlib'

import { defineConfig, type Plugin } from 'vite'

/** What a browser loads before it shows anything, as it goes over the wire. */
const mostFirstLoadBytes = 250_000

/** The board: files with hashed names that any static server can give out, below any path. */
export default defineConfig({
  base: './',
  // Ours are compiled from their sources, so nothing has to be built first.
  resolve: { conditions: ['engine-source', 'module', 'browser', 'production'] },
  build: {
    outDir: 'dist/board',
    emptyOutDir: true,
    // Nothing may stand in the page itself: its policy lets no inline script run.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Libraries say where servers that render must stop; nothing is rendered by a server here.
      onLog: (level, log, report) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && report(level, log),
    },
  },
  plugins: [firstLoad()],
})

/** Fails a build whose first load is too large, and prints what it is. */
function firstLoad(): Plugin {
  return {
    name: 'first-load',
    generateBundle(_, bundle) {
      const seen = new Set<string>()
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
      const visit = (name: string) => {
        if (seen.has(name)) return
        seen.add(name)
        for (const next of chunks.find((chunk) => chunk.fileName === name)?.imports ?? []) visit(next)
      }
      for (const chunk of chunks) if (chunk.isEntry) visit(chunk.fileName)
      const styles = Object.values(bundle).filter((file) => file.fileName.endsWith('.css'))
      const texts = [...chunks.filter(({ fileName }) => seen.has(fileName)).map(({ code }) => code), ...styles.map((file) => text(file))]
      const bytes = texts.reduce((sum, code) => sum + gzipSync(code).length, 0)
      this.info(`first load: ${(bytes / 1000).toFixed(1)} kB gzip of ${mostFirstLoadBytes / 1000} kB`)
      if (bytes > mostFirstLoadBytes) this.error(`the first load is ${bytes} bytes gzip, and may be ${mostFirstLoadBytes}`)
    },
  }
}

function text(file: object): string {
  return 'source' in file ? String(file.source) : ''
}
