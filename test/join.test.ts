import { setImmediate } from 'node:timers/promises'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, EngineError, type AnyEvent, type Engine, type EngineOptions, type Joined, type Storage } from '@engine/core'
import { watched } from '@engine/testing'

import { errorOf, scriptedAdapter, until } from './support/engine.ts'
import { openShop, postgresShops, sqliteShops, type Shop, type ShopKind, type ShopTransaction } from './support/join-shops.ts'

interface Company {
  readonly engine: Engine
  readonly companyId: string
  readonly agentId: string
}

/** As docs/join.md says: what an engine that runs writes at the same moment can make a transaction over SQLite wait for itself. */
async function repeatedly<Result>(transaction: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      return await transaction()
    } catch (error) {
      if (!EngineError.isInstance(error) || error.kind !== 'unavailable') throw error
      await setImmediate()
    }
  }
  throw new Error('the database stayed busy')
}

/** An engine whose loops, once started, would sleep for an hour if nobody woke them. */
async function openCompany(storage: Storage, options: Partial<EngineOptions> = {}): Promise<Company> {
  const settings = { pollMs: 3_600_000, stopGraceMs: 1_000, ...options.settings }
  const engine = await createEngine({ storage: watched(storage), adapters: [scriptedAdapter()], checksOutputs: true, ...options, settings })
  onTestFinished(() => engine.stop())
  const company = await engine.companies.create({ name: 'Acme' })
  const agent = await engine.agents.create({ companyId: company.id, name: 'Ada', role: 'packer', adapterType: 'scripted' })
  return { engine, companyId: company.id, agentId: agent.id }
}

async function open(kind: ShopKind, options: Partial<EngineOptions> = {}): Promise<Shop & Company> {
  const shop = await openShop(kind)
  return { ...shop, ...(await openCompany(shop.storage, options)) }
}

const changeOfMind = new Error('the customer left')

