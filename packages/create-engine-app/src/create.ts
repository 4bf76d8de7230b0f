import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { Failure } from './failure.ts'
import { templateFolder, type TemplateName } from './templates.ts'

/** Names that a package can not have in itself, or that would be taken for its own. */
const renamed = {
  _gitignore: '.gitignore',
  '_env.example': '.env.example',
  '_package.json': 'package.json',
  '_tsconfig.json': 'tsconfig.json',
}

interface Manifest {
  name: string
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

/** Writes an app into a folder that is empty, or not there yet. @throws Failure naming what stands in the way */
export function createApp(folder: string, options: { template: TemplateName; version: string }): void {
  refuseFull(folder)
  mkdirSync(folder, { recursive: true })
  cpSync(templateFolder(options.template), folder, { recursive: true, filter: (path) => basename(path) !== 'node_modules' })
  for (const [from, to] of Object.entries(renamed)) if (existsSync(join(folder, from))) renameSync(join(folder, from), join(folder, to))
  const name = packageName(folder)
  nameApp(folder, { name, version: options.version })
  writeSecrets(folder)
}

/** A folder that somebody has just put under version control is as good as empty. */
function refuseFull(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isDirectory()) throw new Failure(`${folder} is a file. Name a folder that is empty, or one that is not there yet.`)
  const there = readdirSync(folder).filter((name) => name !== '.git')
  if (there.length === 0) return
  const shown = there.slice(0, 5).join(', ')
  const rest = there.length > 5 ? ` and ${there.length - 5} more` : ''
  throw new Failure(`${folder} is not empty: there is ${shown}${rest}. Name another folder, or empty this one.`)
}

/** What a registry would take for a name, near to that of the folder. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|[._-]+$/g, '')
  return name === '' ? 'engine-app' : name
}

/** The packages of Engine are released together, so an app begins with those of this one. */
function nameApp(folder: string, { name, version }: { name: string; version: string }): void {
  const file = join(folder, 'package.json')
  // Written by us, in the template.
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest
  manifest.name = name
  for (const dependencies of [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies])
    for (const each of Object.keys(dependencies ?? {})) if (dependencies && each.startsWith('@engine/')) dependencies[each] = `^${version}`
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`)
  const readme = join(folder, 'README.md')
  writeFileSync(readme, readFileSync(readme, 'utf8').replace(/^# .*$/m, `# ${name}`))
}

/** Each name without a value in `.env.example` gets a random one, in a file that only its owner reads. */
function writeSecrets(folder: string): void {
  const example = join(folder, '.env.example')
  if (!existsSync(example)) return
  const filled = readFileSync(example, 'utf8').replace(
    /^([A-Z_]+)=$/gm,
    (_, name: string) => `${name}=${randomBytes(32).toString('base64')}`,
  )
  writeFileSync(join(folder, '.env'), filled, { mode: 0o600, flag: 'wx' })
}
