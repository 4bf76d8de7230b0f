// What hosts say of a call beside its input: who makes it, and under which keys.
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, systemActor, type Actor } from '@engine/core'
import { pglite } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

describe.each([
  ['sqlite', () => sqlite(':memory:')],
  ['pglite', () => pglite()],
])('a call on %s', (_, storage) => {
  async function open() {
    const engine = await createEngine({ storage: storage() })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    return { engine, companyId }
  }

  it('is refused when no row could hold who makes it, and changes nothing', async () => {
    const { engine, companyId } = await open()
    const actor: Actor = { kind: 'user', id: 'kim\0', roles: { [companyId]: 'owner' } }
    const refused = { code: 'invalid_input', message: expect.stringContaining('The id of its actor') }
    await expect(engine.as(actor).tasks.create({ companyId, title: 'x' })).rejects.toMatchObject(refused)
    await expect(engine.execute('tasks.create', { input: { companyId, title: 'x' }, actor })).rejects.toMatchObject(refused)
    expect((await engine.tasks.list({ companyId })).items).toEqual([])
  })

  it('is refused for somebody without a role that there is, who would see the companies named beside it', async () => {
    const { engine } = await open()
    const actor = { kind: 'user', id: 'kim', roles: { '*': undefined } } as unknown as Actor
    await expect(engine.as(actor).companies.list()).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('is made by whom it is narrowed to, whatever its options hold', async () => {
    const { engine, companyId } = await open()
    const stranger = engine.as({ kind: 'user', id: 'kim', roles: {} })
    const options = { actor: systemActor, idempotencyKey: undefined }
    await expect(stranger.tasks.list({ companyId }, options)).rejects.toMatchObject({ code: 'not_found' })
    const owner = engine.as({ kind: 'user', id: 'ann', roles: { [companyId]: 'owner' } })
    await owner.tasks.create({ companyId, title: 'x' }, { inNameOf: systemActor } as object)
    await owner.tasks.list({ companyId }, null as unknown as undefined)
    const { items } = await engine.events.list({ companyId })
    expect(items.filter(({ type }) => type === 'task.created').map((event) => event.actor.id)).toEqual(['ann'])
  })
})
