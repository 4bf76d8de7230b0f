import { execFile } from 'node:child_process'

import { programEnvironment } from '../program/environment.ts'

/** What the repository itself configures may not start programs: whoever works in a worktree can write that configuration. */
const harmless = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false']

/** Runs git with these arguments and gives its stdout. @throws with the end of its stderr */
export function git(folder: string, args: readonly string[]): Promise<string> {
  const { ENGINE_RUN_ID: _marker, ...environment } = programEnvironment({ GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }, '')
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      ['-C', folder, ...harmless, ...args],
      { env: environment, timeout: 300_000, maxBuffer: 64 * 1024 * 1024, windowsHide: true },
      (error, stdout, stderr) => {
        if (error) reject(new Error(stderr.trim().slice(-1_000) || error.message))
        else resolve(stdout)
      },
    )
  })
}
