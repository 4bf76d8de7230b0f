import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { toolName } from '@engine/core'

import { createWorld } from './http-fixtures.ts'
import { furnishCompany } from './http-routes.ts'
import { connect, keysOf, serveMcp, toolsOf } from './mcp-fixtures.ts'

describe('the tools', () => {
  it('are shown to each kind of key as far as it may use them', async () => {
    const { engine } = await createWorld()
    const mine = await furnishCompany(engine, 'Acme')
    const url = await serveMcp(engine)
    const keys = await keysOf(engine, mine)
    const { companyId, taskId, agentId, runId } = mine
    // Everything is the run's own, and whatever is allowed only says that it was reached.
    for (const { definition } of engine.registry.operations) {
      const handle = async () => Promise.reject(new Error('reached'))
      Object.assign(definition, { input: z.looseObject({}), handle, batch: undefined, prepare: undefined })
      const { company } = definition.access
      if (['new', 'visible', 'actor', 'installation'].includes(company)) continue
      Object.assign(engine.registry.entity(company as 'task'), { locate: async () => ({ id: runId, companyId, taskId, agentId }) })
    }
    for (const [who, key] of Object.entries(keys)) {
      const client = await connect(url, key, '2026-07-28')
      const older = await connect(url, key, '2025-11-25')
      // A client that has read the list compares each answer with it, which takes long.
      const shown = (await (await connect(url, key, '2026-07-28')).tools()).map(({ name }) => name)
      expect((await older.tools()).map(({ name }) => name)).toEqual(shown)
      const may: string[] = []
      for (const operation of toolsOf(engine)) {
        const name = toolName(operation)
        const codes = [await client.call(name), ...(who === 'agent' ? [await client.call(name, { credential: keys.run })] : [])]
        if (codes.some(({ output }) => output['code'] === 'internal')) may.push(name)
        else expect([who, name, codes.map(({ output }) => output['code'])]).toEqual([who, name, codes.map(() => 'forbidden')])
      }
      expect([who, shown]).toEqual([who, may.toSorted()])
      expect(shown.length).toBeGreaterThan(40)
    }
  }, 120_000)
})
