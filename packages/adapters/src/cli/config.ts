import { isAbsolute } from 'node:path'

import { z } from 'zod'

import { ArgumentText, EngineTools, ProgramName, ProgramVariables } from '../program/config.ts'
import { WorkspaceConfig } from '../workspace/config.ts'
import { worktreesOf } from '../workspace/workspace.ts'

const Folder = ArgumentText.min(1).refine((path) => isAbsolute(path), 'must be an absolute path')

/** A value behind an option: it can not itself be one. */
export const OptionValue = ArgumentText.min(1)
  .max(1_000)
  .refine((value) => !value.startsWith('-'), 'must not begin with "-"')

/** What every program of this kind is configured by. Operators write it; nothing in it comes from an agent or a task (PROMISES S3). */
export function cliFields(command: string) {
  return {
    command: ProgramName.default(command).describe('The program: a name found on PATH, or a path.'),
    args: z.array(ArgumentText).max(200).default([]).describe('Further arguments, put behind those that the adapter makes.'),
    cwd: Folder.optional().describe('The folder to work in. Either this or `workspace`.'),
    workspace: WorkspaceConfig.optional().describe('A folder of its own for each task, made from a git repository. Either this or `cwd`.'),
    home: Folder.optional().describe(
      'The HOME of the program, where it keeps its own settings, login and conversations; made when it is missing. The home of the host without it.',
    ),
    apiKey: ArgumentText.min(1)
      .optional()
      .describe("The key of the model provider. Without it, the variables of the agent or the program's own login."),
    model: OptionValue.optional().describe("The model; the program's own choice without it."),
    env: ProgramVariables.default({}).describe('Further variables of the program, such as the address of another server.'),
    timeoutSec: z.number().min(1).max(86_400).default(3_600).describe('The longest time that a run may take.'),
    graceSec: z.number().min(0).max(60).default(10).describe('Between the request to end (SIGTERM) and the kill (SIGKILL).'),
    engineTools: EngineTools,
    resume: z.boolean().default(true).describe("Goes on from the conversation of the task's last run."),
    onResult: z
      .enum(['deliverable', 'done'])
      .default('deliverable')
      .describe('What becomes of the final message: a deliverable that waits for its review, or the summary of work that is done.'),
  }
}

export type CliConfig = z.infer<z.ZodObject<ReturnType<typeof cliFields>>>

/** Completes a schema of one program with what no single field can say. */
export function placed<Schema extends z.ZodType<CliConfig>>(schema: Schema): Schema {
  return schema.refine((config) => (config.cwd === undefined) !== (config.workspace === undefined), {
    path: ['cwd'],
    message: 'name the folder to work in: either `cwd` or `workspace`',
  })
}

/** The folders that a configuration names, each with the member that does. */
export function placesOf({ cwd, workspace, home }: CliConfig) {
  return [
    ...(cwd === undefined ? [] : [{ path: ['cwd'], folder: cwd }]),
    ...(home === undefined ? [] : [{ path: ['home'], folder: home }]),
    ...(workspace === undefined
      ? []
      : [
          { path: ['workspace', 'repository'], folder: workspace.repository },
          { path: ['workspace', 'folder'], folder: worktreesOf(workspace) },
        ]),
  ]
}
