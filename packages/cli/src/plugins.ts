import { readFileSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { PluginDefinition } from '@engine/core'
import { isolatedPlugin, type IsolatedManifest } from '@engine/core/plugin'

import { messageOf } from './failure.ts'

/**
 * Loads the plugins that whoever starts the server names: packages of the folder that it is started in, and files, which are trusted
 * as the server itself is; a `.json` file is the manifest of one that is not, and runs in a process of its own.
 * @throws naming the plugin that can not be loaded
 */
export async function openPlugins(names: readonly string[]): Promise<PluginDefinition[]> {
  return Promise.all(names.map((name) => open(name, process.cwd())))
}

async function open(name: string, folder: string): Promise<PluginDefinition> {
  try {
    const isPath = name.startsWith('.') || isAbsolute(name)
    const path = isPath ? resolve(folder, name) : null
    if (name.endsWith('.json')) return openIsolated(path ?? createRequire(join(folder, 'package.json')).resolve(name))
    return pluginOf(await (path === null ? importFrom(folder, name) : import(pathToFileURL(path).href)))
  } catch (error) {
    throw new Error(`The plugin ${name} (--plugin) can not be loaded: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Imports a package as a module of the folder would: by its exports for `import`, which a package may have alone. */
async function importFrom(folder: string, name: string): Promise<object> {
  const parentURL = pathToFileURL(join(folder, 'package.json')).href
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name && context.parentURL === import.meta.url ? next(name, { ...context, parentURL }) : next(specifier, context),
  })
  try {
    return await import(name)
  } finally {
    hooks.deregister()
  }
}

/** A plugin, or the one function without parameters that makes it. */
function pluginOf(module: object): PluginDefinition {
  const functions = Object.values(module).filter((value) => typeof value === 'function')
  const given: unknown = Reflect.get(module, 'default') ?? (functions.length === 1 ? functions[0] : undefined)
  const made: unknown = typeof given === 'function' ? Reflect.apply(given, undefined, []) : given
  if (typeof made !== 'object' || made === null || !('id' in made))
    throw new Error('its default export is no plugin, and no function that makes one.')
  // What else it has to have is looked at when the engine is created.
  return made as PluginDefinition
}

function openIsolated(path: string): PluginDefinition {
  // The manifest is looked at by isolatedPlugin.
  const { entry, ...manifest } = JSON.parse(readFileSync(path, 'utf8')) as IsolatedManifest & { entry?: unknown }
  if (typeof entry !== 'string') throw new Error('its manifest has no entry, such as "./plugin.mjs".')
  const root = dirname(path)
  return isolatedPlugin({ manifest, root, entry: resolve(root, entry) })
}
