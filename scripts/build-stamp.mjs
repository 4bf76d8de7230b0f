// Tells whether packages/*/dist and plugins/*/dist were built from the sources that are there now.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const STAMP = 'node_modules/.cache/engine/build'
const SHARED_INPUTS = ['package.json', 'pnpm-lock.yaml', 'tsconfig.base.json']
const GROUPS = ['packages', 'plugins']
const SKIPPED = new Set(['node_modules', 'dist', 'coverage'])

export function buildIsCurrent(root) {
  const stamp = join(root, STAMP)
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === hashSources(root) &&
    builtPackages(root).every((folder) => existsSync(join(folder, 'dist')))
  )
}

export function rememberBuild(root) {
  const stamp = join(root, STAMP)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hashSources(root))
}

export function forgetBuild(root) {
  rmSync(join(root, STAMP), { force: true })
}

function hashSources(root) {
  const hash = createHash('sha256')
  for (const file of [...SHARED_INPUTS, ...GROUPS.flatMap((group) => sourceFiles(root, group))]) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

function sourceFiles(root, folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourceFiles(root, path)
    return entry.isFile() && !entry.name.endsWith('.test.ts') ? [path] : []
  })
}

function builtPackages(root) {
  const folders = GROUPS.flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
  return folders.filter((folder) => {
    const manifest = join(folder, 'package.json')
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).scripts?.build !== undefined
  })
}
