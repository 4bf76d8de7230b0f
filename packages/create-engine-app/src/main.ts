import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'

import { createApp } from './create.ts'
import { Failure } from './failure.ts'
import { detectPackageManager, install, type PackageManager } from './package-manager.ts'
import { help, readWishes, type Wishes } from './wishes.ts'

const defaults = { folder: 'engine-app', template: 'server' } as const

type Environment = Readonly<Record<string, string | undefined>>

/** Makes an app as the command line says. Resolves with the exit code. */
export async function main(args: readonly string[], environment: Environment): Promise<number> {
  try {
    const wishes = readWishes(args)
    if (wishes.shows === 'help') console.log(help)
    else if (wishes.shows === 'version') console.log(ownVersion())
    else await create(wishes, environment)
    return 0
  } catch (error) {
    // Whoever left the questions has been told so; files that can not be written are said by the system.
    const message = error instanceof Error ? error.message : String(error)
    if (message !== '') console.error(`create-engine-app: ${message}`)
    return error instanceof Failure ? error.exitCode : 1
  }
}

async function create(wishes: Wishes, environment: Environment): Promise<void> {
  const { folder, template } = mayAsk(wishes, environment)
    ? await (await import('./questions.ts')).ask(defaults, wishes)
    : { ...defaults, ...wishes }
  const packageManager = wishes.packageManager ?? detectPackageManager(environment['npm_config_user_agent'])
  const path = resolve(folder)
  createApp(path, { template, version: ownVersion() })
  console.log(`${path} is there, made from the template ${template}.`)
  const isInstalled = wishes.installs && (await install(packageManager, path))
  if (wishes.installs && !isInstalled)
    console.error(
      `\n${packageManager} install failed; its output is above. The app is whole: install again when the registry can be reached.`,
    )
  console.log(`\nNext:\n${nextCommands(path, { packageManager, isInstalled }).join('\n')}\n`)
}

/** Questions are for somebody who can answer them. */
function mayAsk({ yes, folder, template }: Wishes, environment: Environment): boolean {
  if (yes || (folder !== undefined && template !== undefined)) return false
  return process.stdin.isTTY && process.stdout.isTTY && !environment['CI']
}

function nextCommands(path: string, given: { packageManager: PackageManager; isInstalled: boolean }): string[] {
  const { packageManager, isInstalled } = given
  const way = relative(process.cwd(), path)
  const enter = way === '' ? [] : [`cd ${way.includes(' ') ? `"${way}"` : way}`]
  const last = isInstalled ? [`${packageManager} test`] : []
  const install = isInstalled ? [] : [`${packageManager} install`]
  return [...enter, ...install, `${packageManager} run dev`, ...last].map((command) => `  ${command}`)
}

function ownVersion(): string {
  // Written by us, beside the built file's folder as beside that of the sources.
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
