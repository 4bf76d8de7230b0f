import { expect } from 'vitest'

import type { Actor } from '@engine/core'

import { errorOf } from '../error-of.ts'
import { logOf } from './log.ts'
import { furnish } from './furnish.ts'
import { newCompany, engineGroup } from './world.ts'

const absentId = '01890000-0000-7000-8000-000000000000'

/** Input that each operation would accept, so that a refusal comes from the rule under test. */
const samples: Readonly<Record<string, unknown>> = {
  name: 'Name',
  role: 'viewer',
  adapterType: 'scripted',
  title: 'Title',
  body: 'Body',
  content: 'Content',
  decision: 'approved',
  percent: 1,
  reason: 'Reason',
  agentId: absentId,
  workerId: 'w',
  outcome: { kind: 'done' },
  entries: [{ stream: 'stdout', text: 'x' }],
  tasks: [{ title: 'Title' }],
  taskIds: [absentId],
  routingRuleIds: [absentId],
  revision: 1,
  key: 'plan',
  query: 'title',
  type: 'custom',
  subject: 'A thing',
  payload: {},
  payloadHash: '0'.repeat(64),
  note: 'Note',
  ask: { kind: 'question', prompt: 'Why?' },
  interactionIds: [absentId],
  entityType: 'task',
  entityId: absentId,
  scope: 'company',
  embedder: 'e',
  vectors: [{ entryId: absentId, version: 1, vector: '' }],
  triggerId: absentId,
  kind: 'cron',
  expression: '0 9 * * *',
  scheduledFor: '2026-01-01T00:00:00.000Z',
  headers: {},
  value: 'a value of a test',
  number: 1,
  target: 'company',
  as: 'TOKEN',
  runId: absentId,
  accesses: [],
  sourceEventId: 'one',
  provider: 'a',
  costs: [{ sourceEventId: 'one', provider: 'a', costMicros: 1 }],
  usages: [{ sequence: 1, costMicros: 1 }],
  fence: 1,
  model: 'm',
  inputTokens: 1,
  maxOutputTokens: 1,
  inputMicros: 1,
  outputMicros: 1,
  usage: {},
  action: 'keep_paused',
  budgetIds: [absentId],
  agentIds: [absentId],
  holdId: absentId,
  destinationType: 'scripted',
  events: ['task.*'],
  outcomes: [],
  unsent: [],
  wanted: [{ routeId: absentId, limit: 1 }],
  attachmentId: absentId,
  refusal: { code: 'budget_exceeded', message: 'Nothing is left.' },
}

/** Where one name means different things. */
const ownSamples: Readonly<Record<string, Record<string, unknown>>> = {
  'tasks.updateMany': { tasks: [{ taskId: absentId, title: 'Title' }] },
  'routing.dryRun': { task: {} },
  'plugins.install': { plugin: 'another' },
  'plugins.configure': { config: {} },
  'companies.previewMerge': { files: [{ path: 'COMPANY.md', content: '---\nschema: engine.company/v1\nname: Any\n---\n' }] },
  'companies.merge': { files: [{ path: 'COMPANY.md', content: '---\nschema: engine.company/v1\nname: Any\n---\n' }], hash: 'any' },
  'plugins.receive': { webhook: 'take', body: '{}', headers: {} },
  'runs.receiveCallback': { body: '{}', headers: {} },
  'plugins.replay': { subscription: 'refused' },
  'plugins.stop': { isQuarantined: true, reason: 'it crashed' },
  'plugins.park': { plugin: 'scripted', subscription: 'refused', seq: 1, fence: 0, attempts: 8, reason: 'refused' },
  'routines.create': { task: { title: 'Title' } },
  'attachments.upload': { content: new Uint8Array([1]) },
}

/** What the database says when a row is linked to one that is not there, or not there for this company. */
const noSuchRow = /foreign key/i