describe.each([...sqliteShops, ...postgresShops])('a transaction of a %s', (kind) => {
  it('asks no adapter while it is open', async () => {
    const { engine, agentId, transaction } = await open(kind)
    const error = await transaction(async (tx) => errorOf(engine.join(tx.handle).agents.test({ agentId })))
    expect(error).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('Call it on the engine itself') })
    expect(await engine.agents.test({ agentId })).toMatchObject({ ok: true })
  })

  it('takes nothing more once its engine is stopped, whenever it was joined, and stays as it was', async () => {
    const { engine, companyId, transaction, orders, engineRows } = await open(kind)
    const refused = { code: 'unavailable', message: expect.stringContaining('This engine was stopped') }
    await transaction(async (tx) => {
      await tx.addOrder('1')
      const joined = engine.join(tx.handle)
      await engine.stop()
      for (const api of [joined, engine.join(tx.handle)])
        expect(await errorOf(api.tasks.create({ companyId, title: 'Pack order 1' }))).toMatchObject(refused)
      expect(await errorOf(engine.tasks.create({ companyId, title: 'Pack order 1' }))).toMatchObject(refused)
      await joined.committed()
    })
    expect(await orders()).toEqual(['1'])
    expect(JSON.stringify(await engineRows())).not.toContain('Pack order 1')
  })

  it('commits an order and its task together', async () => {
    const { engine, companyId, agentId, transaction, orders } = await open(kind)
    const task = await transaction(async (tx) => {
      await tx.addOrder('1')
      return engine.join(tx.handle).tasks.create({ companyId, title: 'Pack order 1', assigneeAgentId: agentId })
    })
    expect(await orders()).toEqual(['1'])
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ identifier: 'ACM-1', status: 'todo' })
    expect((await engine.runs.list({ companyId })).items).toMatchObject([{ taskId: task.id, status: 'queued' }])
    expect((await engine.events.task({ taskId: task.id })).items.map((event) => event.type).sort()).toEqual([
      'run.queued',
      'task.assigned',
      'task.created',
    ])
  })

  it('takes an order, its task, its events and its number back together', async () => {
    const { engine, companyId, agentId, transaction, orders, engineRows } = await open(kind)
    const before = await engineRows()
    const rolledBack = transaction(async (tx) => {
      await tx.addOrder('1')
      const joined = engine.join(tx.handle)
      await joined.tasks.create({ companyId, title: 'Pack order 1', assigneeAgentId: agentId }, { idempotencyKey: 'order 1' })
      await joined.comments.create({ taskId: 'ACM-1', body: 'Fragile' })
      throw changeOfMind
    })
    await expect(rolledBack).rejects.toBe(changeOfMind)
    expect(await orders()).toEqual([])
    expect(await engineRows()).toBe(before)
    expect((await engine.tasks.create({ companyId, title: 'Another' }, { idempotencyKey: 'order 1' })).identifier).toBe('ACM-1')
  })

  it('sees its own rows, while others see them after the commit', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const { task, inside, outside } = await transaction(async (tx) => {
      const joined = engine.join(tx.handle)
      const created = await joined.tasks.create({
        companyId,
        title: 'Pack',
        tags: ['fragile'],
        context: { order: { id: '1', lines: [1, 2.5, null] }, placedAt: '2026-01-02T03:04:05Z' },
      })
      return { task: created, inside: await joined.tasks.get({ taskId: 'ACM-1' }), outside: await engine.tasks.list({ companyId }) }
    })
    expect(outside.items).toEqual([])
    expect(inside).toEqual(task)
    expect(await engine.tasks.get({ taskId: 'ACM-1' })).toEqual(task)
  })

  it('reads every operation as Engine does outside', async () => {
    const { engine, companyId, agentId, transaction } = await open(kind)
    await engine.tasks.create({ companyId, title: 'Pack', assigneeAgentId: agentId, context: { order: 7 } })
    const read = async (api: Engine | Joined) => [
      await api.companies.get({ companyId }),
      await api.agents.list({ companyId }),
      await api.tasks.list({ companyId }),
      await api.runs.list({ companyId }),
    ]
    expect(await transaction((tx) => read(engine.join(tx.handle)))).toEqual(await read(engine))
  })

  it('goes on after a refused command, with nothing of it', async () => {
    const { engine, companyId, transaction, orders } = await open(kind)
    const refused = await transaction(async (tx) => {
      const joined = engine.join(tx.handle)
      await tx.addOrder('1')
      await joined.tasks.create({ companyId, title: 'Pack' })
      const { code } = await errorOf(joined.tasks.create({ companyId, title: 'Post', blockedBy: ['ACM-99'] }))
      await tx.addOrder('2')
      await joined.tasks.create({ companyId, title: 'Bill' })
      return code
    })
    expect(refused).toBe('rule_violated')
    expect(await orders()).toEqual(['1', '2'])
    expect((await engine.tasks.list({ companyId })).items.map((task) => `${task.identifier} ${task.title}`)).toEqual([
      'ACM-1 Pack',
      'ACM-2 Bill',
    ])
  })

  it('keeps nothing of a command that fails at its last step', async () => {
    let fails = false
    const probe = (step: string) => {
      if (fails && step === 'tasks.create.recorded') throw changeOfMind
    }
    const { engine, companyId, transaction, orders, engineRows } = await open(kind, { probe })
    const before = await engineRows()
    fails = true
    await transaction(async (tx) => {
      await tx.addOrder('1')
      await expect(engine.join(tx.handle).tasks.create({ companyId, title: 'Pack' })).rejects.toBe(changeOfMind)
    })
    expect(await orders()).toEqual(['1'])
    expect((await engineRows()).replace(/"orders",\[.*?\]/, '"orders",[]')).toBe(before)
  })

  it('takes commands one after the other, also through two joins of one handle', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const results = await transaction(async (tx) => {
      const [one, two] = [engine.join(tx.handle), engine.join(tx.handle)]
      const create = (index: number) =>
        (index % 2 === 0 ? one : two).tasks.create({
          companyId,
          title: `Task ${index}`,
          blockedBy: index % 3 === 0 ? ['ACM-99'] : [],
        })
      return Promise.allSettled(Array.from({ length: 12 }, (_, index) => create(index)))
    })
    expect(results.map((result) => result.status === 'rejected')).toEqual(results.map((_, index) => index % 3 === 0))
    const { items } = await engine.tasks.list({ companyId })
    expect(items.map((task) => task.identifier)).toEqual(Array.from({ length: 8 }, (_, index) => `ACM-${index + 1}`))
  })

  it('acts as whom it is told to', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const kim = { kind: 'user', id: 'kim', roles: { [companyId]: 'operator' } } as const
    const lee = { kind: 'user', id: 'lee', roles: { [companyId]: 'viewer' } } as const
    const error = await transaction(async (tx) => {
      const joined = engine.join(tx.handle)
      await joined.as(kim).tasks.create({ companyId, title: 'Pack' }, { requestId: 'checkout-7' })
      return errorOf(joined.as(lee).tasks.create({ companyId, title: 'Pack' }))
    })
    expect(error.code).toBe('forbidden')
    const { items } = await engine.events.task({ taskId: 'ACM-1' })
    expect(items).toMatchObject([{ type: 'task.created', actor: { kind: 'user', id: 'kim' }, requestId: 'checkout-7' }])
  })

  it('answers a repeated key as before', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const order = (tx: ShopTransaction) => engine.join(tx.handle).tasks.create({ companyId, title: 'Pack' }, { idempotencyKey: 'order 1' })
    const first = await transaction(order)
    expect(await transaction(order)).toEqual(first)
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(1)
  })

  it('tells listeners after the commit, once, and the agent goes to work', async () => {
    const { engine, companyId, agentId, transaction } = await open(kind)
    const heard: string[] = []
    for (const type of ['task.created', 'task.completed'] as const) engine.on(type, (event) => void heard.push(event.type))
    await engine.start()
    const joined = await repeatedly(() =>
      transaction(async (tx) => {
        const api = engine.join(tx.handle)
        await api.tasks.create({ companyId, title: 'Pack', assigneeAgentId: agentId })
        return api
      }),
    )
    expect(heard).toEqual([])
    await Promise.all([joined.committed(), joined.committed()])
    await until(
      () => heard,
      (types) => types.includes('task.completed'),
    )
    expect(heard).toEqual(['task.created', 'task.completed'])
  })

  it('tells listeners nothing that was rolled back', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const heard: AnyEvent[] = []
    engine.on('task.created', (event) => void heard.push(event))
    const joins: Joined[] = []
    const rolledBack = transaction(async (tx) => {
      const joined = engine.join(tx.handle)
      joins.push(joined)
      await joined.tasks.create({ companyId, title: 'Pack' })
      throw changeOfMind
    })
    await expect(rolledBack).rejects.toBe(changeOfMind)
    // Takes the seq that was given back, on SQLite.
    await engine.tasks.create({ companyId, title: 'Another' })
    for (const joined of joins) await joined.committed()
    expect(heard).toMatchObject([{ data: { title: 'Another' } }])
  })

  it('tells listeners only what a savepoint of the host kept', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const heard: unknown[] = []
    engine.on('task.created', (event) => void heard.push(event.data.title))
    const joined = await transaction(async (tx) => {
      const api = engine.join(tx.handle)
      await api.tasks.create({ companyId, title: 'Kept' })
      await tx.run('savepoint mine')
      await api.tasks.create({ companyId, title: 'Undone' })
      await tx.run('rollback to savepoint mine')
      await api.tasks.create({ companyId, title: 'Kept too' })
      return api
    })
    await joined.committed()
    expect(heard).toEqual(['Kept', 'Kept too'])
    expect((await engine.tasks.list({ companyId })).items.map((task) => task.identifier)).toEqual(['ACM-1', 'ACM-2'])
  })

  it('is told too early that it is committed, publishes nothing, and everything when it is told again', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const heard: AnyEvent[] = []
    engine.on('task.created', (event) => void heard.push(event))
    const joined = await transaction(async (tx) => {
      const api = engine.join(tx.handle)
      await api.tasks.create({ companyId, title: 'Pack' })
      await api.committed()
      return api
    })
    expect(heard).toEqual([])
    await joined.committed()
    expect(heard).toHaveLength(1)
  })

  it('is over for its join after the commit, after the rollback and after committed()', async () => {
    const { engine, companyId, transaction } = await open(kind)
    const joins: Joined[] = []
    const create = (joined: Joined) => joined.tasks.create({ companyId, title: 'Late' })
    const afterCommitted = await transaction(async (tx) => {
      const [one, two] = [engine.join(tx.handle), engine.join(tx.handle)]
      joins.push(one, two)
      await one.tasks.list({ companyId })
      await two.committed()
      return errorOf(create(two))
    })
    await transaction(async (tx) => {
      joins.push(engine.join(tx.handle))
      throw changeOfMind
    }).catch(() => undefined)
    expect(afterCommitted.code).toBe('transaction_over')
    for (const joined of joins) expect(await errorOf(create(joined))).toMatchObject({ code: 'transaction_over', kind: 'conflict' })
    expect((await engine.tasks.list({ companyId })).items).toEqual([])
  })

  it('starts work within the poll interval when nobody says that it committed', async () => {
    const { engine, companyId, agentId, transaction } = await open(kind, { settings: { pollMs: 20 } })
    await engine.start()
    const task = await repeatedly(() =>
      transaction((tx) => engine.join(tx.handle).tasks.create({ companyId, title: 'Pack', assigneeAgentId: agentId })),
    )
    await until(
      () => engine.tasks.get({ taskId: task.id }),
      (seen) => seen.status === 'done',
    )
  })
})

