// What the database itself refuses, whatever the code above it does: links out of a company (PROMISES P16), a second owner (P1), a
// limit that is passed (P7), a cost or a delivery twice (P9, P13), two requests about one thing (P14).
import { describe, expect, it } from 'vitest'

import { scriptedDestination, type WatchedStorage } from '@engine/testing'

import { begin, createShop, spend, type Worker } from './support/budgets.ts'
import type { World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

/** A column that is called as if it linked to a row. */
interface Column {
  readonly table: string
  readonly column: string
}

/**
 * Links that no foreign key holds in their company, each with its reason. Who did something, a person, an agent or Engine, is told by
 * two columns, of which one is its kind.
 */
const free: Readonly<Record<string, string>> = {
  'members user_id': 'a person is of no company',
  'events run_id': 'the log names what was, also what is gone; nothing follows a link of it',
  'events entity_id': 'the same',
  'events request_id': 'the caller says it',
  'deliveries event_id': 'of the log, in whose transaction it is written',
  'deliveries entity_id': 'the same',
  'deliveries digest_id': 'of no table: what is sent together has the same',
  'search_entries entity_id': 'written with its thing, and looked for by company',
  'search_entries task_id': 'the same',
  'preferences scope_id': 'of the kind that `scope` says; the command looks for it in the company',
  'budget_stops scope_id': 'that of its budget',
  'budgets scope_id': 'one of the linked columns beside it, by a check',
  'secret_uses target_id': 'one of the linked columns beside it',
  'budget_holds agent_id': 'that of its run',
  'budget_holds task_id': 'that of its run',
  'budget_holds project_id': 'that of its task when it was held',
  'secret_accesses agent_id': 'that of its run',
  'session_charges run_id': 'the run that was charged last; compared, and not followed',
  'breakers probe_run_id': 'compared with the run that ends, and not followed',
  'tasks checkout_run_id': 'that of the lease of its task, whose row links',
  'tasks checkout_agent_id': 'the same',
  'runs worker_id': 'of the installation',
  'leases worker_id': 'of the installation',
  'cost_events source_event_id': 'whatever its source calls it',
  'routine_fires delivery_id': 'whatever its sender calls it',
  'run_callbacks delivery_id': 'whatever its sender calls it',
}

const families = {
  sqlite: {
    columns: `select m.name as "table", p.name as "column" from sqlite_schema m, pragma_table_info(m.name) p where m.type = 'table'`,
    // SQLite can add no foreign key of two columns to a table that is there; two triggers hold it instead.
    links: `select m.name as "table", f."from" as "column" from sqlite_schema m, pragma_foreign_key_list(m.name) f
      where m.type = 'table' and exists (select 1 from pragma_foreign_key_list(m.name) o where o.id = f.id and o."from" = 'company_id')
      union select t.tbl_name, p.name from sqlite_schema t, pragma_table_info(t.tbl_name) p where t.type = 'trigger'
        and t.sql like '%before insert on%' || 'when new.' || p.name || ' is not null%company_id = new.company_id and %id = new.' || p.name || '%'`,
  },
  postgres: {
    columns: `select table_name as "table", column_name as "column" from information_schema.columns where table_schema = 'engine'`,
    links: `select c.conrelid::regclass::text as "table", a.attname as "column" from pg_constraint c
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
      where c.contype = 'f' and exists (select from pg_attribute o where o.attrelid = c.conrelid and o.attnum = any(c.conkey) and o.attname = 'company_id')`,
  },
} as const

const nameOf = ({ table, column }: Column) => `${table.replace(/^engine\./, '')} ${column}`

async function unlinked(storage: WatchedStorage, family: keyof typeof families): Promise<string[]> {
  const columns = (await storage.watch.query<Column>(families[family].columns)).map(nameOf)
  const links = new Set((await storage.watch.query<Column>(families[family].links)).map(nameOf))
  return columns.filter((name) => {
    const [table = '', column = ''] = name.split(' ')
    const isOfCompany = columns.includes(`${table} company_id`)
    const isWho = columns.includes(`${table} ${column.replace(/_id$/, '_kind')}`)
    return isOfCompany && column.endsWith('_id') && column !== 'company_id' && !isWho && !links.has(name)
  })
}

type Statement = readonly [text: string, values: readonly unknown[]]

interface Scene extends World {
  readonly storage: WatchedStorage
  readonly worker: Worker
  readonly other: Worker
}

const table = ({ storage }: Scene, name: string) => storage.watch.table(name)

/** Rows that there must not be, each with what there is before. */
const broken: Readonly<Record<string, (scene: Scene) => Promise<Statement>>> = {
  async 'a second owner of a task'(scene) {
    const { worker, other } = scene
    await worker.api.tasks.progress({ taskId: worker.taskId, percent: 1 })
    return [`update ${table(scene, 'leases')} set task_id = ? where run_id = ?`, [worker.taskId, other.run.id]]
  },
  async 'more than the limit of a budget'(scene) {
    await setAndSpend(scene)
    return [`update ${table(scene, 'budget_periods')} set held = limit_amount + excess - spent + 1 where company_id = ?`, [scene.companyId]]
  },
  async 'less than nothing that is held'(scene) {
    await setAndSpend(scene)
    return [`update ${table(scene, 'budget_periods')} set held = -1 where company_id = ?`, [scene.companyId]]
  },
  async 'a cost of which its source says nothing'(scene) {
    await spend(scene.worker, 10)
    return [`update ${table(scene, 'cost_events')} set source_event_id = null where company_id = ?`, [scene.companyId]]
  },
  async 'a cost a second time'(scene) {
    await spend(scene.worker, 10)
    await spend(scene.other, 10)
    return [`update ${table(scene, 'cost_events')} set source = 'a', source_event_id = 'one' where company_id = ?`, [scene.companyId]]
  },
  async 'two requests about one thing'(scene) {
    const { engine, companyId } = scene
    for (const subject of ['a', 'b']) await engine.approvals.request({ companyId, type: 'custom', subject, payload: {} })
    return [`update ${table(scene, 'approvals')} set subject = 'a' where company_id = ?`, [companyId]]
  },
  async 'two results of a task that wait for a review'(scene) {
    const { worker, engine } = scene
    const submit = (title: string) => worker.api.deliverables.submit({ taskId: worker.taskId, title, content: 'text' })
    const { id } = await submit('Draft')
    await engine.deliverables.review({ deliverableId: id, decision: 'revision_requested', feedback: 'More' })
    await engine.tasks.checkout({ taskId: worker.taskId, agentId: scene.agentId })
    await engine.deliverables.submit({ taskId: worker.taskId, title: 'Better', content: 'text' })
    return [`update ${table(scene, 'deliverables')} set status = 'pending' where id = ?`, [id]]
  },
  async 'an event that a route sends twice'(scene) {
    const { engine, companyId, worker } = scene
    await engine.routes.create({ companyId, name: 'Out', destinationType: 'scripted', events: ['comment.*'] })
    for (const body of ['a', 'b']) await worker.api.comments.create({ taskId: worker.taskId, body })
    const [first] = (await engine.deliveries.list({ companyId })).items
    return [`update ${table(scene, 'deliveries')} set event_id = ? where company_id = ?`, [first?.eventId, companyId]]
  },
}

async function setAndSpend({ engine, companyId, worker }: Scene): Promise<void> {
  await engine.budgets.set({ companyId, scope: 'company', limit: 100 })
  await spend(worker, 40)
}

describe.each(['sqlite', 'postgres'] as const)('the database, on %s', (family) => {
  it('links every row of a company to rows of that company, by whatever column names one', async () => {
    const storage = await newStorage(family)
    await createShop({ storage })
    expect((await unlinked(storage, family)).toSorted()).toEqual(Object.keys(free).toSorted())
  })

  it.each(Object.keys(broken))('refuses %s', async (what) => {
    const storage = await newStorage(family)
    const shop = await createShop({ storage, destinations: [scriptedDestination()] })
    const worker = await begin(shop)
    const other = await begin(shop)
    const before = await storage.watch.dump()
    const statement = await broken[what]?.({ ...shop, storage, worker, other })
    const prepared = await storage.watch.dump()
    expect(prepared).not.toBe(before)
    const [text, values] = statement ?? expect.unreachable()
    await expect(storage.watch.query(text, values)).rejects.toThrow(/unique|duplicate key|check constraint|not[- ]null/i)
    expect(await storage.watch.dump()).toBe(prepared)
  })
})
