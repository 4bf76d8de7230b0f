import { kernelErrors } from './kernel/errors.ts'
import { createRegistry, type Registry } from './kernel/registry.ts'
import { coreModules } from './modules.ts'

/** Engine's own operations, for what describes or calls them without an engine, such as a command line. */
export function coreRegistry(): Registry {
  return createRegistry(Object.values(coreModules), kernelErrors)
}
