import { kernelErrors } from './kernel/errors.ts'
import { createRegistry, type EngineModule, type Registry } from './kernel/registry.ts'
import { coreModules } from './modules.ts'

/** Engine's own operations, and those of plugins: for what describes or calls them without an engine, such as a command line. */
export function coreRegistry(plugins: readonly EngineModule[] = []): Registry {
  return createRegistry([...Object.values(coreModules), ...plugins], kernelErrors)
}
