import { isAbsolute } from 'node:path'

import { z } from 'zod'

/** A folder of its own for each task, made from one repository. */
export const WorkspaceConfig = z.strictObject({
  repository: z
    .string()
    .min(1)
    .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path')
    .describe('The folder of a git repository on this machine. Each task works in a worktree of it, on a branch of its own.'),
  folder: z
    .string()
    .min(1)
    .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path')
    .optional()
    .describe('Where the worktrees are put; "<repository>.worktrees" beside the repository without it.'),
  branchPrefix: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*(\/[A-Za-z0-9][A-Za-z0-9_-]*)*\/?$/, 'must be letters, digits, "-", "_" and "/"')
    .default('engine/')
    .describe('What the names of the branches begin with.'),
  keep: z
    .boolean()
    .default(true)
    .describe(
      'Keeps the worktree for the next run of the task. Without it a worktree without uncommitted changes is removed after each run.',
    ),
})
export type WorkspaceConfig = z.infer<typeof WorkspaceConfig>
