import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', board: 'src/board.ts', styles: 'src/styles/index.css' },
  format: 'esm',
  dts: { entry: { index: 'src/index.ts', board: 'src/board.ts' } },
  clean: true,
})
