import type { z } from 'zod'

import { isNameless, type AnyDefinition, type CompanySource } from './command.ts'
import type { ErrorDefinition } from './errors.ts'
import type { EntityName, Locate } from './locate.ts'
import { permissions } from './permissions.ts'

/** One aggregate, or one plugin: everything it adds to the registry. */
export interface EngineModule {
  readonly name: string
  readonly operations: Readonly<Record<string, AnyDefinition>>
  readonly events?: Readonly<Record<string, z.ZodType>>
  readonly errors?: Readonly<Record<string, ErrorDefinition>>
  /** How the kernel finds the company of this module's things. */
  readonly entities?: Partial<Record<EntityName, Entity>>
}

interface Entity {
  /** The input field that names it, for example `taskId`. */
  readonly parameter: string
  readonly locate: Locate
}

/** A registered operation under its full name, for example `tasks.checkout`. */
export interface Operation {
  readonly name: string
  readonly module: string
  readonly verb: string
  readonly definition: AnyDefinition
}

/** Every command and query of an engine: what all surfaces are generated from. */
export interface Registry {
  readonly operations: readonly Operation[]
  /** The same by their modules. */
  readonly modules: Readonly<Record<string, readonly Operation[]>>
  readonly events: Readonly<Record<string, z.ZodType>>
  readonly errors: readonly ErrorDefinition[]
  get(name: string): Operation | undefined
  entity(name: EntityName): Entity
}

/** Collects modules. @throws when an operation is unsafe or ambiguous: without access, twice, or with a path that its input cannot fill. */
export function createRegistry(modules: readonly EngineModule[], shared: Readonly<Record<string, ErrorDefinition>>): Registry {
  const operations = new Map<string, Operation>()
  const routes = new Map<string, string>()
  const entities = new Map<string, Entity>()
  for (const module of modules) {
    for (const [name, entity] of Object.entries(module.entities ?? {})) entities.set(name, entity)
  }
  for (const module of modules) {
    for (const [verb, definition] of Object.entries(module.operations)) {
      const name = `${module.name}.${verb}`
      if (operations.has(name)) throw new Error(`${name} is registered twice`)
      checkDefinition(name, definition, entities)
      claimRoute(name, definition, routes)
      operations.set(name, { name, module: module.name, verb, definition })
    }
  }
  return {
    operations: [...operations.values()],
    modules: Object.fromEntries(Map.groupBy(operations.values(), ({ module }) => module)),
    events: Object.assign({}, ...modules.map((module) => module.events ?? {})),
    errors: Object.values(Object.assign({}, shared, ...modules.map((module) => module.errors ?? {}))),
    get: (name) => operations.get(name),
    entity: (name) => {
      const entity = entities.get(name)
      if (!entity) throw new Error(`no module declares the entity ${name}`)
      return entity
    },
  }
}

function checkDefinition(name: string, definition: AnyDefinition, entities: ReadonlyMap<string, Entity>): void {
  // Types demand access; plugins may be plain JavaScript.
  const access = definition.access as AnyDefinition['access'] | undefined
  if (!access || !Object.hasOwn(permissions, access.scope))
    throw new Error(`${name} declares no access with a known scope, so it is not registered`)
  const parameter = parameterOf(access.company, entities)
  if (parameter !== null && !(parameter in definition.input.shape))
    throw new Error(`${name} needs the input field ${parameter} to find its company`)
  if (definition.kind === 'command' && definition.takesContent && !('content' in definition.input.shape))
    throw new Error(`${name} takes content but has no input field for it`)
  if (definition.kind === 'command' && definition.takesSecret && !('value' in definition.input.shape))
    throw new Error(`${name} takes a secret but has no input field for it`)
  const pathParameters = definition.http?.[1].matchAll(/:(\w+)/g) ?? []
  for (const [, field] of pathParameters) {
    if (field && !(field in definition.input.shape)) throw new Error(`${name} has :${field} in its path but not in its input`)
  }
}

function parameterOf(source: CompanySource, entities: ReadonlyMap<string, Entity>): string | null {
  if (isNameless(source)) return null
  const entity = entities.get(source)
  if (!entity) throw new Error(`no module declares the entity ${source}`)
  return entity.parameter
}

function claimRoute(name: string, definition: AnyDefinition, routes: Map<string, string>): void {
  if (!definition.http) return
  const [method, path] = definition.http
  const key = `${method} ${path.replaceAll(/:\w+/g, ':')}`
  const holder = routes.get(key)
  if (holder) throw new Error(`${name} and ${holder} claim the same route ${key}`)
  routes.set(key, name)
}
