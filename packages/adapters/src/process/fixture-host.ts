import { createRedactor, silentLogger } from '@engine/core/plugin'

import { anyContext } from '../program/fixtures.ts'
import { processAdapter } from './index.ts'

// A host of its own process, for the tests that kill it.

const job = JSON.parse(process.argv[2] ?? '') as { runId: string; code: string; graceSec: number }
const adapter = processAdapter({ programs: 'any' })
const config = adapter.configSchema.parse({ command: process.execPath, args: ['-e', job.code], graceSec: job.graceSec })
const session = await adapter.start({ config, runId: job.runId, env: {}, redactor: createRedactor([]), logger: silentLogger, cap: null })
await session.run({
  context: anyContext,
  session: null,
  tools: [],
  meter: { reserve: async () => ({ settle: async () => undefined, release: async () => undefined }) },
  signal: new AbortController().signal,
  emit: async () => {},
})
