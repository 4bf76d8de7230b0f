// What a call is about and is not there is 404; what else it refers to is 422 and named; a filter finds nothing then.
import { describe, expect, it, onTestFinished } from 'vitest'

import type { Api } from '@engine/core'
import { scriptedDestination } from '@engine/testing'

import { createWorld, errorOf } from './support/engine.ts'

const nobody = '019abc00-0000-7000-8000-000000000000'

async function open() {
  const world = await createWorld({ destinations: [scriptedDestination()], agentMode: 'manual' })
  onTestFinished(() => world.engine.stop())
  const task = await world.engine.tasks.create({ companyId: world.companyId, title: 'Write' })
  return { ...world, task }
}

type Call = (api: Api, given: { companyId: string; taskId: string; title: string }) => Promise<unknown>
const newTask = (more: object): Call => {
  return (api, { companyId, title }) => api.tasks.create({ companyId, title, ...more })
}
const cost = { sourceEventId: 'a', provider: 'somebody', costMicros: 1 }
const route = { name: 'Out', destinationType: 'scripted', events: ['*'] }

const referring: readonly (readonly [field: string, call: Call])[] = [
  ['parentId', newTask({ parentId: nobody })],
  ['parentId', newTask({ parentId: 'ZZZ-99' })],
  ['blockedBy', newTask({ blockedBy: [nobody] })],
  ['assigneeAgentId', newTask({ assigneeAgentId: nobody })],
  ['preferredAgentId', newTask({ preferredAgentId: nobody })],
  ['projectId', newTask({ projectId: nobody })],
  ['goalId', newTask({ goalId: nobody })],
  ['sprintId', newTask({ sprintId: nobody })],
  ['agentId', (api, { taskId }) => api.tasks.assign({ taskId, agentId: nobody })],
  ['agentId', (api, { taskId }) => api.tasks.checkout({ taskId, agentId: nobody })],
  ['parentId', (api, { companyId }) => api.goals.create({ companyId, title: 'Grow', parentId: nobody })],
  ['leadAgentId', (api, { companyId }) => api.projects.create({ companyId, name: 'Shop', leadAgentId: nobody })],
  ['projectId', (api, { companyId }) => api.sprints.create({ companyId, name: 'One', projectId: nobody })],
  ['taskId', (api, { companyId }) => api.costs.report({ companyId, ...cost, taskId: nobody })],
  ['agentId', (api, { companyId }) => api.costs.report({ companyId, ...cost, agentId: nobody })],
  ['runId', (api, { companyId }) => api.costs.report({ companyId, ...cost, runId: nobody })],
  ['scopeId', (api, { companyId }) => api.budgets.set({ companyId, scope: 'agent', scopeId: nobody, limit: 1 })],
  ['projectId', (api, { companyId }) => api.routes.create({ companyId, ...route, projectId: nobody })],
  ['agentId', (api, { companyId }) => api.routes.create({ companyId, ...route, agentId: nobody })],
  ['taskId', (api, { companyId }) => api.routing.dryRun({ companyId, taskId: 'ZZZ-99' })],
  ['taskId', (api, { companyId }) => api.approvals.request({ companyId, type: 'custom', payload: {}, taskId: nobody })],
  ['projectId', (api, { companyId }) => api.knowledge.create({ companyId, title: 'Tea', body: 'Hot', projectId: nobody })],
  ['labels', newTask({ labels: ['urgent'] })],
  ['scopeId', (api, { companyId }) => api.preferences.set({ companyId, scope: 'project', scopeId: nobody, key: 'tone', value: 'kind' })],
  ['goalId', (api, { companyId }) => api.projects.create({ companyId, name: 'Shop', goalId: nobody })],
  ['targetAgentId', (api, { companyId }) => api.routing.create({ companyId, name: 'All', targetAgentId: nobody })],
  ['preferredAgentId', (api, { companyId }) => api.routing.dryRun({ companyId, task: { title: 'T', preferredAgentId: nobody } })],
  ['preferredAgentId', (api, { taskId }) => api.tasks.update({ taskId, preferredAgentId: nobody })],
  [
    'taskId',
    (api, { companyId }) =>
      api.agents.list({ companyId }).then(({ items: [agent] }) => api.agents.invoke({ agentId: agent?.id ?? '', taskId: nobody })),
  ],
  ['projectId', (api, { companyId }) => api.knowledge.search({ companyId, query: 'Tea', projectId: nobody })],
  ['defaultAgentId', (api, { companyId }) => api.companies.update({ companyId, defaultAgentId: nobody })],
]

/** What is not of the company but of a narrower place, or of a wider one. */
const referringElsewhere: typeof referring = [
  ['assigneeUserId', newTask({ assigneeUserId: nobody })],
  ['parentId', (api, { taskId }) => api.comments.create({ taskId, body: 'Yes', parentId: nobody })],
]

