import { z } from 'zod'

import { ArgumentText, EngineTools, ProgramName, ProgramVariables } from '../program/config.ts'

/** How a process agent is run. Operators write it; nothing in it comes from an agent or a task (PROMISES S3). */
export const ProcessConfig = z.strictObject({
  command: ProgramName.describe('A program name found on PATH, or a path. Never a shell line: words after the name belong in `args`.'),
  args: z.array(ArgumentText).max(1_000).default([]),
  cwd: ArgumentText.min(1).optional().describe("The program's working folder; the host's own without it."),
  env: ProgramVariables.default({}).describe('Added to the few variables that a program gets; see docs/process-adapter.md.'),
  engineTools: EngineTools,
  timeoutSec: z.number().min(1).max(86_400).default(600),
  graceSec: z.number().min(0).max(60).default(5).describe('Between the request to end (SIGTERM) and the kill (SIGKILL).'),
})
export type ProcessConfig = z.infer<typeof ProcessConfig>
