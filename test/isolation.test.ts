import { join } from 'node:path'

import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'

import type { Actor } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { createWorld, dump, errorOf, type World } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

let world: World

afterEach(async () => {
  await world.engine.stop()
})

/** One thing of each kind in a company, by the input field that names it. */
async function furnish(companyId: string) {
  const { engine } = world
  const agent = await engine.agents.create({ companyId, name: 'Eve', role: 'r', adapterType: 'scripted', executionMode: 'manual' })
  const goal = await engine.goals.create({ companyId, title: 'Goal' })
  const task = await engine.tasks.create({ companyId, title: 'Task', assigneeAgentId: agent.id })
  const { run, credential } = await engine.tasks.checkout({ taskId: task.id })
  const comment = await engine.comments.create({ taskId: task.id, body: 'Hello' })
  const deliverable = await engine.deliverables.submit({ taskId: task.id, title: 'Work', content: 'x' })
  return {
    companyId,
    agentId: agent.id,
    goalId: goal.id,
    taskId: task.id,
    runId: run.id,
    commentId: comment.id,
    deliverableId: deliverable.id,
    credential: credential ?? '',
    identifier: task.identifier,
  }
}

/** Input that each operation would accept, so that a refusal comes from the rule under test. */
const samples: Record<string, unknown> = {
  name: 'Name',
  role: 'r',
  adapterType: 'scripted',
  title: 'Title',
  body: 'Body',
  content: 'Content',
  decision: 'approved',
  percent: 1,
  reason: 'Reason',
  agentId: '01890000-0000-7000-8000-000000000001',
  workerId: 'w',
  outcome: { kind: 'done' },
  entries: [{ stream: 'stdout', text: 'x' }],
  tasks: [{ title: 'Title' }],
}

describe("another company's things", () => {
  it('are as absent as things that do not exist, in every registered operation, for every kind of actor', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    world = await createWorld({ storage: sqlite(file) })
    const { engine } = world
    const mine = await furnish(world.companyId)
    const theirs = await furnish((await engine.companies.create({ name: 'Other' })).id)
    const run = await engine.authenticate(mine.credential)
    if (!run) throw new Error('the credential is unknown')
    const actors: Actor[] = [
      { kind: 'user', id: 'u', roles: { [mine.companyId]: 'owner' } },
      { kind: 'user', id: 'nobody', roles: {} },
      { kind: 'agent', id: mine.agentId, companyId: mine.companyId },
      run,
    ]
    const before = dump(file)
    let probes = 0
    for (const { name, definition } of engine.registry.operations) {
      const { company, scope } = definition.access
      if (company === 'new' || company === 'visible') continue
      const { parameter } = engine.registry.entity(company)
      const input: Record<string, unknown> = {}
      for (const [field, schema] of Object.entries(definition.input.shape))
        if (!schema.safeParse(undefined).success) input[field] = samples[field]
      for (const actor of actors) {
        const theirId = theirs[parameter as keyof typeof theirs]
        const absentId = '01890000-0000-7000-8000-000000000000'
        const foreign = await errorOf(engine.execute(name, { input: { ...input, [parameter]: theirId }, actor }))
        const absent = await errorOf(engine.execute(name, { input: { ...input, [parameter]: absentId }, actor }))
        expect([name, scope, foreign.code, foreign.kind]).toEqual([name, scope, 'not_found', 'missing'])
        expect(foreign.message.replace(theirId, '')).toBe(absent.message.replace(absentId, ''))
        probes += 1
      }
    }
    expect(probes).toBeGreaterThan(100)
    expect(dump(file)).toBe(before)
  })

  it('cannot be linked to by a body that names them', async () => {
    world = await createWorld()
    const { engine, companyId } = world
    const theirs = await furnish((await engine.companies.create({ name: 'Other' })).id)
    const mine = await furnish(companyId)
    const links: [string, Record<string, unknown>][] = [
      ['tasks.create', { companyId, title: 'T', assigneeAgentId: theirs.agentId }],
      ['tasks.create', { companyId, title: 'T', preferredAgentId: theirs.agentId }],
      ['tasks.create', { companyId, title: 'T', parentId: theirs.taskId }],
      ['tasks.create', { companyId, title: 'T', parentId: theirs.identifier }],
      ['tasks.create', { companyId, title: 'T', goalId: theirs.goalId }],
      ['tasks.create', { companyId, title: 'T', blockedBy: [theirs.taskId] }],
      ['tasks.update', { taskId: mine.taskId, goalId: theirs.goalId }],
      ['tasks.update', { taskId: mine.taskId, blockedBy: [theirs.identifier] }],
      ['tasks.checkout', { taskId: mine.taskId, agentId: theirs.agentId }],
      ['agents.create', { companyId, name: 'N', role: 'r', adapterType: 'scripted', reportsTo: theirs.agentId }],
      ['agents.update', { agentId: mine.agentId, reportsTo: theirs.agentId }],
      ['goals.create', { companyId, title: 'G', parentId: theirs.goalId }],
      ['goals.create', { companyId, title: 'G', ownerAgentId: theirs.agentId }],
      ['comments.create', { taskId: mine.taskId, parentId: theirs.commentId, body: 'x' }],
    ]
    const events = await engine.events.list({ companyId, limit: 100 })
    for (const [name, input] of links) {
      const refused = await errorOf(engine.execute(name, { input, actor: { kind: 'system', id: 'system' } }))
      expect([name, refused.kind]).toEqual([name, expect.stringMatching(/^(rule|missing)$/)])
    }
    expect(await engine.events.list({ companyId, limit: 100 })).toEqual(events)
  })

  it('cannot be linked to by buggy code either: the database refuses the row', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    world = await createWorld({ storage: sqlite(file) })
    const theirs = await furnish((await world.engine.companies.create({ name: 'Other' })).id)
    const mine = await furnish(world.companyId)
    const db = new Database(file)
    db.pragma('foreign_keys = ON')
    const writes = [
      `update tasks set assignee_agent_id = '${theirs.agentId}' where id = '${mine.taskId}'`,
      `update tasks set goal_id = '${theirs.goalId}' where id = '${mine.taskId}'`,
      `update tasks set company_id = '${theirs.companyId}' where id = '${mine.taskId}'`,
      `insert into task_blockers values ('${mine.companyId}', '${mine.taskId}', '${theirs.taskId}')`,
      `update runs set agent_id = '${theirs.agentId}' where id = '${mine.runId}'`,
      `update comments set task_id = '${theirs.taskId}' where id = '${mine.commentId}'`,
    ]
    for (const write of writes) expect(() => db.exec(write), write).toThrow(/FOREIGN KEY/)
    db.close()
  })
})

it('a viewer sees no adapter configuration', async () => {
  world = await createWorld()
  const { engine, agentId, companyId } = world
  const viewer = engine.as({ kind: 'user', id: 'v', roles: { [companyId]: 'viewer' } })
  expect((await viewer.agents.get({ agentId })).adapterConfig).toBeNull()
  expect((await engine.agents.get({ agentId })).adapterConfig).toEqual({})
  expect((await viewer.companies.list()).items.map((company) => company.id)).toEqual([companyId])
  expect(await errorOf(viewer.agents.pause({ agentId }))).toMatchObject({ code: 'forbidden', message: expect.stringContaining('operator') })
})
