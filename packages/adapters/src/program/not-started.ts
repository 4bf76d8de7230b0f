import type { LaunchRequest } from './control.ts'

/** Mistakes of the agent's configuration; anything else (no memory, no free process) can pass by itself. */
const configCodes = ['ENOENT', 'EACCES', 'ENOTDIR', 'ENOEXEC', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'E2BIG', 'EPERM', 'EINVAL', 'CWD']

interface NotStarted {
  readonly isConfigFault: boolean
  readonly message: string
}

/** What a reader of the failed run can do about it. */
export function describeNotStarted(failure: { readonly code: string; readonly message: string }, request: LaunchRequest): NotStarted {
  return { isConfigFault: configCodes.includes(failure.code), message: explain(failure, request) }
}

function explain(failure: { readonly code: string; readonly message: string }, { command, cwd, environment }: LaunchRequest): string {
  if (failure.code === 'CWD') return `The working folder "${cwd}" does not exist or is not a folder; correct \`cwd\`.`
  if (failure.code === 'EACCES')
    return `"${command}" is not executable for this user; check its permissions (chmod +x) or name its interpreter.`
  if (failure.code !== 'ENOENT') return `"${command}" could not be started: ${failure.message}`
  const isPath = /[\\/]/.test(command)
  const where = isPath ? `looked at from ${cwd}` : `on the PATH "${environment.PATH ?? ''}"`
  const hint = /\s/.test(command) ? ' No shell is used: put the words after the program name into `args`.' : ''
  return `There is no program "${command}" ${where}, or the interpreter that it names is missing.${hint}`
}
