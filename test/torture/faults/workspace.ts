// A copy of the sources in a folder of its own, whose packages find each other there and everything else where it is installed.
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)))
const copied = [
  'packages',
  'plugins',
  'bench',
  'test',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'vitest.config.ts',
]
const leftOut = new Set(['node_modules', 'dist', 'out', 'coverage'])

/** A configuration for tests that run beside servers which others have started. */
export const configFile = 'vitest.faults.config.ts'

export function copyWorkspace(folder: string, postgresUrl: string): void {
  for (const name of copied) {
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: (source) => !leftOut.has(basename(source)) })
  }
  const members = ['packages', 'plugins'].flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(parent, name)))
  for (const place of ['.', 'test', 'bench', ...members]) linkModules(folder, place)
  const provide = { postgresUrl, pgbouncerUrl: null, pgbouncerSkipped: 'a mutant is tried without', watchFolder: folder }
  // Each run makes its own templates, by the sources as they are then.
  const text = `import { mkdtempSync } from 'node:fs'
import base from './vitest.config.ts'

const provide = { ...${JSON.stringify(provide)}, templateFolder: mkdtempSync(${JSON.stringify(join(folder, 'templates-'))}) }
export default { ...base, test: { ...base.test, globalSetup: [], provide } }
`
  writeFileSync(join(folder, configFile), text)
}

function linkModules(folder: string, place: string): void {
  const source = join(root, place, 'node_modules')
  if (existsSync(source)) linkEntries(source, join(folder, place, 'node_modules'), folder)
}

function linkEntries(source: string, target: string, folder: string): void {
  mkdirSync(target, { recursive: true })
  for (const name of readdirSync(source)) {
    const path = join(source, name)
    if (name.startsWith('@')) linkEntries(path, join(target, name), folder)
    else if (!name.startsWith('.') && lstatSync(path).isSymbolicLink()) symlinkSync(placeIn(folder, realpathSync(path)), join(target, name))
  }
}

/** A package of this repository lies in the copy; what was installed stays where it is. */
function placeIn(folder: string, path: string): string {
  const inside = relative(root, path)
  return inside.startsWith('..') || inside.split('/').includes('node_modules') ? path : join(folder, inside)
}

/** The program that runs tests, as the copy finds it. */
export function vitestIn(folder: string): string {
  return join(dirname(realpathSync(join(folder, 'node_modules/vitest/package.json'))), 'vitest.mjs')
}
