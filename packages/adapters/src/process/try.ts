import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

import type { AdapterTestOptions, AdapterTestReport } from '@engine/core/plugin'

import { refusalOf, type Allowed } from '../program/allowed.ts'
import { programEnvironment } from '../program/environment.ts'
import { folderRefusal } from '../program/folders.ts'
import type { ProcessConfig } from './config.ts'

type Check = AdapterTestReport['checks'][number]

/** Looks for the folder and the program. Nothing is started: nobody knows what it would do. */
export function tryProcess({ programs, folders }: Allowed, { config, env }: AdapterTestOptions<ProcessConfig>): AdapterTestReport {
  const cwd = resolve(config.cwd ?? '.')
  const environment = programEnvironment({ ...config.env, ...env }, 'test')
  const folder = checkFolder(cwd, folderRefusal(folders, cwd))
  const refusal = refusalOf(programs, { command: config.command, args: config.args, environment })
  if (refusal !== null) return { checks: [folder, { name: 'program', status: 'failed', message: refusal }] }
  return { checks: [folder, findProgram(config.command, cwd, environment['PATH'] ?? '')] }
}

function checkFolder(cwd: string, refusal: string | null): Check {
  if (refusal !== null) return { name: 'folder', status: 'failed', message: refusal }
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return { name: 'folder', status: 'passed', message: `"${cwd}" is there.` }
  return { name: 'folder', status: 'failed', message: `The working folder "${cwd}" does not exist or is not a folder; correct \`cwd\`.` }
}

function findProgram(command: string, cwd: string, path: string): Check {
  const places = /[\\/]/.test(command)
    ? [resolve(cwd, command)]
    : path.split(delimiter).map((folder) => join(resolve(cwd, folder), command))
  const found = places.find(isExecutable)
  if (found !== undefined) return { name: 'program', status: 'passed', message: `"${found}" is there; it was not started.` }
  // On Windows a name is completed by endings that are not looked for here.
  const status = process.platform === 'win32' ? 'warned' : 'failed'
  return {
    name: 'program',
    status,
    message: `There is no program "${command}" that this user may start; correct \`command\` or install it.`,
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
