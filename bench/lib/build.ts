import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const rootFolder = join(import.meta.dirname, '..', '..')

/** What child processes run: the built packages when there are any, else the sources. */
export interface Build {
  readonly isBuilt: boolean
  /** For the table: what is measured, and whether the build is older than the sources. */
  readonly description: string
  /** Arguments of `node` that make `@engine/*` resolve to it. */
  readonly nodeArguments: readonly string[]
  readonly serverPath: string
}

const measuredPackages = ['adapters', 'cli', 'core', 'http', 'storage-sqlite']

export function findBuild(): Build {
  const folders = measuredPackages.map((name) => join(rootFolder, 'packages', name))
  const isBuilt = folders.every((folder) => existsSync(join(folder, 'dist')))
  if (!isBuilt) {
    const description = 'SOURCES, which Node strips of their types on every start: run pnpm build to have the goals judged'
    return { isBuilt, description, nodeArguments: ['--conditions=engine-source'], serverPath: join(rootFolder, 'packages/cli/src/bin.ts') }
  }
  const isStale = folders.some((folder) => newestChange(join(folder, 'src')) > newestChange(join(folder, 'dist')))
  const description = isStale ? 'packages/*/dist, which is OLDER than the sources: run pnpm build' : 'packages/*/dist'
  return { isBuilt, description, nodeArguments: [], serverPath: join(rootFolder, 'packages/cli/dist/bin.js') }
}

function newestChange(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.includes('.test.'),
  )
  return Math.max(0, ...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs))
}

interface Manifest {
  readonly name: string
  readonly files?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Real package folders that installing a package brings along, itself included: each once, however many need it. */
export function installedFolders(folder: string, known = new Set<string>()): Set<string> {
  if (known.has(folder)) return known
  known.add(folder)
  const { dependencies, optionalDependencies } = readManifest(folder)
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = findDependency(folder, name)
    if (found) installedFolders(found, known)
    else if (dependencies?.[name] !== undefined) throw new Error(`${folder} needs ${name}, which is not installed`)
  }
  return known
}

/** What a package occupies once installed: of ours only what is published. */
export function installedBytes(folder: string): number {
  const { name, files } = readManifest(folder)
  if (!name.startsWith('@engine/')) return bytesIn(folder)
  return [...(files ?? []), 'package.json'].reduce((sum, entry) => sum + bytesIn(join(folder, entry)), 0)
}

function bytesIn(path: string): number {
  if (!existsSync(path)) return 0
  if (statSync(path).isFile()) return statSync(path).size
  const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isSymbolicLink() && entry.name !== 'node_modules')
  return entries.reduce((sum, entry) => sum + bytesIn(join(path, entry.name)), 0)
}

/** Looks where Node.js would, and follows pnpm's links. */
function findDependency(folder: string, name: string): string | null {
  for (let place = folder; ; place = join(place, '..')) {
    const candidate = join(place, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (place === join(place, '..')) return null
  }
}

function readManifest(folder: string): Manifest {
  // Every package manifest has a name.
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}
