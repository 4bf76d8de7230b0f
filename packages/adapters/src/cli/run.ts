import { mkdirSync } from 'node:fs'

import type { AdapterStartOptions, AdapterTurn, RunOutcome } from '@engine/core/plugin'

import { failed, messageOf, stopped } from '../failures.ts'
import { closeWorkspace, openWorkspace, WorkspaceError, type Workspace } from '../workspace/workspace.ts'
import { Attempt, type CliRun } from './attempt.ts'
import type { CliConfig } from './config.ts'
import type { MountedCli } from './definition.ts'
import { readSession, sessionFingerprint } from './session.ts'

/** Runs a program once for one turn, and once more without its earlier conversation when the program no longer has that. */
export async function runCli<Config extends CliConfig>(
  definition: MountedCli<Config>,
  options: AdapterStartOptions<Config>,
  turn: AdapterTurn,
): Promise<RunOutcome> {
  const { config } = options
  const deadline = performance.now() + config.timeoutSec * 1_000
  if (turn.signal.aborted) return stopped(turn.signal.reason)
  let workspace: Workspace | null
  try {
    workspace = config.workspace ? await openWorkspace(config.workspace, turn.context.task) : null
    if (config.home !== undefined) mkdirSync(config.home, { recursive: true, mode: 0o700 })
  } catch (error) {
    return failed('config', error instanceof WorkspaceError ? error.message : `The home folder can not be made: ${messageOf(error)}`)
  }
  const cwd = workspace?.path ?? config.cwd ?? process.cwd()
  const fingerprint = sessionFingerprint({ command: config.command, cwd, home: config.home })
  const outcome = await runInPlace({ definition, options, turn, cwd, fingerprint, deadline })
  if (workspace && config.workspace) await leaveWorkspace(config.workspace, workspace, options)
  return outcome
}

async function leaveWorkspace(
  config: NonNullable<CliConfig['workspace']>,
  workspace: Workspace,
  { logger, runId }: AdapterStartOptions<CliConfig>,
): Promise<void> {
  try {
    await closeWorkspace(config, workspace)
  } catch (error) {
    logger.warn('the worktree of a run could not be removed', { runId, path: workspace.path, reason: messageOf(error) })
  }
}

async function runInPlace<Config extends CliConfig>(run: CliRun<Config>): Promise<RunOutcome> {
  const { turn, options, fingerprint } = run
  const known = options.config.resume ? readSession(turn.session, fingerprint) : null
  const first = new Attempt(run, known)
  const outcome = await first.execute()
  if (known === null || !first.hasLostSession) return outcome
  const again = new Attempt(run, null)
  await again.forget(`The program has no conversation ${known.sessionId} any more; a new one is begun.`)
  return again.execute()
}
