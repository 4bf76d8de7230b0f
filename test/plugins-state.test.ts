import { describe, expect, onTestFinished, test } from 'vitest'

import { systemActor } from '@engine/core'
import { createWorld, errorOf } from './support/engine.ts'
import { keeper } from './support/keeper-plugin.ts'
import { newStorage } from './support/storages.ts'

async function open(database: string) {
  const storage = await newStorage(database)
  const world = await createWorld({ storage, plugins: [keeper] })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId } = world
  const { query, table } = storage.watch
  const state = table('plugin_state')
  const ask = (of: string, input: object) => engine.execute('keeper.ask', { input: { companyId: of, ...input }, actor: systemActor })
  return {
    engine,
    companyId,
    set: (key: string, value: string | null = null, of = companyId) => ask(of, { verb: 'set', key, value }),
    get: (key: string) => ask(companyId, { verb: 'get', key }),
    claim: (key: string) => ask(companyId, { verb: 'claim', key }),
    forget: (key: string) => ask(companyId, { verb: 'delete', key }),
    /** As if the plugin had kept this key so many times more, with a number behind it. */
    copy: (key: string, times: number) =>
      query(
        `insert into ${state} (company_id, plugin, key, value, version, claim_number, updated_at)
          with recursive n (i) as (select 1 union all select i + 1 from n where i < ${times})
          select company_id, plugin, key || ' ' || i, value, version, claim_number, updated_at from ${state} cross join n where key = ?`,
        [key],
      ),
    /** As if what was claimed last had been the claim of this number. */
    count: (key: string, number: number) => query(`update ${state} set claim_number = ${number} where key = ?`, [key]),
  }
}

describe.each(['sqlite', 'postgres'])('the state of a plugin on %s', (database) => {
  test('has room for 10,000 values in a company, which can be changed and make room when they go', async () => {
    const { engine, companyId, set, get, claim, forget, copy } = await open(database)
    await set('one')
    await copy('one', 9_999)
    const refused = await errorOf(set('one more'))
    expect(refused).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('keeper keeps 10000 values here already') })
    expect(await get('one more')).toBeNull()
    expect(await set('one', 'changed')).toBe(2)
    // What is claimed takes no place from values, and gets one when it becomes a value.
    expect(await claim('a request')).toBe(true)
    expect((await errorOf(set('a request', 'its answer'))).code).toBe('rule_violated')
    const { id: other } = await engine.companies.create({ name: 'Other' })
    expect(await set('one more', null, other)).toBe(1)
    await forget('one 7')
    expect(await set('a request', 'its answer')).toBe(2)
    expect((await errorOf(set('one more'))).code).toBe('rule_violated')
    expect((await engine.plugins.list({ companyId })).items).toMatchObject([{ isActive: true }])
  })

  test('remembers the newest 100,000 claims, and forgets no value', async () => {
    const { set, get, claim, count } = await open(database)
    for (const key of ['first', 'second', 'kept', 'latest']) expect(await claim(key)).toBe(true)
    await set('kept', 'a value')
    await count('latest', 100_000)
    expect(await claim('first')).toBe(false)
    expect(await claim('one more')).toBe(true)
    expect([await claim('second'), await claim('first')]).toEqual([false, true])
    expect([await claim('second'), await claim('latest')]).toEqual([true, false])
    expect([await get('kept'), await claim('kept')]).toEqual([{ value: 'a value', version: 2 }, false])
  })
})
