// The floor of bench/http.ts on SQLite: better-sqlite3 with the statements prepared. A write has its row of the log, as everybody's would.
// Told the path of a database, it prints the port that it listens on.
import Connection from 'better-sqlite3'
import { randomUUID } from 'node:crypto'

import { listen, newTask } from './floor-app.mjs'

const [path = ''] = process.argv.slice(2)
const database = new Connection(path)
for (const setting of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'cache_size = -65536']) database.pragma(setting)

const columnsOf = (table, without) => database.pragma(`table_info(${table})`).flatMap(({ name }) => (without.includes(name) ? [] : [name]))
const template = database.prepare('select * from tasks limit 1').get()
const event = database.prepare('select * from events limit 1').get()
const insertInto = (table, columns) =>
  database.prepare(`insert into ${table} (${columns.join(', ')}) values (${columns.map((column) => `@${column}`).join(', ')})`)
const insertTask = insertInto('tasks', columnsOf('tasks', []))
const insertEvent = insertInto('events', columnsOf('events', ['seq']))
const readTask = database.prepare('select * from tasks where id = ?')
const readPage = database.prepare('select * from tasks where company_id = ? and id > ? order by id limit ?')
const retitle = database.prepare('update tasks set title = @title, version = version + 1, updated_at = @now where id = @id returning *')
const lists = ['required_capabilities', 'tags', 'acceptance_criteria', 'context']
const show = (row) => {
  const task = { ...row }
  for (const name of lists) task[name] = JSON.parse(row[name])
  return task
}
const log = (type, task, now) =>
  insertEvent.run({ ...event, id: randomUUID(), type, entity_id: task.id, data: JSON.stringify({ task: show(task) }), at: now })
const create = database.transaction((given, companyId) => {
  const now = new Date().toISOString()
  const task = newTask(template, given, { id: randomUUID(), companyId, now })
  insertTask.run(task)
  log('task.created', task, now)
  return task
})
const update = database.transaction((id, { title }) => {
  const now = new Date().toISOString()
  const task = retitle.get({ id, title, now })
  if (task) log('task.updated', task, now)
  return task
})

listen({
  get: (id) => readTask.get(id),
  page: (companyId, after = '', limit) => readPage.all(companyId, after, limit),
  create: create.immediate,
  update: update.immediate,
  show,
})
