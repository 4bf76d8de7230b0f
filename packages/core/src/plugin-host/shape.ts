import { z } from 'zod'

import { permissions, type Role, type Scope } from '../kernel/permissions.ts'
import type { ErrorKind } from '../kernel/errors.ts'
import { PluginCapabilities } from '../plugins/schema.ts'

// Types say all of this, but not to plain JavaScript, and not of members that are called something else than they should.

const action = z.custom((value) => typeof value === 'function', 'expected a function')
const schema = z.custom((value) => value instanceof z.core.$ZodType, 'expected a schema of zod, as z of @engine/core/plugin makes it')
const objectSchema = z.custom(
  (value) => value instanceof z.ZodObject,
  'expected a schema of an object, such as z.strictObject({}), as z of @engine/core/plugin makes it',
)
const scope = z.custom<Scope>(
  (value) => typeof value === 'string' && Object.hasOwn(permissions, value),
  'expected a scope of Engine, such as tasks:read (docs/reference/permissions.md)',
)
const text = z.string().refine((value) => value.trim() !== '', 'expected a text')
const kinds = {
  invalid: true,
  unauthenticated: true,
  denied: true,
  missing: true,
  conflict: true,
  rule: true,
  budget: true,
  limited: true,
  too_large: true,
  unavailable: true,
  internal: true,
} satisfies Record<ErrorKind, true>
const roles = { viewer: true, reviewer: true, operator: true, admin: true, owner: true } satisfies Record<Role, true>

const namesOf = <Name extends string>(names: Record<Name, true>) => z.enum(Object.keys(names) as [Name, ...Name[]])
/** Members that a plugin names itself; undefined is left out, as it is by types. */
const named = (part: z.ZodType) => z.record(z.string(), part.optional()).optional()

/** Parts that are a parameter, or mean nothing but themselves in an address. */
const pathPattern = /^\/(?:(?::\w+|[\w~-][\w.~-]*)(?:\/|$))*$/

const operation = {
  title: text,
  description: z.string().optional(),
  input: objectSchema,
  output: schema,
  access: scope,
  http: z
    .tuple([
      z.enum(['GET', 'POST', 'PATCH', 'DELETE']),
      z.string().regex(pathPattern, 'expected a path, such as /items/:itemId or /items.csv'),
    ])
    .optional(),
  mcp: z.looseObject({}).optional(),
  handle: action,
}
const schedule = z.union([z.strictObject({ cron: z.string() }), z.strictObject({ every: z.string() })], {
  error: "expected { every: '15m' } or { cron: '0 8 * * 1-5' }",
})

/** What a plugin is made of. What its parts mean is looked at behind this. */
const PluginShape = z.strictObject({
  id: z.unknown(),
  version: z.unknown(),
  engine: z.unknown(),
  title: text.optional(),
  description: z.string().optional(),
  requires: z.array(z.string()).optional(),
  role: namesOf(roles).optional(),
  capabilities: PluginCapabilities.partial().optional(),
  migrations: z
    .array(
      z.strictObject({
        id: text,
        statements: z.array(z.union([z.string(), z.strictObject({ sqlite: z.string().optional(), postgres: z.string().optional() })])),
      }),
    )
    .optional(),
  commands: named(
    z.strictObject({ ...operation, kind: z.literal('command'), creates: z.boolean().optional(), prepare: action.optional() }),
  ),
  queries: named(z.strictObject({ ...operation, kind: z.literal('query') })),
  events: named(schema),
  errors: named(z.strictObject({ code: text, kind: namesOf(kinds), cause: text.optional(), help: text })),
  policies: named(action),
  subscribe: named(z.strictObject({ events: z.array(text).min(1), from: z.enum(['now', 'start']).optional(), handle: action })),
  adapters: z.array(z.unknown()).optional(),
  destinations: z.array(z.unknown()).optional(),
  jobs: named(z.strictObject({ schedule, run: action })),
  webhooks: named(z.strictObject({ handle: action })),
  ui: z.array(z.unknown()).optional(),
  root: z.instanceof(URL, { error: "expected a URL, such as new URL('..', import.meta.url)" }).optional(),
  configSchema: schema.optional(),
  secretFields: z.array(text).optional(),
  kind: z.enum(['trusted', 'isolated']).optional(),
  start: action.optional(),
  stop: action.optional(),
})

/** What is wrong with the shape of a plugin, in words; null when nothing is. Pure. */
export function problemOfShape(plugin: unknown): string | null {
  if (typeof plugin === 'function') return 'it is a function; where that makes a plugin, call it: plugins: [notes()]'
  const { error } = PluginShape.safeParse(plugin)
  if (!error) return null
  const list = error.issues
    .slice(0, mostListed)
    .map(({ path, message }) => [path.map(String).join('.'), message.replace(/^Invalid (?:input|option): /, '')])
    .map(([place, why]) => (place === '' ? why : `${place}: ${why}`))
  const more = error.issues.length > mostListed ? `; and ${error.issues.length - mostListed} more` : ''
  return list.join('; ') + more
}

/** How many of its parts one message names. */
const mostListed = 5
