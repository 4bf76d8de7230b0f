import { expect, it } from 'vitest'

import { createWorld, serveWorld, type Answer, type Call } from './http-fixtures.ts'

const created = (answer: Answer): Answer => {
  expect(answer.status, answer.text).toBe(201)
  return answer
}

const done = (answer: Answer): Answer => {
  expect(answer.status, answer.text).toBe(200)
  return answer
}

async function prepare(call: Call) {
  const companyId = created(await call('POST', '/api/companies', { body: { name: 'Acme Works' } })).at('id')
  const at = `/api/companies/${companyId}`
  const goalId = created(await call('POST', `${at}/goals`, { body: { title: 'Ship it' } })).at('id')
  const hire = { name: 'Ada', role: 'engineer', adapterType: 'still', executionMode: 'manual' }
  const agentId = created(await call('POST', `${at}/agents`, { body: hire })).at('id')
  const first = created(await call('POST', `${at}/tasks`, { body: { title: 'First', goalId, assigneeAgentId: agentId } })).at('id')
  const second = { title: 'Second', goalId, assigneeAgentId: agentId, blockedBy: [first] }
  const secondId = created(await call('POST', `${at}/tasks`, { body: second })).at('id')
  return { companyId, agentId, first, second: secondId }
}

it('carries a task from the goal to the approved deliverable, by the status codes of the contract', async () => {
  const { engine } = await createWorld()
  const { call } = await serveWorld(engine)
  const { companyId, agentId, first, second } = await prepare(call)

  const blocked = await call('POST', `/api/tasks/${second}/checkout`, { body: {} })
  expect(blocked.status).toBe(422)
  expect(blocked.body).toMatchObject({ code: 'task_blocked', blockers: [{ id: first, identifier: 'ACM-1', status: 'todo' }] })

  const checkout = done(await call('POST', '/api/tasks/ACM-1/checkout'))
  expect(checkout.body).toMatchObject({ task: { id: first, status: 'in_progress' }, run: { status: 'running', agentId } })
  const credential = checkout.at('credential')
  const runId = checkout.at('run.id')
  const again = await call('POST', `/api/tasks/${first}/checkout`, { credential })
  expect(done(again).body).toMatchObject({ run: { id: runId }, credential: null })
  const rival = await call('POST', `/api/tasks/${first}/checkout`, { body: { agentId } })
  expect(rival.status).toBe(409)
  expect(rival.body).toMatchObject({ code: 'checkout_conflict', holder: { runId, agentName: 'Ada', isHolderLive: true } })
  expect(Number(rival.headers.get('retry-after'))).toBeGreaterThan(0)

  done(await call('POST', `/api/runs/${runId}/heartbeat`, { credential }))
  done(await call('POST', `/api/tasks/${first}/progress`, { credential, body: { percent: 40, message: 'half way' } }))
  created(await call('POST', `/api/tasks/${first}/comments`, { credential, body: { body: 'Found it.' } }))
  done(await call('POST', `/api/runs/${runId}/log`, { credential, body: { entries: [{ stream: 'stdout', text: 'hello\n' }] } }))
  const deliverable = created(
    await call('POST', `/api/tasks/${first}/deliverables`, { credential, body: { title: 'Report', content: '# R' } }),
  )
  expect(deliverable.body).toMatchObject({ status: 'pending', number: 1, runId, agentId })
  done(
    await call('POST', `/api/runs/${runId}/report`, { credential, body: { outcome: { kind: 'needs_review' }, usage: { inputTokens: 7 } } }),
  )

  const review = await call('POST', `/api/deliverables/${deliverable.at('id')}/review`, { body: { decision: 'approved' } })
  expect(done(review).body).toMatchObject({ status: 'approved', review: { decision: 'approved', reviewer: { kind: 'user', id: 'local' } } })
  expect(done(await call('GET', `/api/tasks/${first}`)).body).toMatchObject({ status: 'done', progress: { percent: 100 }, checkout: null })
  expect(done(await call('GET', `/api/runs/${runId}`)).body).toMatchObject({ status: 'succeeded', usage: { inputTokens: 7 } })
  expect(done(await call('GET', `/api/runs/${runId}/log`)).body).toMatchObject({ items: [{ stream: 'stdout', text: 'hello\n' }] })
  done(await call('POST', `/api/tasks/${second}/checkout`))

  const types = done(await call('GET', `/api/companies/${companyId}/events?limit=100`)).text
  for (const type of [
    'company.created',
    'task.claimed',
    'task.progress_updated',
    'comment.created',
    'deliverable.approved',
    'task.completed',
  ]) {
    expect(types).toContain(`"type":"${type}"`)
  }
  expect(types).not.toContain(credential)
})

