// What callers are told while the database is not there: after a stop, as while a server is away.
import { describe, expect, it } from 'vitest'

import { createHandler, webHandler } from '@engine/http'

import { createCompany, createWorld } from './http-fixtures.ts'

async function stopped() {
  const { engine } = await createWorld()
  const { companyId } = await createCompany(engine, 'Acme')
  const agent = await engine.agents.create({ companyId, name: 'Ben', role: 'writer', adapterType: 'external' })
  const { key } = await engine.keys.create({ agentId: agent.id, name: 'Laptop' })
  await engine.stop()
  return { engine, companyId, key }
}

describe('an engine that can not ask its database', () => {
  it.each([
    ['authenticate', (engine, key) => engine.authenticate(key)],
    ['authenticateAll', (engine, key) => engine.authenticateAll([key])],
    ['metrics', (engine) => engine.metrics()],
  ] satisfies [string, (engine: Awaited<ReturnType<typeof stopped>>['engine'], key: string) => Promise<unknown>][])(
    'says so of %s, and not that it is defective',
    async (_, ask) => {
      const { engine, key } = await stopped()
      await expect(ask(engine, key)).rejects.toMatchObject({ code: 'unavailable' })
    },
  )

  it('answers who comes with a key that it can not now, so that they try again', async () => {
    const { engine, companyId, key } = await stopped()
    const url = `http://localhost/api/companies/${companyId}/tasks`
    const answer = await webHandler(createHandler({ engine }))(new Request(url, { headers: { authorization: `Bearer ${key}` } }))
    expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'unavailable' })])
  })
})