export const isolation = engineGroup('isolation', {
  "another company's things are as absent as things that do not exist, in every operation, for every kind of actor": async (world) => {
    const { engine, watch } = world
    const [mine, theirs] = [await furnish(world), await furnish(world)]
    const actors: Actor[] = [
      { kind: 'user', id: 'u', roles: { [mine.companyId]: 'owner' } },
      { kind: 'user', id: 'nobody', roles: {} },
      { kind: 'agent', id: mine.agentId, companyId: mine.companyId },
      mine.run,
    ]
    const before = await watch.dump()
    const probes = engine.registry.operations.flatMap(({ name, definition }) => {
      const { company } = definition.access
      if (company === 'new' || company === 'visible' || company === 'actor' || company === 'installation') return []
      const { parameter } = engine.registry.entity(company)
      const needed = Object.entries(definition.input.shape).filter(([, schema]) => !schema.safeParse(undefined).success)
      const input = { ...Object.fromEntries(needed.map(([field]) => [field, samples[field]])), ...ownSamples[name] }
      return actors.map((actor) => ({ name, parameter, input, actor }))
    })
    for (const { name, parameter, input, actor } of probes) {
      const theirId = String(Reflect.get(theirs, parameter))
      const ask = (id: string) => errorOf(engine.execute(name, { input: { ...input, [parameter]: id }, actor }))
      const [foreign, absent] = [await ask(theirId), await ask(absentId)]
      expect([name, actor.kind, foreign.code, foreign.kind]).toEqual([name, actor.kind, 'not_found', 'missing'])
      expect(foreign.message.replace(theirId, '')).toBe(absent.message.replace(absentId, ''))
    }
    expect(probes.length).toBeGreaterThan(100)
    expect(await watch.dump()).toBe(before)
  },

  "another company's things cannot be linked to by a body that names them": async (world) => {
    const { engine } = world
    const [mine, theirs] = [await furnish(world), await furnish(world)]
    const { companyId, taskId, agentId } = mine
    const links: readonly (readonly [string, Record<string, unknown>])[] = [
      ['tasks.create', { companyId, title: 'T', assigneeAgentId: theirs.agentId }],
      ['tasks.create', { companyId, title: 'T', preferredAgentId: theirs.agentId }],
      ['tasks.create', { companyId, title: 'T', parentId: theirs.taskId }],
      ['tasks.create', { companyId, title: 'T', parentId: theirs.identifier }],
      ['tasks.create', { companyId, title: 'T', goalId: theirs.goalId }],
      ['tasks.create', { companyId, title: 'T', blockedBy: [theirs.taskId] }],
      ['tasks.update', { taskId, goalId: theirs.goalId }],
      ['tasks.update', { taskId, blockedBy: [theirs.identifier] }],
      ['tasks.checkout', { taskId, agentId: theirs.agentId }],
      ['agents.create', { companyId, name: 'N', role: 'r', adapterType: 'scripted', reportsTo: theirs.agentId }],
      ['agents.update', { agentId, reportsTo: theirs.agentId }],
      ['goals.create', { companyId, title: 'G', parentId: theirs.goalId }],
      ['goals.create', { companyId, title: 'G', ownerAgentId: theirs.agentId }],
      ['comments.create', { taskId, parentId: theirs.commentId, body: 'x' }],
      ['companies.update', { companyId, defaultAgentId: theirs.agentId }],
      ['projects.create', { companyId, name: 'P', goalId: theirs.goalId }],
      ['projects.create', { companyId, name: 'P', leadAgentId: theirs.agentId }],
      ['projects.create', { companyId, name: 'P', defaultAgentId: theirs.agentId }],
      ['sprints.create', { companyId, name: 'S', projectId: theirs.projectId }],
      ['tasks.create', { companyId, title: 'T', projectId: theirs.projectId }],
      ['tasks.create', { companyId, title: 'T', sprintId: theirs.sprintId }],
      ['tasks.create', { companyId, title: 'T', labels: [theirs.labelId] }],
      ['tasks.create', { companyId, title: 'T', assigneeUserId: theirs.userId }],
      ['tasks.update', { taskId, projectId: theirs.projectId }],
      ['tasks.update', { taskId, sprintId: theirs.sprintId }],
      ['tasks.assign', { taskId, agentId: theirs.agentId }],
      ['tasks.assign', { taskId, userId: theirs.userId }],
      ['routing.create', { companyId, name: 'R', targetAgentId: theirs.agentId }],
      ['routing.create', { companyId, name: 'R', targetCapability: 'c', fallbackAgentId: theirs.agentId }],
      ['routing.create', { companyId, name: 'R', projectId: theirs.projectId, targetCapability: 'c' }],
      ['interactions.ask', { taskId, ask: { kind: 'question', prompt: 'Why?' }, answerer: theirs.userId }],
      [
        'interactions.ask',
        { taskId, ask: { kind: 'suggested_tasks', prompt: 'So?', tasks: [{ key: 'a', title: 'A', assigneeAgentId: theirs.agentId }] } },
      ],
      ['approvals.request', { companyId, type: 'custom', subject: 'x', payload: {}, taskId: theirs.taskId }],
      ['knowledge.create', { companyId, title: 'K', body: '', projectId: theirs.projectId }],
      ['knowledge.update', { knowledgeEntryId: mine.knowledgeEntryId, projectId: theirs.projectId }],
      ['knowledge.storeVectors', { companyId, embedder: 'e', vectors: [{ entryId: theirs.knowledgeEntryId, version: 1, vector: 'AAAA' }] }],
      ['preferences.set', { companyId, scope: 'project', scopeId: theirs.projectId, key: 'k', value: 1 }],
      ['preferences.set', { companyId, scope: 'agent', scopeId: theirs.agentId, key: 'k', value: 1 }],
      ['preferences.set', { companyId, scope: 'task', scopeId: theirs.identifier, key: 'k', value: 1 }],
      ...routineLinks(mine, theirs),
      ...moneyLinks(mine, theirs),
      ['secrets.bind', { secretId: mine.secretId, target: { agentId: theirs.agentId }, as: 'TOKEN' }],
      ['secrets.bind', { secretId: mine.secretId, target: { projectId: theirs.projectId }, as: 'TOKEN' }],
    ]
    const log = await logOf(world, companyId)
    for (const [name, input] of links) {
      const call = engine.execute(name, { input, actor: { kind: 'system', id: 'system' } })
      const refused = await errorOf(call).catch(() => ({ kind: `accepted ${JSON.stringify(input)}` }))
      expect([name, refused.kind]).toEqual([name, expect.stringMatching(/^(rule|missing)$/)])
    }
    expect(await logOf(world, companyId)).toEqual(log)
  },

  "another company's things cannot be linked to by code with a defect either: the database refuses the row": async (world) => {
    const { watch } = world
    const [mine, theirs] = [await furnish(world), await furnish(world)]
    const change = (table: string, column: string, id: string) => `update ${watch.table(table)} set ${column} = ? where id = '${id}'`
    const writes: readonly (readonly [string, readonly string[]])[] = [
      [change('tasks', 'assignee_agent_id', mine.taskId), [theirs.agentId]],
      [change('tasks', 'goal_id', mine.taskId), [theirs.goalId]],
      [change('tasks', 'parent_id', mine.taskId), [theirs.taskId]],
      [change('tasks', 'company_id', mine.taskId), [theirs.companyId]],
      [change('runs', 'agent_id', mine.runId), [theirs.agentId]],
      [change('comments', 'task_id', mine.commentId), [theirs.taskId]],
      [change('deliverables', 'task_id', mine.deliverableId), [theirs.taskId]],
      [change('tasks', 'project_id', mine.taskId), [theirs.projectId]],
      [change('tasks', 'sprint_id', mine.taskId), [theirs.sprintId]],
      [change('tasks', 'assignee_user_id', mine.taskId), [theirs.userId]],
      [change('tasks', 'held_by_task_id', mine.taskId), [theirs.taskId]],
      [change('companies', 'default_agent_id', mine.companyId), [theirs.agentId]],
      [change('comments', 'deliverable_id', mine.commentId), [theirs.deliverableId]],
      [change('keys', 'agent_id', mine.keyId), [theirs.agentId]],
      [change('members', 'agent_id', mine.memberId), [theirs.agentId]],
      [change('documents', 'task_id', mine.documentId), [theirs.taskId]],
      [change('attachments', 'task_id', mine.attachmentId), [theirs.taskId]],
      [change('approvals', 'task_id', mine.approvalId), [theirs.taskId]],
      [change('interactions', 'task_id', mine.interactionId), [theirs.taskId]],
      [change('interactions', 'run_id', mine.interactionId), [theirs.runId]],
      [change('interactions', 'answerer_user_id', mine.interactionId), [theirs.userId]],
      [change('routing_rules', 'target_agent_id', mine.routingRuleId), [theirs.agentId]],
      [change('knowledge_entries', 'project_id', mine.knowledgeEntryId), [theirs.projectId]],
      [
        `insert into ${watch.table('knowledge_tags')} (company_id, tag, entry_id) values (?, 'theirs', ?)`,
        [mine.companyId, theirs.knowledgeEntryId],
      ],
      [change('routines', 'assignee_agent_id', mine.routineId), [theirs.agentId]],
      [change('routines', 'project_id', mine.routineId), [theirs.projectId]],
      [change('routine_triggers', 'routine_id', mine.triggerId), [theirs.routineId]],
      [change('routine_fires', 'task_id', mine.fireId), [theirs.taskId]],
      [change('routine_fires', 'trigger_id', mine.fireId), [theirs.triggerId]],
      [`update ${watch.table('secret_versions')} set secret_id = ? where secret_id = '${mine.secretId}'`, [theirs.secretId]],
      [
        `insert into ${watch.table('task_labels')} (company_id, task_id, label_id) values (?, ?, ?)`,
        [mine.companyId, mine.taskId, theirs.labelId],
      ],
      [
        `insert into ${watch.table('task_blockers')} (company_id, task_id, blocker_id) values (?, ?, ?)`,
        [mine.companyId, mine.taskId, theirs.taskId],
      ],
    ]
    const before = await watch.dump()
    for (const [text, values] of writes) await expect(watch.query(text, values), text).rejects.toThrow(noSuchRow)
    expect(await watch.dump()).toBe(before)
  },

  'a person sees the companies of their roles, and of agents only what their role shows': async (world) => {
    const { engine } = world
    const [company] = [await newCompany(world), await newCompany(world)]
    const viewer = engine.as({ kind: 'user', id: 'v', roles: { [company.companyId]: 'viewer' } })
    expect((await viewer.companies.list()).items.map(({ id }) => id)).toEqual([company.companyId])
    expect((await viewer.agents.get({ agentId: company.agentId })).adapterConfig).toBeNull()
    expect((await engine.agents.get({ agentId: company.agentId })).adapterConfig).toEqual({})
    expect(await errorOf(viewer.agents.pause({ agentId: company.agentId }))).toMatchObject({ code: 'forbidden' })
  },
})

