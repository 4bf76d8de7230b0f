// The floor of bench/http.ts but for its database: express and zod, and nothing of what an engine is for: no callers, no permissions, no
// rules, no keys against repeats. Prints the port that it listens on.
import express from 'express'
import { z } from 'zod'

const Id = z.strictObject({ id: z.uuid() })
const Page = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(50), after: z.uuid().optional() })
const Create = z.strictObject({ title: z.string().min(1).max(500), description: z.string().max(100_000).optional() })
const Update = z.strictObject({ title: z.string().min(1).max(500) })

/** Whoever has a database that answers at once need not wait for it. */
const when = (found, then) => (found instanceof Promise ? found.then(then) : then(found))

/** @param store reads and writes tasks: `get`, `page`, `create`, `update`; `show` makes of a row what is sent */
export function listen({ get, page, create, update, show }) {
  const app = express().disable('etag').disable('x-powered-by')
  app.use(express.json({ limit: '2mb' }))
  const answer = (response, status, found) =>
    when(found, (row) => (row ? response.status(status).json(show(row)) : response.status(404).json({ code: 'not_found' })))
  app.get('/api/tasks/:id', (request, response) => answer(response, 200, get(Id.parse(request.params).id)))
  app.patch('/api/tasks/:id', (request, response) => answer(response, 200, update(Id.parse(request.params).id, Update.parse(request.body))))
  app.get('/api/companies/:id/tasks', (request, response) => {
    const { limit, after } = Page.parse(request.query)
    return when(page(Id.parse(request.params).id, after, limit), (rows) =>
      response.json({ items: rows.map(show), nextCursor: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }),
    )
  })
  app.post('/api/companies/:id/tasks', (request, response) =>
    answer(response, 201, create(Create.parse(request.body), Id.parse(request.params).id)),
  )
  const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
  process.on('disconnect', () => process.exit())
}

let number = 0

/** The row of a new task: as one that the engine made, with what it says itself. */
export function newTask(template, { title, description = null }, { id, companyId, now }) {
  number += 1
  return { ...template, id, identifier: `NEW-${number}`, company_id: companyId, title, description, created_at: now, updated_at: now }
}
