import { expect, it } from 'vitest'

import { callHandler, createWorld } from './http-fixtures.ts'

async function open() {
  const { engine } = await createWorld()
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const localActor = { kind: 'user', id: 'ann', roles: { [companyId]: 'operator' } } as const
  const call = callHandler({ engine, localActor })
  const create = (title: string) => engine.tasks.create({ companyId, title })
  return { engine, companyId, call, create }
}

it('a query string names several statuses with commas between them', async () => {
  const { engine, companyId, call, create } = await open()
  const [first, second] = [await create('First'), await create('Second')]
  await engine.tasks.cancel({ taskId: first.id })
  await engine.tasks.update({ taskId: second.id, status: 'backlog' })
  await create('Third')
  const list = (query: string) => call('GET', `/api/companies/${companyId}/tasks?${query}`)
  expect((await list('status=cancelled,backlog&isOverdue=false')).body).toMatchObject({ items: [{ id: first.id }, { id: second.id }] })
  expect(await list('status=cancelled,wrong')).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
  expect(await list('isOverdue=perhaps')).toMatchObject({ status: 400 })
})

it('tasks are changed, held and deleted by their paths, and a deleted one is 404', async () => {
  const { companyId, call, create } = await open()
  const [first, second] = [await create('First'), await create('Second')]
  const changed = await call('PATCH', `/api/companies/${companyId}/tasks/bulk`, {
    body: {
      tasks: [
        { taskId: first.identifier, title: 'Changed' },
        { taskId: 'ACM-999', title: 'x' },
      ],
    },
  })
  expect(changed).toMatchObject({ status: 200, body: { items: [{ status: 'updated' }, { status: 'refused', taskId: 'ACM-999' }] } })
  expect(await call('POST', `/api/tasks/${first.identifier}/pause-subtree`, { body: { reason: 'later' } })).toMatchObject({
    status: 200,
    body: { changed: 1, task: { heldByTaskId: first.id } },
  })
  expect(await call('DELETE', `/api/tasks/${first.identifier}`)).toMatchObject({ status: 200, body: { id: first.id } })
  expect(await call('GET', `/api/tasks/${first.id}`)).toMatchObject({ status: 404 })
  const bulk = await call('POST', `/api/companies/${companyId}/tasks/bulk-delete`, { body: { taskIds: [first.id, second.id] } })
  expect(bulk).toMatchObject({ body: { items: [{ status: 'refused' }, { status: 'deleted', task: { id: second.id } }] } })
  expect(await call('GET', `/api/companies/${companyId}/search?query=first&types=task`)).toMatchObject({ status: 200, body: { items: [] } })
  expect(await call('GET', '/api/agents/me/tasks')).toMatchObject({ status: 403 })
})

it('the description of the API says how several values are written', async () => {
  const { call, companyId } = await open()
  const document = await call('GET', '/api/openapi.json')
  expect(companyId).toBeTruthy()
  const list = JSON.parse(document.text).paths['/api/companies/{companyId}/tasks'].get
  const status = list.parameters.find((parameter: { name: string }) => parameter.name === 'status')
  expect(status).toMatchObject({ in: 'query', explode: false, schema: { type: 'array' } })
  expect(JSON.stringify(status.schema)).not.toContain('"param"')
})