type Furnished = Awaited<ReturnType<typeof furnish>>

/** What the tasks of a routine would be linked to. */
function routineLinks(mine: Furnished, theirs: Furnished): (readonly [string, Record<string, unknown>])[] {
  return [
    ['routines.create', { companyId: mine.companyId, name: 'R', task: { title: 'T', assigneeAgentId: theirs.agentId } }],
    ['routines.create', { companyId: mine.companyId, name: 'R', task: { title: 'T', projectId: theirs.projectId } }],
    ['routines.create', { companyId: mine.companyId, name: 'R', task: { title: 'T', goalId: theirs.goalId } }],
    ['routines.create', { companyId: mine.companyId, name: 'R', task: { title: 'T', labels: [theirs.labelId] } }],
    ['routines.update', { routineId: mine.routineId, task: { title: 'T', assigneeAgentId: theirs.agentId } }],
  ]
}

function moneyLinks(mine: Furnished, theirs: Furnished) {
  return [...costLinks(mine.companyId, theirs), ...budgetLinks(mine, theirs)]
}

/** A cost that is tied to something of another company, for each thing that it can be tied to. */
function costLinks(companyId: string, theirs: object): [string, Record<string, unknown>][] {
  const cost = { companyId, sourceEventId: 'one more', provider: 'a', costMicros: 1 }
  const links = ['runId', 'taskId', 'projectId', 'goalId', 'agentId']
  return links.map((link) => ['costs.report', { ...cost, [link]: Reflect.get(theirs, link) }])
}

/** What a budget may be over, of another company. */
function budgetLinks({ companyId }: { companyId: string }, theirs: { agentId: string; projectId: string; taskId: string }) {
  const set = (more: object): [string, Record<string, unknown>] => ['budgets.set', { companyId, limit: 1, ...more }]
  return [
    set({ scope: 'agent', scopeId: theirs.agentId }),
    set({ scope: 'project', scopeId: theirs.projectId }),
    set({ scope: 'task', scopeId: theirs.taskId }),
  ]
}
