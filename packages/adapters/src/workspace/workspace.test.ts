import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { WorkspaceConfig } from './config.ts'
import { listWorkspaces, pruneWorkspaces } from './index.ts'
import { closeWorkspace, openWorkspace, workspaceName } from './workspace.ts'

let folder = ''
let repository = ''
const task = { id: '0199-a', identifier: 'ENG-1' }
const other = { id: '0199-b', identifier: 'ENG-2' }

function git(at: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost']
  return execFileSync('git', ['-C', at, ...identity, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'engine-workspace-')))
  repository = join(folder, 'repository')
  mkdirSync(repository)
  git(repository, 'init', '--quiet', '--initial-branch=main')
  writeFileSync(join(repository, 'README.md'), 'hello\n')
  git(repository, 'add', '.')
  git(repository, 'commit', '--quiet', '-m', 'first')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const configure = (more: object = {}) => WorkspaceConfig.parse({ repository, ...more })

test('each task has a worktree and a branch of its own', async () => {
  const [first, second] = await Promise.all([openWorkspace(configure(), task), openWorkspace(configure(), other)])
  expect(first.path).toBe(join(`${repository}.worktrees`, workspaceName(task)))
  expect(first.path).not.toBe(second.path)
  expect(readFileSync(join(first.path, 'README.md'), 'utf8')).toBe('hello\n')
  expect(git(first.path, 'branch', '--show-current')).toBe(`engine/${workspaceName(task)}`)
  writeFileSync(join(first.path, 'README.md'), 'changed\n')
  expect(readFileSync(join(second.path, 'README.md'), 'utf8')).toBe('hello\n')
})

test('the next run of a task finds what the one before left', async () => {
  const first = await openWorkspace(configure(), task)
  writeFileSync(join(first.path, 'work.txt'), 'half')
  const second = await openWorkspace(configure(), task)
  expect(second).toEqual(first)
  expect(readFileSync(join(second.path, 'work.txt'), 'utf8')).toBe('half')
})

test('a worktree that is gone is made again on the branch that stayed', async () => {
  const first = await openWorkspace(configure(), task)
  writeFileSync(join(first.path, 'work.txt'), 'done')
  git(first.path, 'add', '.')
  git(first.path, 'commit', '--quiet', '-m', 'work')
  rmSync(first.path, { recursive: true })
  const second = await openWorkspace(configure(), task)
  expect(readFileSync(join(second.path, 'work.txt'), 'utf8')).toBe('done')
})

test('the names of tasks can not lead anywhere else', () => {
  const name = workspaceName({ id: 'x', identifier: '../../etc/$(id); -rf .git' })
  expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/)
  expect(workspaceName({ id: 'x', identifier: '..' })).toMatch(/^task-[0-9a-f]{8}$/)
  expect(workspaceName({ id: 'one', identifier: 'ENG-1' })).not.toBe(workspaceName({ id: 'two', identifier: 'ENG-1' }))
})

test('a link or another folder at the place of a worktree is refused', async () => {
  const root = `${repository}.worktrees`
  mkdirSync(root)
  const outside = join(folder, 'outside')
  mkdirSync(outside)
  symlinkSync(outside, join(root, workspaceName(task)))
  await expect(openWorkspace(configure(), task)).rejects.toThrow(/is no worktree/)
  mkdirSync(join(root, workspaceName(other)))
  await expect(openWorkspace(configure(), other)).rejects.toThrow(/move it away/)
})

test('a worktree that was replaced by a link is refused', async () => {
  const { path } = await openWorkspace(configure(), task)
  const moved = join(folder, 'moved')
  execFileSync('mv', [path, moved])
  symlinkSync(moved, path)
  await expect(openWorkspace(configure(), task)).rejects.toThrow(/leads out of/)
})

test('what is no repository is said to be none', async () => {
  await expect(openWorkspace(configure({ repository: folder }), task)).rejects.toThrow(/git/)
})

test('without keep, a clean worktree goes and one with changes stays; the branch stays in any case', async () => {
  const config = configure({ keep: false })
  const clean = await openWorkspace(config, task)
  await closeWorkspace(config, clean)
  expect(existsSync(clean.path)).toBe(false)
  expect(git(repository, 'branch', '--list', 'engine/*')).toContain(workspaceName(task))
  const dirty = await openWorkspace(config, other)
  writeFileSync(join(dirty.path, 'new.txt'), 'x')
  await closeWorkspace(config, dirty)
  expect(existsSync(dirty.path)).toBe(true)
})

test('worktrees of tasks are listed and pruned, but for those that are kept or have changes', async () => {
  const elsewhere = join(folder, 'elsewhere')
  git(repository, 'worktree', 'add', '--quiet', elsewhere)
  const [first, second, third] = [
    await openWorkspace(configure(), task),
    await openWorkspace(configure(), other),
    await openWorkspace(configure(), { id: 'c', identifier: 'ENG-3' }),
  ]
  writeFileSync(join(third.path, 'new.txt'), 'x')
  expect((await listWorkspaces({ repository })).map(({ path }) => path)).toEqual([first.path, second.path, third.path])
  const removed = await pruneWorkspaces({ repository, keep: [second.path] })
  expect(removed).toEqual([first])
  expect((await listWorkspaces({ repository })).map(({ path }) => path)).toEqual([second.path, third.path])
  expect(existsSync(elsewhere)).toBe(true)
})

test('hooks of the repository do not run', async () => {
  const hook = join(repository, '.git/hooks/post-checkout')
  mkdirSync(join(repository, '.git/hooks'), { recursive: true })
  writeFileSync(hook, `#!/bin/sh\ntouch ${join(folder, 'hooked')}\n`, { mode: 0o755 })
  await openWorkspace(configure(), task)
  expect(existsSync(join(folder, 'hooked'))).toBe(false)
})

test('a worktree that has lost its link to the repository is refused, also where another repository is around it', async () => {
  git(folder, 'init', '--quiet')
  const { path } = await openWorkspace(configure(), task)
  rmSync(join(path, '.git'))
  await expect(openWorkspace(configure(), task)).rejects.toThrow(/lost its link .*git worktree repair/)
  git(repository, 'worktree', 'repair')
  expect(await openWorkspace(configure(), task)).toMatchObject({ path })
})

test('a repository without a commit, or with a branch of the name that the others begin with, is refused with what would help', async () => {
  git(repository, 'branch', 'engine')
  await expect(openWorkspace(configure(), task)).rejects.toThrow(/has a branch "engine".* set another branchPrefix/)
  git(repository, 'branch', 'a/b')
  await expect(openWorkspace(configure({ branchPrefix: 'a/b/c/' }), task)).rejects.toThrow(/has a branch "a\/b"/)
  expect(await openWorkspace(configure({ branchPrefix: 'a/' }), task)).toMatchObject({ branch: `a/${workspaceName(task)}` })
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  git(empty, 'init', '--quiet')
  await expect(openWorkspace(configure({ repository: empty }), task)).rejects.toThrow(/no commit .* commit something/)
})