describe('a reference to what is not there', () => {
  it.each(referring)('as %s is refused by that name', async (field, call) => {
    const { engine, companyId, task } = await open()
    const refused = await errorOf(call(engine, { companyId, taskId: task.id, title: 'More' }))
    expect(refused).toMatchObject({
      code: 'rule_violated',
      message: expect.stringMatching(new RegExp(`^${field}: there is no .* in this company\\.`)),
    })
    expect(refused.details).toMatchObject({ field, entity: expect.any(String), reference: expect.any(String) })
  })

  it.each(referringElsewhere)('as %s, which is not looked for in the company alone, is refused by that name too', async (field, call) => {
    const { engine, companyId, task } = await open()
    const refused = await errorOf(call(engine, { companyId, taskId: task.id, title: 'More' }))
    expect(refused).toMatchObject({ code: 'rule_violated', message: expect.stringMatching(new RegExp(`^${field}: `)) })
  })

  it('as what the call is about is not found', async () => {
    const { engine } = await open()
    for (const call of [
      engine.tasks.get({ taskId: nobody }),
      engine.tasks.get({ taskId: 'ZZZ-99' }),
      engine.agents.get({ agentId: nobody }),
    ])
      expect(await errorOf(call)).toMatchObject({ code: 'not_found' })
  })
})

describe('a list', () => {
  it('takes an identifier of a task wherever it takes its id', async () => {
    const { engine, companyId, agentId, task } = await open()
    const child = await engine.tasks.create({ companyId, title: 'Part', parentId: task.id })
    const other = await engine.tasks.create({ companyId, title: 'Other' })
    const { run, credential } = await engine.tasks.checkout({ taskId: task.id, agentId })
    const api = engine.as((await engine.authenticate(credential ?? '')) ?? expect.unreachable())
    await engine.costs.report({ companyId, ...cost, taskId: task.id })
    await api.deliverables.submit({ taskId: task.id, title: 'Draft', content: 'Words' })
    await engine.interactions.ask({ taskId: other.id, ask: { kind: 'question', prompt: 'Which?' } })
    const found = async (reference: string, asked: string) => [
      (await engine.tasks.list({ companyId, parentId: reference })).items.map(({ id }) => id),
      (await engine.runs.list({ companyId, taskId: reference })).items.map(({ id }) => id),
      (await engine.costs.list({ companyId, taskId: reference })).items.map(({ taskId }) => taskId),
      (await engine.deliverables.list({ companyId, taskId: reference })).items.map(({ taskId }) => taskId),
      (await engine.interactions.list({ companyId, taskId: asked })).items.map(({ taskId }) => taskId),
    ]
    const all = [[child.id], [run.id], [task.id], [task.id], [other.id]]
    expect(await found(task.id, other.id)).toEqual(all)
    expect(await found(task.identifier.toLowerCase(), other.identifier)).toEqual(all)
    expect(await found('ZZZ-99', 'ZZZ-99')).toEqual([[], [], [], [], []])
    expect(await errorOf(engine.runs.list({ companyId, taskId: 'no task' }))).toMatchObject({ code: 'invalid_input' })
  })

  it('finds nothing by the identifier of another company', async () => {
    const { engine, task } = await open()
    const other = await engine.companies.create({ name: 'Beta' })
    await engine.tasks.create({ companyId: other.id, title: 'Theirs' })
    expect((await engine.tasks.list({ companyId: other.id, parentId: task.identifier })).items).toEqual([])
    expect((await engine.runs.list({ companyId: other.id, taskId: task.identifier })).items).toEqual([])
  })
})

describe('a key that is revoked', () => {
  it('says which runs go on with credentials of their own, and ends them when it is told to', async () => {
    const { engine, companyId, agentId, task } = await open()
    const { id: keyId, key } = await engine.keys.create({ agentId, name: 'Laptop' })
    const api = engine.as((await engine.authenticate(key)) ?? expect.unreachable())
    const { run, credential } = await api.tasks.checkout({ taskId: task.id })
    expect(await engine.keys.revoke({ keyId })).toMatchObject({ id: keyId, runsLeft: [{ id: run.id, taskId: task.id, status: 'running' }] })
    const own = engine.as((await engine.authenticate(credential ?? '')) ?? expect.unreachable())
    await own.comments.create({ taskId: task.id, body: 'Still here' })
    expect(await engine.keys.revoke({ keyId, endsRuns: true })).toMatchObject({ runsLeft: [] })
    expect(await engine.runs.get({ runId: run.id })).toMatchObject({ status: 'cancelled', errorMessage: 'key_revoked' })
    expect(await engine.tasks.get({ taskId: task.id })).toMatchObject({ status: 'todo' })
    expect(await errorOf(own.comments.create({ taskId: task.id, body: 'And now?' }))).toMatchObject({ code: 'lease_lost' })
    expect(await engine.keys.revoke({ keyId, endsRuns: true })).toMatchObject({ runsLeft: [] })
    const types = (await engine.events.list({ companyId })).items.map(({ type }) => type)
    expect(types.filter((type) => type === 'key.revoked')).toHaveLength(1)
  })
})
