import { z } from 'zod'

const text = z.string().refine((value) => !value.includes('\0'), 'must not hold a NUL character')

/** How a process agent is run. Operators write it; nothing in it comes from an agent or a task (PROMISES S3). */
export const ProcessConfig = z.strictObject({
  command: text
    .min(1)
    .max(4_096)
    .refine((value) => value.trim() === value && !/[\r\n]/.test(value), 'must be the name or path of one program')
    .describe('A program name found on PATH, or a path. Never a shell line: words after the name belong in `args`.'),
  args: z.array(text).max(1_000).default([]),
  cwd: text.min(1).optional().describe("The program's working folder; the host's own without it."),
  env: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .refine((name) => !/^ENGINE_/i.test(name), 'names beginning with ENGINE_ are reserved'),
      text,
    )
    .default({})
    .describe('Added to the few variables that a program gets; see docs/process-adapter.md.'),
  timeoutSec: z.number().min(1).max(86_400).default(600),
  graceSec: z.number().min(0).max(60).default(5).describe('Between the request to end (SIGTERM) and the kill (SIGKILL).'),
})
export type ProcessConfig = z.infer<typeof ProcessConfig>
