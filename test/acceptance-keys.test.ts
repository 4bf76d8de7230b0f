import { describe, expect, it, onTestFinished } from 'vitest'

import { localOperator } from '@engine/http'

import { callHandler, type Answer } from './http-fixtures.ts'
import { createWorld } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const ok = (answer: Answer, status = 200): Answer => {
  expect(answer.status, answer.text).toBe(status)
  return answer
}

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  async function open() {
    const world = await createWorld({ storage: await newStorage(database), agentMode: 'manual' })
    onTestFinished(() => world.engine.stop())
    return { ...world, call: callHandler({ engine: world.engine, localActor: localOperator }) }
  }

  it('an agent that has only its key finds its work, takes it, talks about it and submits it', async () => {
    const { engine, call, companyId, agentId } = await open()
    await engine.tasks.create({ companyId, title: 'Later', priority: 'low', assigneeAgentId: agentId })
    const urgent = await engine.tasks.create({ companyId, title: 'Now', priority: 'critical', assigneeAgentId: agentId })
    const credential = ok(await call('POST', `/api/agents/${agentId}/keys`, { body: { name: 'laptop' } }), 201).at('key')
    expect(credential).toMatch(/^eng_agent_/)

    const mine = ok(await call('GET', '/api/agents/me/tasks', { credential }))
    expect(mine.body).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ id: urgent.id })]) })
    const next = ok(await call('POST', '/api/agents/me/tasks/next', { credential }))
    expect(next.body).toMatchObject({ task: { id: urgent.id, status: 'in_progress' }, run: { agentId, status: 'running' } })

    // From here on it acts as the run of this checkout; its key alone does not change a task that is checked out.
    const run = { credential: next.at('credential') }
    const at = `/api/tasks/${urgent.identifier}`
    expect((await call('POST', `${at}/progress`, { credential, body: { percent: 10 } })).status).toBe(403)
    ok(await call('POST', `/api/runs/${next.at('run.id')}/heartbeat`, run))
    ok(await call('POST', `${at}/progress`, { ...run, body: { percent: 60, message: 'nearly' } }))
    ok(await call('POST', `${at}/comments`, { ...run, body: { body: 'One question is open.' } }), 201)
    const draft = ok(await call('POST', `${at}/deliverables`, { ...run, body: { title: 'Text', content: '# Text' } }), 201)
    ok(await call('POST', `/api/runs/${next.at('run.id')}/report`, { ...run, body: { outcome: { kind: 'needs_review' } } }))
    expect(ok(await call('GET', at, { credential })).at('status')).toBe('in_review')

    const review = { decision: 'approved' }
    expect((await call('POST', `/api/deliverables/${draft.at('id')}/review`, { credential, body: review })).status).toBe(403)
    ok(await call('POST', `/api/deliverables/${draft.at('id')}/review`, { body: review }))
    expect(ok(await call('GET', at, { credential })).body).toMatchObject({ status: 'done', progress: { percent: 100 } })

    const log = ok(await call('GET', `/api/companies/${companyId}/events?limit=100`, { credential })).text
    expect(log).not.toContain(credential)
    expect(log).not.toContain(run.credential)
  })

  it('a task that one agent took is refused to the key of another, who is told by whom it is held', async () => {
    const { engine, call, companyId, agentId, adapter } = await open()
    const other = await engine.agents.create({ companyId, name: 'Bob', role: 'writer', adapterType: adapter.type, executionMode: 'manual' })
    const keyOf = async (id: string) => ok(await call('POST', `/api/agents/${id}/keys`, { body: { name: 'first' } }), 201).at('key')
    const [ada, bob] = [await keyOf(agentId), await keyOf(other.id)]
    const task = await engine.tasks.create({ companyId, title: 'One of a kind' })
    const checkout = `/api/tasks/${task.id}/checkout`
    const answers = await Promise.all([call('POST', checkout, { credential: ada }), call('POST', checkout, { credential: bob })])
    const [won, lost] = answers.toSorted((left, right) => left.status - right.status)
    expect([won?.status, lost?.status]).toEqual([200, 409])
    expect(won?.body).toMatchObject({ credential: expect.stringMatching(/^eng_run_/), run: { status: 'running' } })
    expect(lost?.body).toMatchObject({ code: 'checkout_conflict', holder: { agentId: won?.at('run.agentId'), isHolderLive: true } })
    expect(Number(lost?.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('a key that is revoked is worth nothing from then on, and says no more than an unknown one', async () => {
    const { call, companyId, agentId } = await open()
    const made = ok(await call('POST', `/api/agents/${agentId}/keys`, { body: { name: 'laptop' } }), 201)
    const path = `/api/companies/${companyId}/tasks`
    ok(await call('GET', path, { credential: made.at('key') }))
    ok(await call('POST', `/api/keys/${made.at('id')}/revoke`))
    const [revoked, unknown] = [
      await call('GET', path, { credential: made.at('key') }),
      await call('GET', path, { credential: `eng_agent_${'x'.repeat(43)}` }),
    ]
    const said = (answer: Answer) => [answer.status, answer.at('code'), answer.at('detail'), answer.headers.get('www-authenticate')]
    expect(said(revoked)).toEqual(said(unknown))
    expect(revoked.status).toBe(401)
  })

  it('a filter that a list does not have is refused by its name, and so is a page that is too long', async () => {
    const { call, companyId } = await open()
    for (const [query, field] of [
      ['asignee=me', 'asignee'],
      ['limit=101', 'limit'],
      ['limit=0', 'limit'],
      ['status=finished', 'status'],
    ]) {
      const refused = await call('GET', `/api/companies/${companyId}/tasks?${query}`)
      expect([query, refused.status, refused.at('code')]).toEqual([query, 400, 'invalid_input'])
      expect(refused.text).toContain(field)
    }
    ok(await call('GET', `/api/companies/${companyId}/tasks?limit=100`))
  })
})
