import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'

import { messageOf } from '../failures.ts'
import type { WorkspaceConfig } from './config.ts'
import { git } from './git.ts'

export interface Workspace {
  readonly path: string
  /** Null while the worktree stands on no branch. */
  readonly branch: string | null
}

/** The worktree of a task could not be made or is not safe to use; the message says what would help. */
export class WorkspaceError extends Error {
  override readonly name = 'WorkspaceError'
}

export interface WorkspaceOptions {
  /** The folder of a git repository, absolute. */
  readonly repository: string
  /** Where its worktrees are put; "<repository>.worktrees" without it. */
  readonly folder?: string | undefined
}

/** Work on one repository goes one after the other: git locks it, and fails those who come meanwhile. */
const queues = new Map<string, Promise<unknown>>()

/**
 * The worktree of a task: the one of an earlier run, or a new one at the repository's current commit, on a branch of its own.
 * @throws WorkspaceError
 */
export function openWorkspace(config: WorkspaceConfig, task: { readonly id: string; readonly identifier: string }): Promise<Workspace> {
  return inTurn(config.repository, async () => {
    const root = await usableRoot(config)
    const name = workspaceName(task)
    const path = join(root, name)
    const branch = `${config.branchPrefix}${name}`
    const known = (await worktrees(config.repository)).find((worktree) => worktree.path === path)
    if (known && existsSync(path)) return { ...known, path: await ownWorktree(config.repository, insideOf(root, path)) }
    if (existsSync(path)) throw new WorkspaceError(`"${path}" exists and is no worktree of "${config.repository}"; move it away.`)
    const hasBranch = await isThere(config.repository, `refs/heads/${branch}`)
    if (!hasBranch) await assertRoomFor(config.repository, branch)
    await run(config.repository, ['worktree', 'prune'])
    await run(config.repository, ['worktree', 'add', ...(hasBranch ? [path, branch] : ['-b', branch, path])])
    return { path: insideOf(root, path), branch }
  })
}

/** Removes the worktree when the configuration does not keep it. Uncommitted work stays where it is; the branch stays in any case. */
export function closeWorkspace(config: WorkspaceConfig, { path }: Workspace): Promise<void> {
  if (config.keep) return Promise.resolve()
  return inTurn(config.repository, async () => {
    if (await isClean(path)) await run(config.repository, ['worktree', 'remove', path])
  })
}

/** The worktrees that tasks of this repository have. */
export function listWorkspaces(options: WorkspaceOptions): Promise<Workspace[]> {
  return inTurn(options.repository, () => list(options))
}

/**
 * Removes the worktrees that have no uncommitted changes, but for those in `keep`, and gives the ones that it removed.
 * Their branches stay. Call it while no run works in them.
 */
export function pruneWorkspaces(options: WorkspaceOptions & { readonly keep?: readonly string[] }): Promise<Workspace[]> {
  return inTurn(options.repository, async () => {
    const removed: Workspace[] = []
    for (const workspace of await list(options)) {
      if (options.keep?.includes(workspace.path) || !(await isClean(workspace.path))) continue
      await run(options.repository, ['worktree', 'remove', workspace.path])
      removed.push(workspace)
    }
    await run(options.repository, ['worktree', 'prune'])
    return removed
  })
}

/** A folder and branch name of letters, digits and "-_": the identifier to be read, the end of the id to be its own in every company. */
export function workspaceName(task: { readonly id: string; readonly identifier: string }): string {
  const readable = task.identifier
    .replaceAll(/[^A-Za-z0-9_]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60)
  return `${readable || 'task'}-${createHash('sha256').update(task.id).digest('hex').slice(0, 8)}`
}

async function list(options: WorkspaceOptions): Promise<Workspace[]> {
  const root = await usableRoot(options)
  return (await worktrees(options.repository)).filter(({ path }) => path.startsWith(root + sep) && existsSync(path))
}

/** Where the worktrees of a repository are put. */
export function worktreesOf({ repository, folder }: WorkspaceOptions): string {
  return folder ?? join(dirname(repository), `${basename(repository)}.worktrees`)
}

/** The folder of the worktrees, without any link in its path, so that what is below it can be told by its beginning. */
async function usableRoot(options: WorkspaceOptions): Promise<string> {
  await run(options.repository, ['rev-parse', '--git-dir'])
  const root = worktreesOf(options)
  mkdirSync(root, { recursive: true, mode: 0o700 })
  return realpathSync(root)
}

/** A worktree is where its path says: no link leads out of the folder of the worktrees. */
function insideOf(root: string, path: string): string {
  if (lstatSync(path).isSymbolicLink() || realpathSync(path) !== path || !path.startsWith(root + sep))
    throw new WorkspaceError(`"${path}" leads out of "${root}"; remove the link.`)
  return path
}

async function isThere(repository: string, name: string): Promise<boolean> {
  return git(repository, ['rev-parse', '--verify', '--quiet', name]).then(Boolean, () => false)
}

/** A branch begins at a commit, and git keeps none below the name of another one. */
async function assertRoomFor(repository: string, branch: string): Promise<void> {
  if (!(await isThere(repository, 'HEAD^{commit}')))
    throw new WorkspaceError(`"${repository}" has no commit that work could begin with; commit something there first.`)
  const parts = branch.split('/')
  for (const [index] of parts.slice(1).entries()) {
    const above = parts.slice(0, index + 1).join('/')
    if (await isThere(repository, `refs/heads/${above}`))
      throw new WorkspaceError(
        `"${repository}" has a branch "${above}", so there can be none called "${branch}"; set another branchPrefix.`,
      )
  }
}

/** Without its link to the repository, git would take the folder for a part of whatever repository is around it. */
async function ownWorktree(repository: string, path: string): Promise<string> {
  const [its, ours] = [await commonFolder(path), await commonFolder(repository)]
  if (its !== null && its === ours) return path
  throw new WorkspaceError(
    `"${path}" has lost its link to "${repository}"; run "git worktree repair" in that repository, or move the folder away.`,
  )
}

async function commonFolder(at: string): Promise<string | null> {
  const folder = await git(at, ['rev-parse', '--path-format=absolute', '--git-common-dir']).catch(() => '')
  return folder === '' ? null : realpathSync(folder.replace(/\n$/, ''))
}

async function worktrees(repository: string): Promise<Workspace[]> {
  const entries = (await run(repository, ['worktree', 'list', '--porcelain', '-z'])).split('\0\0')
  return entries.flatMap((entry) => {
    const fields = entry.split('\0').map((field) => field.trim())
    const path = valueOf(fields, 'worktree')
    return path === null ? [] : [{ path, branch: valueOf(fields, 'branch')?.replace('refs/heads/', '') ?? null }]
  })
}

function valueOf(fields: readonly string[], name: string): string | null {
  return fields.find((field) => field.startsWith(`${name} `))?.slice(name.length + 1) ?? null
}

async function isClean(path: string): Promise<boolean> {
  return (await run(path, ['status', '--porcelain', '--untracked-files=normal', '--ignored=no'])) === ''
}

async function run(folder: string, args: readonly string[]): Promise<string> {
  try {
    return await git(folder, args)
  } catch (error) {
    throw new WorkspaceError(`git ${args[0]} in "${folder}": ${messageOf(error)}`)
  }
}

function inTurn<Result>(repository: string, work: () => Promise<Result>): Promise<Result> {
  const result = (queues.get(repository) ?? Promise.resolve()).then(work, work)
  const done = result.catch(() => undefined)
  queues.set(repository, done)
  void done.then(() => {
    if (queues.get(repository) === done) queues.delete(repository)
  })
  return result
}