describe('a command in a joined transaction', () => {
  const changedMeanwhile = new EngineError({ code: 'changed_meanwhile', kind: 'conflict', help: '' }, 'somebody came between')
  const failure = (code: string) => Object.assign(new Error(code), { code })

  /** Creates a task in a command that fails at its first try. @returns how often it began, and what became of it */
  async function failOnce(kind: ShopKind, error: Error) {
    let begun = 0
    const probe = (step: string) => {
      if (step === 'tasks.create.begun') begun += 1
      if (step === 'tasks.create.recorded' && begun === 1) throw error
    }
    const { engine, companyId, transaction } = await open(kind, { probe })
    const heard: AnyEvent[] = []
    engine.on('task.created', (event) => void heard.push(event))
    const { joined, code } = await transaction(async (tx) => {
      const api = engine.join(tx.handle)
      const result = await api.tasks.create({ companyId, title: 'Pack' }).catch((refusal: unknown) => refusal)
      return { joined: api, code: result instanceof EngineError ? result.code : null }
    })
    await joined.committed()
    const { items } = await engine.tasks.list({ companyId })
    return { begun, code, heard: heard.length, tasks: items.map((task) => task.identifier) }
  }

  it.each([...postgresShops])('is decided again when something came between, in a %s', async (kind) => {
    const once = { begun: 2, code: null, heard: 1, tasks: ['ACM-1'] }
    expect(await failOnce(kind, changedMeanwhile)).toEqual(once)
    expect(await failOnce(kind, failure('23505'))).toEqual(once)
  })

  it.each([...postgresShops])('is not run again after a deadlock or by an old snapshot, in a %s', async (kind) => {
    const never = { begun: 1, code: 'unavailable', heard: 0, tasks: [] }
    expect(await failOnce(kind, failure('40P01'))).toEqual(never)
    expect(await failOnce(kind, failure('40001'))).toEqual(never)
  })

  it.each([...sqliteShops])("does not wait for Engine's own writer, in a %s", async (kind) => {
    const { engine, companyId, transaction } = await open(kind)
    const waiting: Promise<unknown>[] = []
    await transaction(async (tx) => {
      await tx.addOrder('1')
      waiting.push(engine.tasks.create({ companyId, title: 'Outside' }))
      await setImmediate()
      await engine.join(tx.handle).tasks.create({ companyId, title: 'Inside' })
    })
    await Promise.all(waiting)
    const { items } = await engine.tasks.list({ companyId })
    expect(items.map((task) => `${task.identifier} ${task.title}`).sort()).toEqual(['ACM-1 Inside', 'ACM-2 Outside'])
  })

  it('takes the lock of the file before it reads, in a transaction that began without it', async () => {
    const { engine, companyId, transaction } = await open('Kysely over SQLite')
    await transaction(async (tx) => {
      await engine.tasks.create({ companyId, title: 'Before' })
      await engine.join(tx.handle).tasks.create({ companyId, title: 'Inside' })
    })
    expect((await engine.tasks.list({ companyId })).items.map((task) => task.title)).toEqual(['Before', 'Inside'])
  })

  it('is told that it can not be written when others wrote after such a transaction had read', async () => {
    const { engine, companyId, transaction, orders } = await open('Kysely over SQLite')
    const error = await transaction(async (tx) => {
      await tx.run('select count(*) from orders')
      await engine.tasks.create({ companyId, title: 'Before' })
      return errorOf(engine.join(tx.handle).tasks.create({ companyId, title: 'Inside' }))
    })
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('SQLITE_BUSY_SNAPSHOT') })
    expect(await orders()).toEqual([])
    expect((await engine.tasks.list({ companyId })).items.map((task) => task.title)).toEqual(['Before'])
  })

  it('is told so too when a snapshot of Postgres is older than what it changes', async () => {
    const { engine, companyId, transaction } = await open('pg client')
    const error = await transaction(async (tx) => {
      await tx.run('set transaction isolation level repeatable read')
      await engine.join(tx.handle).companies.get({ companyId })
      await engine.companies.update({ companyId, name: 'Acme 1' })
      const refused = await errorOf(engine.join(tx.handle).companies.update({ companyId, name: 'Acme 2' }))
      await tx.addOrder('1')
      return refused
    })
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('40001') })
    expect((await engine.companies.get({ companyId })).name).toBe('Acme 1')
  })
})