it('sends a deliverable back with feedback, and takes the next version', async () => {
  const { engine } = await createWorld()
  const { call } = await serveWorld(engine)
  const { first } = await prepare(call)
  const submit = async (title: string) => {
    const checkout = done(await call('POST', `/api/tasks/${first}/checkout`))
    const credential = checkout.at('credential')
    const answer = created(await call('POST', `/api/tasks/${first}/deliverables`, { credential, body: { title, content: 'x' } }))
    done(await call('POST', `/api/runs/${checkout.at('run.id')}/report`, { credential, body: { outcome: { kind: 'needs_review' } } }))
    return answer.at('id')
  }
  const one = await submit('One')
  const empty = await call('POST', `/api/deliverables/${one}/review`, { body: { decision: 'revision_requested' } })
  expect(empty.status).toBe(422)
  done(await call('POST', `/api/deliverables/${one}/review`, { body: { decision: 'revision_requested', feedback: 'Shorter.' } }))
  const two = await submit('Two')
  expect(done(await call('GET', `/api/deliverables/${one}`)).body).toMatchObject({ status: 'revised', review: { feedback: 'Shorter.' } })
  expect(done(await call('GET', `/api/deliverables/${two}`)).body).toMatchObject({ status: 'pending', number: 2, parentId: one })
})

it('gives a list page by page, each item once and in order', async () => {
  const { engine } = await createWorld()
  const { call } = await serveWorld(engine)
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const ids: string[] = []
  for (let number = 1; number <= 7; number += 1) ids.push((await engine.tasks.create({ companyId, title: `Task ${number}` })).id)
  const seen: string[] = []
  let cursor = ''
  do {
    const page = done(await call('GET', `/api/companies/${companyId}/tasks?limit=3${cursor}`))
    expect(page.body).toMatchObject({
      items: expect.any(Array),
      nextCursor: expect.toSatisfy((next) => next === null || typeof next === 'string'),
    })
    for (let index = 0; page.at(`items.${index}.id`) !== 'undefined'; index += 1) seen.push(page.at(`items.${index}.id`))
    cursor = page.at('nextCursor') === 'null' ? '' : `&cursor=${page.at('nextCursor')}`
  } while (cursor !== '')
  expect(seen).toEqual(ids)

  const events = done(await call('GET', `/api/companies/${companyId}/events?limit=2&after=3`))
  expect(events.body).toMatchObject({ items: [{ seq: 4 }, { seq: 5 }] })
  const more = await call('GET', `/api/companies/${companyId}/events?limit=2&cursor=${events.at('nextCursor')}`)
  expect(done(more).body).toMatchObject({ items: [{ seq: 6 }, { seq: 7 }] })
})

it('says which page it cannot give', async () => {
  const { engine } = await createWorld()
  const { call } = await serveWorld(engine)
  const { id } = await engine.companies.create({ name: 'Acme' })
  const of = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')
  const wrong = [
    'limit=0',
    'limit=101',
    'limit=1e308',
    'limit=-1',
    'limit=x',
    'limit=',
    'limit=5.5',
    'cursor=garbage',
    'cursor=%00',
    `cursor=${'a'.repeat(501)}`,
  ]
  const forged = [of([]), of(['a', 'b']), of([1]), of({}), of([null]), of('x')].map((cursor) => `cursor=${cursor}`)
  for (const query of [...wrong, ...forged, 'surely=unknown', 'limit=1&limit=2', 'status=nonsense']) {
    const answer = await call('GET', `/api/companies/${id}/tasks?${query}`)
    expect(answer.status, query).toBe(400)
    expect(answer.at('code'), query).toBe('invalid_input')
  }
  expect((await call('GET', `/api/companies/${id}/tasks?limit=1&limit=1`)).status).toBe(200)
  for (const key of [['x'], [1, 2], [{}]]) expect((await call('GET', `/api/companies/${id}/events?cursor=${of(key)}`)).status).toBe(400)
})
