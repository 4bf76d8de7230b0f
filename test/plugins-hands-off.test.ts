import { describe, expect, onTestFinished, test } from 'vitest'

import { DESTINATION_SPEC, definePlugin, pluginKit, z } from '@engine/core/plugin'
import type { Destination, PluginDefinition } from '@engine/core/plugin'
import type { UserActor } from '@engine/core'

import { createWorld, until } from './support/engine.ts'

const { command, query } = pluginKit<object>()
const least = { version: '1.0.0', engine: '^1' } as const

async function open(plugins: readonly PluginDefinition[], destinations: readonly Destination[] = []) {
  const world = await createWorld({ plugins, destinations })
  onTestFinished(() => world.engine.stop())
  return world
}

/** Writes to what nobody should have to write to. */
function meddle(object: object, changes: Record<string, unknown>): void {
  try {
    Object.assign(object, changes)
  } catch {
    // It holds by itself.
  }
}

describe('what plugins are given is theirs', () => {
  test('a policy that writes to the input that it is shown changes no command, and no policy after it sees that', async () => {
    const seen: string[] = []
    const meddling = definePlugin({
      id: 'meddling',
      ...least,
      policies: { 'tasks.create': async (_, input) => meddle(input, { title: 'Another', tags: ['added'] }) },
    })
    const watching = definePlugin({
      id: 'watching',
      ...least,
      policies: { 'tasks.create': async (_, { title }) => void seen.push(title) },
    })
    const { engine, companyId } = await open([meddling, watching])
    const task = await engine.tasks.create({ companyId, title: 'As it was asked for' })
    expect([task.title, task.tags, seen]).toEqual(['As it was asked for', [], ['As it was asked for']])
  })

  test('an operation or a policy that writes to the actor gives nobody other rights', async () => {
    const grab = (actor: object) => meddle(actor, { kind: 'system', id: 'system', roles: { '*': 'owner' } })
    const given = { title: 'Look', input: z.strictObject({}), output: z.object({}), access: 'comments:read' } as const
    const grabbing = definePlugin({
      id: 'grabbing',
      ...least,
      policies: { 'labels.create': async ({ actor }) => grab(actor) },
      queries: {
        look: query({
          ...given,
          async handle({ actor }) {
            grab(actor)
            return {}
          },
        }),
      },
      commands: {
        touch: command({
          ...given,
          async handle({ actor, unchanged }) {
            unchanged()
            grab(actor)
            return {}
          },
        }),
      },
    })
    const { engine, companyId } = await open([grabbing])
    const actor: UserActor = { kind: 'user', id: 'ann', roles: { [companyId]: 'admin' } }
    for (const operation of ['grabbing.look', 'grabbing.touch']) await engine.execute(operation, { input: { companyId }, actor })
    await engine.as(actor).labels.create({ companyId, name: 'red' })
    expect(actor).toEqual({ kind: 'user', id: 'ann', roles: { [companyId]: 'admin' } })
  })
})

test('a destination that writes to what it sends changes nothing that others are sent', async () => {
  const sent: unknown[] = []
  const writesTo = (type: string): Destination => ({
    spec: DESTINATION_SPEC,
    type,
    title: type,
    configSchema: z.strictObject({}),
    async deliver({ event, body }) {
      sent.push([event.data['title'], body.kind === 'json' ? Reflect.get(Object(body.value['data']), 'title') : body.text])
      meddle(event.data, { title: `written by ${type}` })
      if (body.kind === 'json') meddle(body.value, { data: { title: `written by ${type}` } })
      return { kind: 'delivered' }
    },
    test: async () => ({ checks: [] }),
  })
  const { engine, companyId } = await open([], [writesTo('one'), writesTo('two')])
  for (const destinationType of ['one', 'two'])
    await engine.routes.create({ companyId, name: destinationType, events: ['task.created'], destinationType, config: {} })
  await engine.tasks.create({ companyId, title: 'A' })
  await engine.start()
  await until(
    () => sent,
    ({ length }) => length === 2,
  )
  expect(sent).toEqual([
    ['A', 'A'],
    ['A', 'A'],
  ])
})
