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
