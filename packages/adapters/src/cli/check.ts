import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'

import { createRedactor, silentLogger, type AdapterTestOptions, type AdapterTestReport } from '@engine/core/plugin'

import { messageOf } from '../failures.ts'
import { programEnvironment } from '../program/environment.ts'
import { Journal } from '../journal.ts'
import { failureOfEnd } from '../program/outcome.ts'
import { runProgram } from '../program/run.ts'
import { listWorkspaces } from '../workspace/workspace.ts'
import type { CliConfig } from './config.ts'
import type { CliDefinition, MountedCli } from './definition.ts'
import { settingsWithTools } from './tools.ts'
import { cliVariables } from './variables.ts'

type Check = AdapterTestReport['checks'][number]

const versionTimeoutSec = 20

/** Looks for the folder, the program, its version and its key, without asking a model anything. */
export async function checkCli<Config extends CliConfig>(
  definition: MountedCli<Config>,
  options: AdapterTestOptions<Config>,
): Promise<AdapterTestReport> {
  const { config, env } = options
  const checks = [await checkFolder(config), await checkProgram(definition, options), checkKey(definition, config, env)]
  return { checks: [...checks, ...checkTools(definition, config, env)] }
}

/** Said only where something is wrong with it: nearly every program needs no settings for them. */
function checkTools<Config extends CliConfig>(
  definition: CliDefinition<Config>,
  config: Config,
  env: Readonly<Record<string, string>>,
): Check[] {
  const reason = config.engineTools ? settingsWithTools(definition, cliVariables(definition, config, env))?.reason : undefined
  return reason === undefined ? [] : [{ name: 'tools', status: 'warned', message: reason }]
}

async function checkFolder({ cwd, workspace }: CliConfig): Promise<Check> {
  if (workspace) {
    try {
      const { length } = await listWorkspaces(workspace)
      return {
        name: 'folder',
        status: 'passed',
        message: `"${workspace.repository}" is a git repository with ${length} worktrees of tasks`,
      }
    } catch (error) {
      return { name: 'folder', status: 'failed', message: messageOf(error) }
    }
  }
  const isFolder = cwd !== undefined && statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true
  if (isFolder) return { name: 'folder', status: 'passed', message: `"${cwd}" is there` }
  return {
    name: 'folder',
    status: 'failed',
    message: `The working folder "${cwd ?? ''}" does not exist or is not a folder; correct \`cwd\`.`,
  }
}

async function checkProgram<Config extends CliConfig>(
  definition: MountedCli<Config>,
  { config, env, signal }: AdapterTestOptions<Config>,
): Promise<Check> {
  const output: Buffer[] = []
  const runId = `test-${randomUUID()}`
  const { end, stop, errorTail } = await runProgram({
    programs: definition.programs,
    // Where its runs work is looked at beside; it says its version where this process is.
    folders: 'any',
    request: {
      type: 'launch',
      runId,
      command: config.command,
      args: ['--version'],
      cwd: process.cwd(),
      environment: programEnvironment(cliVariables(definition, config, env), runId),
      graceMs: 1_000,
    },
    stdin: '',
    timeoutSec: versionTimeoutSec,
    signal,
    // Of what it prints only its version is shown.
    redactor: createRedactor([]),
    journal: new Journal({ emit: async () => {} }, silentLogger),
    takeOutput: async (chunk) => void (chunk && output.length < 16 && output.push(chunk)),
  })
  const failure = failureOfEnd(end, stop)
  if (failure) return { name: 'program', status: 'failed', message: failure.message }
  if (end.type !== 'exited' || end.code !== 0)
    return {
      name: 'program',
      status: 'failed',
      message: `"${config.command} --version" did not work; is it the program that this adapter is for?`,
    }
  return describeVersion(definition.knownVersions, config.command, Buffer.concat(output).toString('utf8') + errorTail)
}

function describeVersion(known: readonly string[], command: string, output: string): Check {
  const version = /\d+\.\d+\.\d+[\w.+-]*/.exec(output)?.[0]
  if (version !== undefined && known.includes(version)) return { name: 'program', status: 'passed', message: `${command} ${version}` }
  const tried = known.length > 0 ? `tried with ${known.join(', ')}` : 'no version of it was tried'
  return { name: 'program', status: 'warned', message: `${command} ${version ?? '(of unknown version)'}; ${tried}` }
}

function checkKey<Config extends CliConfig>(
  definition: CliDefinition<Config>,
  config: Config,
  env: Readonly<Record<string, string>>,
): Check {
  const names = definition.apiKeyVariables(config)
  const given = { ...env, ...config.env }
  if (config.apiKey !== undefined) return { name: 'key', status: 'passed', message: 'a key is configured; it was not tried' }
  const name = names.find((each) => given[each] !== undefined)
  if (name !== undefined) return { name: 'key', status: 'passed', message: `the variable ${name} is given; it was not tried` }
  const advice = names.length > 0 ? `no \`apiKey\` and no ${names.join(' or ')}` : 'no `apiKey`'
  return { name: 'key', status: 'warned', message: `${advice}: the program has to be logged in by itself` }
}
