import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import { defineConfig } from 'vitest/config'

import LongestFirst from './test/support/longest-first.ts'

/** Packages are tested from their sources; nothing has to be built first. */
const sourceCondition = 'engine-source'

/** Rules without a database: every line and branch of them is tested. */
const pureFiles = ['**/machine.ts', '**/kernel/page.ts', '**/kernel/id.ts', '**/kernel/retry.ts']

export default defineConfig({
  // Vite's own conditions follow ours: naming any replaces its list.
  resolve: { conditions: [sourceCondition, 'module', 'browser', 'development|production'] },
  // Without `module`: that is for bundlers, and what is behind it does not always run on node.
  ssr: { resolve: { conditions: [sourceCondition, 'node', 'development|production'] } },
  test: {
    include: ['packages/**/*.test.ts', 'plugins/**/*.test.ts', 'examples/**/*.test.ts', 'test/**/*.test.ts'],
    // The apps of these templates are tested by what every node brings; test/create-engine-app.test.ts does so.
    exclude: ['**/node_modules/**', '**/dist/**', 'packages/create-engine-app/templates/{server,embedded}/**'],
    globalSetup: ['./test/support/global-setup.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // By itself it leaves one core idle, which on a machine of two doubles the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // For what vite leaves to node, and for the processes that a test forks.
    execArgv: [`--conditions=${sourceCondition}`],
    // Compiling what they import is most of what the programs that tests start do.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that pauses is no defect of a change: the continuous build tries once more, and names what needed it.
    retry: process.env['CI'] ? 1 : 0,
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
    coverage: {
      provider: 'v8',
      include: pureFiles,
      reporter: ['text'],
      thresholds: { 100: true, perFile: true },
    },
  },
})
