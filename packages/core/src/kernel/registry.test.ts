import { expect, it } from 'vitest'
import { z } from 'zod'

import { coreModules } from '../modules.ts'
import { command, query } from './command.ts'
import { createRegistry, type EngineModule } from './registry.ts'

const locate = async () => null
const entities = { task: { parameter: 'taskId', locate } } as const
const read = query({
  title: 'Read',
  input: z.strictObject({ taskId: z.string() }),
  output: z.object({}),
  access: { scope: 'tasks:read', company: 'task' },
  http: ['GET', '/things/:taskId'],
  handle: async () => ({}),
})
const register = (operations: EngineModule['operations']) => createRegistry([{ name: 'things', operations, entities }], {})

it('refuses an operation without declared access', () => {
  // Plain JavaScript can leave it out.
  const { access: _access, ...unsafe } = read
  expect(() => register({ read: unsafe as typeof read })).toThrow(/things\.read declares no access/)
})

it('refuses an operation whose company cannot be found from its input', () => {
  const blind = command({ ...read, kind: undefined, input: z.strictObject({}), http: ['POST', '/things'] } as never)
  expect(() => register({ blind })).toThrow(/needs the input field taskId/)
})

it('refuses a path parameter that the input does not know', () => {
  expect(() => register({ read: { ...read, http: ['GET', '/things/:taskId/:other'] } })).toThrow(/has :other in its path/)
})

it('refuses two operations on one route', () => {
  expect(() =>
    register({ read, again: { ...read, http: ['GET', '/things/:id'], input: z.strictObject({ taskId: z.string(), id: z.string() }) } }),
  ).toThrow(/claim the same route/)
})

it('holds every operation of Engine: strict input, a title, a known scope', () => {
  const registry = createRegistry(Object.values(coreModules), {})
  expect(registry.operations.length).toBeGreaterThan(35)
  for (const { definition, name } of registry.operations) {
    expect(definition.title, name).not.toBe('')
    expect(
      definition.input.safeParse({ surely: 'unknown' }).error?.issues.some((issue) => issue.code === 'unrecognized_keys'),
      name,
    ).toBe(true)
  }
})

/** Fields of inputs whose members have free names, and what holds them. */
const freeNames: Readonly<Record<string, string>> = {
  adapterConfig: 'the strict schema of its adapter; for admins',
  config: 'the schema of its destination or plugin; for admins',
  settings: 'kept as it was said',
  context: 'kept as it was said, and told to agents as data of the task',
  details: 'kept as it was said',
  session: 'kept for the next run of the same adapter',
  payload: 'kept as it was said, hashed, and shown to who decides',
  actions: 'kept as it was said, and shown to who reviews',
  env: 'names of variables, and texts or references to secrets; for operators',
  variables: 'the variables that the routine declares',
  mapping: 'places in an event or a body; no logic',
  headers: 'what a request from outside brought',
  conditions: 'a name that nobody knows is refused by the command, which says which there are',
  anchors: 'lines of a file of anchors, of which other members are left out',
}

it('has no input with free names but those that are listed', () => {
  const open = createRegistry(Object.values(coreModules), {}).operations.flatMap(({ name, definition }) =>
    openFields(z.toJSONSchema(definition.input, { io: 'input', unrepresentable: 'any', reused: 'inline' })).map((field) => [name, field]),
  )
  expect(open.length).toBeGreaterThan(20)
  expect(open.filter(([, field = '']) => freeNames[field] === undefined)).toEqual([])
  expect(Object.keys(freeNames).filter((field) => !open.some(([, found]) => found === field))).toEqual([])
})

/** Lists that come whole, and what keeps them short. */
const wholeLists: Readonly<Record<string, string>> = {
  'adapters.list': 'what its program brings',
  'destinations.list': 'what its program brings',
  'plugins.slots': 'the pages of the plugins that its program brings',
  'plugins.subscriptions': 'what a plugin declares',
  'companies.previewImport': 'what is in the package, which is limited',
  'companies.previewMerge': 'what is in the package, which is limited',
  'routines.preview': 'as many times as are asked for, of at most fifty',
  'sessions.list': 'the browsers of one person',
}

it('has no list that answers with more than a hundred things', () => {
  const { operations } = createRegistry(Object.values(coreModules), {})
  const lists = operations.filter(
    ({ definition: { kind, output } }) => kind === 'query' && output instanceof z.ZodObject && 'items' in output.shape,
  )
  expect(lists.length).toBeGreaterThan(50)
  const whole = lists.filter(({ definition: { input } }) => {
    const limit = input.shape['limit']
    return limit === undefined || limit.safeParse(101).success
  })
  expect(whole.map(({ name }) => name).toSorted()).toEqual(Object.keys(wholeLists).toSorted())
})

/** The nearest named field of each object that takes members of any name; what is any JSON counts where it is asked for. */
function openFields(schema: unknown, field = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if (Array.isArray(schema)) return schema.flatMap((each) => openFields(each, field))
  // A JSON schema, of which any member may be there.
  const { properties = {}, $defs = {}, ...others } = schema as Record<string, object>
  const named = [...Object.entries(properties), ...Object.entries($defs).filter(([name]) => !name.startsWith('__schema'))]
  const isOpen = Reflect.get(schema, 'type') === 'object' && Reflect.get(schema, 'additionalProperties') !== false
  const inside = [...named, ...Object.values(others).map((member) => [field, member] as const)]
  return [...(isOpen ? [field] : []), ...inside.flatMap(([name, member]) => openFields(member, name))]
}
