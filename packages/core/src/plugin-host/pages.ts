import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

import { EngineError } from '../kernel/errors.ts'
import type { PluginFiles } from '../kernel/plugins.ts'
import { pluginErrors } from '../plugins/errors.ts'
import type { PluginDefinition } from './types.ts'

/** Files of one plugin, by their path below the folder of its package: `ui/notes.html`. */
type Files = Map<string, Buffer>

/** The pages of one plugin, as they were when the engine was created. */
interface Pages {
  /** Below what a server is reached at: the digest of all files of the plugin is in it, so it never means other ones. */
  readonly prefix: string
  readonly files: Files
}

const mostFiles = 200
const mostBytes = 8 * 1024 * 1024
/** What an address needs no other spelling for, so a file has one address and no other. */
const namePattern = /^[\w-][\w.-]*$/
/** In the folder of each page: what a page talks to the board with, for pages that are made without a bundler. */
const frameModule = 'engine-frame.js'

/**
 * Reads what plugins show on the board: all files in the folders of their pages, and nothing else of their packages. Nothing is
 * looked for on disk later, so no address can lead anywhere else (PROMISES S24).
 * @throws `plugin_invalid` for a page that is not there, or lies outside of its package
 */
export function readPages(plugins: readonly PluginDefinition[]): { files: PluginFiles; prefixes: ReadonlyMap<string, string> } {
  const pages = new Map(plugins.filter(({ ui = [] }) => ui.length > 0).map((plugin) => [plugin.id, pagesOf(plugin)]))
  const files = new Map(
    [...pages.values()].flatMap(({ prefix, files: own }) => [...own].map(([path, bytes]) => [`/${prefix}${path}`, bytes])),
  )
  return { files: { find: (path) => files.get(path) }, prefixes: new Map([...pages].map(([id, { prefix }]) => [id, prefix])) }
}

function pagesOf(plugin: PluginDefinition): Pages {
  const { id, ui = [] } = plugin
  const root = rootOf(plugin)
  const files: Files = new Map()
  for (const folder of new Set(ui.map(({ entry }) => posix.dirname(entry.slice(2))))) {
    readFolder(plugin, { root, folder, files })
    const module = `${folder}/${frameModule}`
    if (!files.has(module)) files.set(module, frameSource())
  }
  for (const { entry } of ui) if (!files.has(entry.slice(2))) throw refuse(plugin, `shows "${entry}", and there is no such file in ${root}`)
  return { prefix: `plugins/${id}/${digest(files)}/`, files }
}

/** Links on the way to a package, as package managers make them, are followed; within it none is. */
function rootOf(plugin: PluginDefinition): string {
  const { root } = plugin
  if (!(root instanceof URL) || root.protocol !== 'file:')
    throw refuse(plugin, "has a page and does not say where its package is: root: new URL('..', import.meta.url)")
  try {
    return realpathSync(fileURLToPath(root))
  } catch {
    throw refuse(plugin, `says that its package is in ${root.href}, where nothing is`)
  }
}

interface Reading {
  readonly root: string
  readonly folder: string
  readonly files: Files
}

function readFolder(plugin: PluginDefinition, { root, folder, files }: Reading): void {
  const place = join(root, folder)
  if (!lstatSync(place, { throwIfNoEntry: false })?.isDirectory() || realpathSync(place) !== place)
    throw refuse(plugin, `has pages in ${folder}, which is no folder of its package ${root}`)
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    // What is hidden is for tools and systems, never for browsers.
    if (entry.name.startsWith('.')) continue
    if (!namePattern.test(entry.name)) throw refuse(plugin, `has the file "${path}"; letters, digits, "-", "_" and "." make a name`)
    if (entry.isDirectory()) readFolder(plugin, { root, folder: path, files })
    else if (entry.isFile()) files.set(path, readFileSync(join(place, entry.name)))
    else throw refuse(plugin, `has "${path}" beside its pages, which is a link or no file`)
    if (files.size > mostFiles) throw refuse(plugin, `has more than ${mostFiles} files beside its pages`)
  }
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0)
  if (bytes > mostBytes) throw refuse(plugin, `has more than ${mostBytes / 1024 / 1024} MiB of files beside its pages`)
}

function digest(files: Files): string {
  const hash = createHash('sha256')
  for (const path of [...files.keys()].toSorted()) {
    const bytes = files.get(path) ?? Buffer.alloc(0)
    hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex').slice(0, 32)
}

/** As source beside this folder, and then without its types; built, below the one file that this is part of. */
function frameSource(): Buffer {
  const isSource = import.meta.url.endsWith('.ts')
  const text = readFileSync(new URL(isSource ? '../frame.ts' : './frame.js', import.meta.url), 'utf8')
  return Buffer.from(isSource ? stripTypeScriptTypes(text) : text)
}

function refuse({ id }: PluginDefinition, message: string): EngineError {
  return new EngineError(pluginErrors.plugin_invalid, `The plugin ${id} ${message}.`, { details: { plugin: id } })
}
