// The floor of bench/http.ts on Postgres: pg with a pool of as many connections as the engine has, and statements that it prepares by
// their names. A write has its row of the log, in the same transaction. Told the address of a database, it prints the port.
import { randomUUID } from 'node:crypto'
import pg from 'pg'

import { listen, newTask } from './floor-app.mjs'

const [connectionString = ''] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString, max: 10 })
// The end of the database server is not the end of this one.
pool.on('error', () => undefined)
const run = async (on, [name, text], values) => (await on.query({ name, text, values })).rows
const first = async (table) => (await pool.query(`select * from engine.${table} limit 1`)).rows[0]

const template = await first('tasks')
const { seq: _seq, xid: _xid, ...event } = await first('events')
// Lists and objects are JSON in these tables; pg would write a list as one of Postgres.
const written = (value) => (typeof value === 'object' && value !== null && !(value instanceof Date) ? JSON.stringify(value) : value)
const insertInto = (table, columns) => [
  `insert ${table}`,
  `insert into engine.${table} (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning *`,
]
const [taskColumns, eventColumns] = [Object.keys(template), Object.keys(event)]
const insertTask = insertInto('tasks', taskColumns)
const insertEvent = insertInto('events', eventColumns)
const readTask = ['get', 'select * from engine.tasks where id = $1']
const readFirst = ['first', 'select * from engine.tasks where company_id = $1 order by id limit $2']
const readNext = ['next', 'select * from engine.tasks where company_id = $1 and id > $3 order by id limit $2']
const retitle = ['update', 'update engine.tasks set title = $2, version = version + 1, updated_at = $3 where id = $1 returning *']

const log = (client, type, { task, now }) => {
  const row = { ...event, id: randomUUID(), type, entity_id: task.id, data: { task }, at: now }
  return run(
    client,
    insertEvent,
    eventColumns.map((column) => written(row[column])),
  )
}

async function inTransaction(work) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

listen({
  get: async (id) => (await run(pool, readTask, [id]))[0],
  page: (companyId, after, limit) =>
    after === undefined ? run(pool, readFirst, [companyId, limit]) : run(pool, readNext, [companyId, limit, after]),
  create: (given, companyId) =>
    inTransaction(async (client) => {
      const now = new Date()
      const row = newTask(template, given, { id: randomUUID(), companyId, now })
      const values = taskColumns.map((column) => written(row[column]))
      const [task] = await run(client, insertTask, values)
      await log(client, 'task.created', { task, now })
      return task
    }),
  update: (id, { title }) =>
    inTransaction(async (client) => {
      const now = new Date()
      const [task] = await run(client, retitle, [id, title, now])
      if (task) await log(client, 'task.updated', { task, now })
      return task
    }),
  show: (task) => task,
})
