import { createHash } from 'node:crypto'
import { join } from 'node:path'

import { describe, expect, inject, it, onTestFinished } from 'vitest'

import type { Actor, Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { createFakeClock, createTestEngine, errorOf, intercepted, until, type TestEngineOptions } from '@engine/testing'

import { sealOf } from '../packages/core/src/audit/canonical.ts'
import { openDatabase } from '../packages/core/src/database/open.ts'
import { eventRows } from '../packages/core/src/events/sql.ts'
import { sealsOf, tamper, untilSealed, type Where } from './support/audit.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase, newStorage } from './support/storages.ts'

const settings = { sealMs: 20 }

async function open(database: string, options: Partial<TestEngineOptions> = {}) {
  const world = await createTestEngine({ storage: await newStorage(database), agentMode: 'manual', settings, ...options })
  onTestFinished(() => world.engine.stop())
  return world
}

async function work(engine: Engine, companyId: string, count = 3): Promise<void> {
  for (let index = 0; index < count; index += 1) await engine.tasks.create({ companyId, title: `Täsk ${index}`, context: { n: 0.1 } })
}

/** Canonical JSON, written down a second time. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

describe('seals', () => {
  it.each(['sqlite', 'postgres', 'pglite', 'pgbouncer'])(
    'cover every event once and follow each other, and anybody can compute them from the events: %s',
    async (database) => {
      if (database === 'pgbouncer' && inject('pgbouncerUrl') === null) return
      const { engine, companyId } = await open(database)
      await engine.start()
      for (let round = 0; round < 3; round += 1) {
        await work(engine, companyId)
        await untilSealed(engine, companyId)
      }
      const { items: events } = await engine.events.list({ companyId, limit: 100 })
      const seals = await sealsOf(engine, companyId)
      expect(seals.length).toBeGreaterThan(2)
      let previousSeal = '0'.repeat(64)
      let covered = 0
      for (const [index, seal] of seals.entries()) {
        const batch = events.filter(({ seq }) => seq >= seal.firstSeq && seq <= seal.lastSeq)
        expect(seal).toMatchObject({ companyId, number: index + 1, previousSeal, count: batch.length, epoch: 1 })
        const json = canonical(batch.map((event) => ({ ...event, epoch: seal.epoch })))
        expect(seal.seal).toBe(createHash('sha256').update(previousSeal).update(json).digest('hex'))
        previousSeal = seal.seal
        covered += batch.length
      }
      expect(covered).toBe(events.length)
      expect(await engine.audit.verify({ companyId })).toEqual({
        companyId,
        isSound: true,
        batches: seals.length,
        events: events.length,
        anchors: 0,
        problems: [],
        nextFrom: null,
        unsealed: { events: 0, since: null },
      })
    },
  )
})

describe.each(['sqlite', 'postgres'])('seals on %s', (database) => {
  it('are made by an engine that was started, also of what lay there before', async () => {
    const { engine, companyId } = await open(database)
    await work(engine, companyId)
    const { items: events } = await engine.events.list({ companyId })
    const [oldest] = events
    expect(await engine.audit.status({ companyId })).toEqual({
      companyId,
      newestSeal: null,
      unsealed: { events: events.length, since: oldest?.at },
    })
    expect(await engine.audit.verify({ companyId })).toMatchObject({ isSound: true, batches: 0, unsealed: { events: events.length } })
    await engine.start()
    await untilSealed(engine, companyId)
    const { newestSeal } = await engine.audit.status({ companyId })
    expect(newestSeal).toMatchObject({ number: 1, firstSeq: oldest?.seq, count: events.length })
    expect(await sealsOf(engine, companyId)).toEqual([newestSeal])
  })

  it('write nothing but themselves, no event either', async () => {
    const { engine, companyId, watch } = await open(database)
    await work(engine, companyId)
    const before = await watch.dump()
    await engine.start()
    await untilSealed(engine, companyId)
    expect(await watch.dump()).toBe(before)
  })

  it('cannot be changed or deleted, and neither can events', async () => {
    const { engine, companyId, watch } = await open(database)
    await engine.start()
    await untilSealed(engine, companyId)
    for (const table of ['seals', 'events']) {
      for (const text of [`update ${watch.table(table)} set epoch = 2`, `delete from ${watch.table(table)}`])
        await expect(watch.query(text)).rejects.toThrow(`${table} are append-only`)
    }
  })

  it('of an archived company go up to its last event', async () => {
    const { engine, companyId } = await open(database)
    await engine.start()
    await engine.companies.archive({ companyId })
    await untilSealed(engine, companyId)
    const last = (await engine.events.company({ companyId, limit: 1 })).items[0]
    expect(last?.type).toBe('company.status_changed')
    expect((await engine.audit.status({ companyId })).newestSeal?.lastSeq).toBe(last?.seq)
    expect(await engine.audit.verify({ companyId })).toMatchObject({ isSound: true })
  })

  it('are verified from a batch on, and some at a time', async () => {
    const { engine, companyId } = await open(database)
    await engine.start()
    for (let round = 0; round < 3; round += 1) {
      await work(engine, companyId, 1)
      await untilSealed(engine, companyId)
    }
    const count = (await sealsOf(engine, companyId)).length
    expect(await engine.audit.verify({ companyId, limit: 2 })).toMatchObject({ isSound: true, batches: 2, nextFrom: 3 })
    expect(await engine.audit.verify({ companyId, from: 3 })).toMatchObject({ isSound: true, batches: count - 2, nextFrom: null })
    expect(await engine.audit.verify({ companyId, from: count + 1 })).toMatchObject({ isSound: true, batches: 0, nextFrom: null })
    expect(await errorOf(engine.audit.verify({ companyId, from: 0 }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(engine.audit.seals({ companyId, cursor: 'x' }))).toMatchObject({ code: 'invalid_input' })
  })

  it('are shown to those who look after the company', async () => {
    const { engine, companyId, agentId } = await open(database)
    const user = (role: 'admin' | 'operator'): Actor => ({ kind: 'user', id: role, roles: { [companyId]: role } })
    expect(await engine.as(user('admin')).audit.status({ companyId })).toMatchObject({ newestSeal: null })
    for (const actor of [user('operator'), { kind: 'agent', id: agentId, companyId } as const]) {
      const api = engine.as(actor)
      for (const call of [api.audit.status, api.audit.seals, api.audit.verify])
        expect(await errorOf(call({ companyId }))).toMatchObject({ code: 'forbidden' })
    }
    const stranger = engine.as({ kind: 'user', id: 'x', roles: {} })
    expect(await errorOf(stranger.audit.verify({ companyId }))).toMatchObject({ code: 'not_found' })
  })
})

describe('a seal', () => {
  // Identity columns give out numbers before the commit, so a slow transaction has low ones and late events.
  it('does not cover a number whose event may still come, on Postgres', async () => {
    const [recorded, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const clock = createFakeClock()
    let isSlow = false
    const probe = async (step: string) => {
      if (!isSlow || step !== 'tasks.progress.recorded') return
      isSlow = false
      recorded.resolve()
      await mayCommit.promise
    }
    const { engine, companyId, agentId } = await open('postgres', { probe, clock })
    onTestFinished(() => mayCommit.resolve())
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Slow', assigneeAgentId: agentId })
    await engine.tasks.checkout({ taskId })
    await engine.start()
    const loops = await until(
      () => clock.sleeping,
      (count) => count > 3,
    )
    const pass = async () => {
      await clock.advance(settings.sealMs / 2)
      await until(
        () => clock.sleeping,
        (count) => count >= loops,
      )
      return engine.audit.status({ companyId })
    }
    await until(pass, ({ unsealed }) => unsealed.events === 0)
    await engine.tasks.create({ companyId, title: 'Seen by this pass, to be sealed by the next one' })
    await pass()
    isSlow = true
    const slow = engine.tasks.progress({ taskId, percent: 20 }, { idempotencyKey: 'slow' })
    await recorded.promise
    await engine.tasks.create({ companyId, title: 'Has a higher number than the slow one' })
    const status = await until(pass, ({ newestSeal }) => newestSeal?.number === 2)
    expect(status.unsealed.events).toBe(1)
    await pass()
    expect(await pass()).toEqual(status)
    mayCommit.resolve()
    await slow
    await until(pass, ({ unsealed }) => unsealed.events === 0)
    expect(await engine.audit.verify({ companyId })).toMatchObject({ isSound: true, problems: [] })
  })

  it('is the same for the same log on SQLite and on Postgres', async () => {
    const id = '01990000-0000-7000-8000-00000000000a'
    const data = JSON.stringify({
      numbers: [0, 0.1, 1e-7, 5e-324, 1.797_693_134_862_315_7e308, 1e21, 2 ** 53 - 1, 0.300_000_000_000_000_04],
      z: { '😂': 1, ﬀ: 2, '': 3, 10: 4, 9: 5 },
      texts: ['Ünï "x" \\ \u2028\u0001', '', null, true],
    })
    const values = [
      1,
      7,
      `'${id}'`,
      `'${id}'`,
      `'a.b'`,
      `'user'`,
      `'ü'`,
      'null',
      `'task'`,
      `'${id}'`,
      3,
      `'${data.replaceAll(`'`, `''`)}'`,
      `'r'`,
    ]
    const columns =
      'seq, epoch, id, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at'
    const row = `${values.join(', ')}, '2026-01-02T03:04:05.600Z'`
    const [file, url] = [join(temporaryFolder(), 'engine.db'), await newDatabase()]
    const places: readonly (readonly [Where, ReturnType<typeof sqlite>, string])[] = [
      [{ file }, sqlite(file), ''],
      [{ url }, postgres(url), 'overriding system value'],
    ]
    const seals: string[] = []
    for (const [where, storage, override] of places) {
      await (await createTestEngine({ storage })).engine.stop()
      await tamper(where, async (raw) => {
        await raw.run('delete from events')
        await raw.run(`insert into events (${columns}) ${override} values (${row})`)
      })
      const db = openDatabase(storage, storage.open().dialect)
      const rows = await eventRows(db, { companyId: id, after: 0, upTo: 1_000, limit: 10 })
      await db.destroy()
      expect(rows).toHaveLength(1)
      seals.push(sealOf('0'.repeat(64), rows))
    }
    expect(seals[0]).toBe(seals[1])
  })

  it('that cannot be made holds up no other company', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const errors: unknown[] = []
    const logger = {
      debug() {},
      info() {},
      warn() {},
      error: (message: string, fields?: object) => void errors.push({ message, ...fields }),
    }
    const { engine, companyId } = await open('sqlite', { storage: sqlite(file), logger })
    const other = await engine.companies.create({ name: 'Other' })
    await tamper({ file }, (raw) => raw.run(`update events set data = '{' where company_id = '${companyId}'`))
    await engine.start()
    await untilSealed(engine, other.id)
    await until(
      () => errors.length,
      (count) => count > 1,
    )
    expect(errors).toContainEqual(expect.objectContaining({ companyId }))
    expect((await engine.audit.status({ companyId })).newestSeal).toBeNull()
    expect((await engine.audit.status({ companyId: other.id })).newestSeal).toMatchObject({ number: 1 })
  })

  it('is made as soon as the database answers again, whichever question failed', async () => {
    const asked = /"seals"|select "seq"|from "companies" where "id" >/
    let isTold = true
    for (let fails = 1; isTold; fails += 1) {
      let count = 0
      isTold = false
      const storage = intercepted(await newStorage('sqlite'), (text) => {
        if (asked.test(text)) count += 1
        if (count !== fails || isTold) return
        isTold = true
        throw new Error('no answer')
      })
      const { engine, companyId } = await open('sqlite', { storage })
      count = 0
      await engine.start()
      await until(
        () => engine.audit.status({ companyId }).catch(() => null),
        (status) => status?.unsealed.events === 0,
      )
      await work(engine, companyId)
      await until(
        () => engine.audit.status({ companyId }).catch(() => null),
        (status) => status?.unsealed.events === 0,
      )
      expect((await engine.audit.verify({ companyId })).problems).toEqual([])
      await engine.stop()
      if (fails > 12) break
    }
  })

  it('is made again for events that come between one that is being sealed and the next look', async () => {
    const clock = createFakeClock()
    const during: (() => Promise<unknown>)[] = []
    const storage = intercepted(await newStorage('sqlite'), async (text) => {
      if (text.includes('from "seals"')) await during.pop()?.()
    })
    const { engine, companyId } = await open('sqlite', { storage, clock })
    const create = (title: string) => engine.tasks.create({ companyId, title })
    const afterPasses = (isEnough: (status: Awaited<ReturnType<Engine['audit']['status']>>) => boolean) =>
      until(async () => {
        await clock.advance(settings.sealMs / 2)
        return engine.audit.status({ companyId })
      }, isEnough)
    await engine.start()
    await afterPasses(({ unsealed }) => unsealed.events === 0)
    const { number } = (await engine.audit.status({ companyId })).newestSeal ?? { number: 0 }
    await create('Seen by a pass')
    await clock.advance(settings.sealMs / 2)
    during.push(() => create('Comes while the next pass seals that'))
    await clock.advance(settings.sealMs / 2)
    await until(
      async () => (await engine.audit.status({ companyId })).newestSeal?.number,
      (now) => now === number + 1,
    )
    await create('Comes before the pass after that')
    await afterPasses(({ unsealed }) => unsealed.events === 0)
    expect((await sealsOf(engine, companyId)).at(-2)).toMatchObject({ number: number + 1, count: 2 })
  })

  it('covers no more than a thousand events, and a long log is sealed in one go', async () => {
    const { engine, companyId } = await open('sqlite')
    for (let page = 0; page < 13; page += 1)
      await engine.tasks.createMany({ companyId, tasks: Array.from({ length: 100 }, (_, index) => ({ title: `${page} ${index}` })) })
    await engine.start()
    await untilSealed(engine, companyId)
    const counts = (await sealsOf(engine, companyId)).map((seal) => seal.count)
    expect(counts[0]).toBe(1_000)
    expect(counts.length).toBeGreaterThan(1)
    expect(await engine.audit.verify({ companyId })).toMatchObject({ isSound: true })
  })
})

describe.each(['sqlite', 'postgres'])('a log on %s that was changed behind its back', (database) => {
  it('is found by the verification of the whole database too, which names company, batch and events', async () => {
    const where: Where = database === 'sqlite' ? { file: join(temporaryFolder(), 'engine.db') } : { url: await newDatabase() }
    const storage = 'file' in where ? sqlite(where.file) : postgres(where.url)
    const { engine, companyId } = await open(database, { storage })
    await engine.start()
    await work(engine, companyId)
    await untilSealed(engine, companyId)
    expect((await engine.verify()).isSound).toBe(true)
    const { newestSeal } = await engine.audit.status({ companyId })
    const [from, to] = [newestSeal?.firstSeq, newestSeal?.lastSeq]
    await tamper(where, (raw) => raw.run(`update events set actor_id = 'somebody' where seq = ${to}`))
    const number = newestSeal?.number ?? 0
    expect(await engine.audit.verify({ companyId })).toMatchObject({
      isSound: false,
      problems: [{ kind: 'events_edited', number, firstSeq: from, lastSeq: to }],
    })
    const broken = (await engine.verify()).checks.filter((check) => !check.isHeld)
    expect(broken).toMatchObject([
      { name: 'events_match_their_seals', count: 1, violations: [{ companyId, entity: 'company', id: companyId }] },
    ])
    expect(broken[0]?.violations[0]?.problem).toContain(`Batch ${number}: its events ${from} to ${to}`)
  })
})
