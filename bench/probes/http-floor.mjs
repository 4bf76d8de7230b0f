// The floor of bench/http.ts: express, zod and better-sqlite3 with the statements prepared, and nothing of what an engine is for: no
// callers, no permissions, no rules, no keys against repeats. A write has its row of the log, as everybody's would.
// Told the path of a database, it prints the port that it listens on.
import Connection from 'better-sqlite3'
import express from 'express'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'

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
const shown = (row) => {
  const task = { ...row }
  for (const name of lists) task[name] = JSON.parse(row[name])
  return task
}
const log = (type, task, now) =>
  insertEvent.run({ ...event, id: randomUUID(), type, entity_id: task.id, data: JSON.stringify({ task: shown(task) }), at: now })
let number = 0
const create = database.transaction(({ title, description = null }, companyId) => {
  const now = new Date().toISOString()
  number += 1
  const task = {
    ...template,
    id: randomUUID(),
    identifier: `NEW-${number}`,
    company_id: companyId,
    title,
    description,
    created_at: now,
    updated_at: now,
  }
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

const Id = z.strictObject({ id: z.uuid() })
const Page = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(50), after: z.string().default('') })
const Create = z.strictObject({ title: z.string().min(1).max(500), description: z.string().max(100_000).optional() })
const Update = z.strictObject({ title: z.string().min(1).max(500) })

const app = express().disable('etag').disable('x-powered-by')
app.use(express.json({ limit: '2mb' }))
const answer = (response, status, task) =>
  task ? response.status(status).json(shown(task)) : response.status(404).json({ code: 'not_found' })
app.get('/api/tasks/:id', (request, response) => answer(response, 200, readTask.get(Id.parse(request.params).id)))
app.patch('/api/tasks/:id', (request, response) =>
  answer(response, 200, update.immediate(Id.parse(request.params).id, Update.parse(request.body))),
)
app.get('/api/companies/:id/tasks', (request, response) => {
  const { limit, after } = Page.parse(request.query)
  const rows = readPage.all(Id.parse(request.params).id, after, limit)
  response.json({ items: rows.map(shown), nextCursor: rows.length < limit ? null : (rows.at(-1)?.id ?? null) })
})
app.post('/api/companies/:id/tasks', (request, response) =>
  answer(response, 201, create.immediate(Create.parse(request.body), Id.parse(request.params).id)),
)
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.on('disconnect', () => process.exit())
