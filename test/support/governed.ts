// What a governed company has beside its tasks and runs, in such numbers that a planner prefers an index, and the calls that read it.
import { createEngine, type Engine } from '@engine/core'
import { memoryBlobs } from '@engine/testing'

import { benchAdapter } from '../../bench/lib/adapter.ts'
import { newId } from '../../bench/lib/id.ts'
import { recordStatements, type Sent } from '../../bench/lib/record-statements.ts'
import type { CompanySeed } from '../../bench/lib/seed-company.ts'
import { copies, readTemplate, type SeedTarget, type StoredRow } from '../../bench/lib/seed-target.ts'
import { unhurried } from '../../bench/lib/units.ts'

/** Tables that the calls below read, and that grow for as long as a company lives. */
export const growingPaper = [
  'agent_revisions',
  'approvals',
  'attachments',
  'comment_mentions',
  'document_revisions',
  'documents',
  'search_entries',
  'task_labels',
] as const

/** What calls name. */
export interface Governed {
  readonly agentId: string
  readonly labelId: string
  readonly projectId: string
  readonly sprintId: string
  readonly deliverableId: string
}

/** How many of each there are. */
const many = 2_000

/** One of each as the engine writes it, then many copies; all of a task belong to the busy one, all of an agent to the first. */
export async function seedGoverned(target: SeedTarget, seed: CompanySeed): Promise<Governed> {
  const engine = await createEngine({ storage: target.storage, adapters: [benchAdapter], blobs: memoryBlobs() })
  const made = await makeOneOfEach(engine, seed)
  await engine.stop()
  const ids = () => ({ id: newId(Date.now()) })
  await copy(target, { table: 'approvals', id: made.approvalId }, (index) => ({ ...ids(), subject: `copy ${index}`, status: 'approved' }))
  await copy(target, { table: 'attachments', id: made.attachmentId }, ids)
  await copy(target, { table: 'documents', id: made.documentId }, (index) => ({ ...ids(), key: `copy-${index}` }))
  await copyOf(target, { table: 'document_revisions', where: `document_id = '${made.documentId}'` }, (index) => ({ number: index + 2 }))
  await copyOf(target, { table: 'agent_revisions', where: `agent_id = '${made.agentId}'` }, (index) => ({ number: index + 2 }))
  await mentionAgents(target, seed, made.agentId)
  await labelTasks(target, { ...made, companyId: seed.companyId })
  await copySearchEntries(target, made.documentId)
  await target.refreshStatistics()
  return made
}

async function makeOneOfEach(engine: Engine, seed: CompanySeed) {
  const { companyId, busyTaskId: taskId, freeTaskIds } = seed
  const [labelled = ''] = freeTaskIds
  const agent = await engine.agents.create({ companyId, name: 'Much configured', role: 'bench', adapterType: benchAdapter.type })
  const label = await engine.labels.create({ companyId, name: 'a label' })
  await engine.tasks.update({ taskId: labelled, labels: [label.id] })
  const project = await engine.projects.create({ companyId, name: 'A project' })
  const sprint = await engine.sprints.create({ companyId, name: 'A sprint' })
  const approval = await engine.approvals.request({ companyId, type: 'custom', subject: 'the first', payload: {}, taskId })
  const attachment = await engine.attachments.upload({ taskId, name: 'a.bin', content: new Uint8Array([1]) })
  const document = await engine.documents.put({ taskId, key: 'plan', title: 'A plan', body: 'walrus' })
  const [deliverable] = (await engine.deliverables.list({ companyId, taskId, limit: 1 })).items
  return {
    agentId: agent.id,
    labelId: label.id,
    projectId: project.id,
    sprintId: sprint.id,
    approvalId: approval.id,
    attachmentId: attachment.id,
    documentId: document.id,
    deliverableId: deliverable?.id ?? '',
  }
}

async function copy(target: SeedTarget, from: { table: string; id: string }, change: (index: number) => StoredRow): Promise<void> {
  await target.insert(from.table, copies(await readTemplate(target, from.table, from.id), many, change))
}

/** For tables whose rows have no id of their own. */
async function copyOf(target: SeedTarget, from: { table: string; where: string }, change: (index: number) => StoredRow): Promise<void> {
  const [template] = await target.read(`select * from ${target.table(from.table)} where ${from.where}`)
  if (!template) throw new Error(`the engine wrote no row of ${from.table} where ${from.where}`)
  await target.insert(from.table, copies(template, many, change))
}

/** Comments on many tasks; one in ten mentions the one agent, the others mention others. */
async function mentionAgents(target: SeedTarget, seed: CompanySeed, agentId: string): Promise<void> {
  const { companyId, agentIds, freeTaskIds, busyTaskId } = seed
  const [comment] = await target.read(`select id from ${target.table('comments')} where task_id = '${busyTaskId}' limit 1`)
  const template = await readTemplate(target, 'comments', String(comment?.['id']))
  const rows = [...copies(template, 2 * many, (index) => ({ id: newId(Date.now()), task_id: freeTaskIds[index % freeTaskIds.length] }))]
  await target.insert('comments', rows)
  const mentioned = (index: number) => (index % 10 === 0 ? agentId : agentIds[index % agentIds.length])
  await target.insert(
    'comment_mentions',
    rows.map(({ id }, index) => ({ company_id: companyId, agent_id: mentioned(index), comment_id: id })),
  )
}

async function labelTasks(target: SeedTarget, { labelId, companyId }: { labelId: string; companyId: string }): Promise<void> {
  const tasks = await target.read(
    `select id from ${target.table('tasks')} where company_id = '${companyId}' and is_labelled = 0 order by id limit ${many}`,
  )
  await target.insert(
    'task_labels',
    tasks.map(({ id }) => ({ company_id: companyId, task_id: id, label_id: labelId })),
  )
}

async function copySearchEntries(target: SeedTarget, entityId: string): Promise<void> {
  const [entry] = await target.read(`select * from ${target.table('search_entries')} where entity_id = '${entityId}'`)
  const { id: _, words: _words, ...template } = entry ?? {}
  await target.insert(
    'search_entries',
    copies(template, many, () => ({ entity_id: newId(Date.now()), title_words: 'another', body_words: 'other words' })),
  )
}

type Page = { limit: number; cursor?: string }

/** The lists that this file fills, with where their second half begins. */
function pages(seed: CompanySeed, made: Governed): Record<string, (engine: Engine, page: Page) => Promise<{ nextCursor: string | null }>> {
  const { companyId, busyTaskId: taskId } = seed
  const { agentId } = made
  return {
    approvals: (engine, page) => engine.approvals.list({ companyId, ...page }),
    'approvals of a status': (engine, page) => engine.approvals.list({ companyId, status: 'approved', ...page }),
    'approvals of a type': (engine, page) => engine.approvals.list({ companyId, type: 'custom', ...page }),
    attachments: (engine, page) => engine.attachments.list({ taskId, ...page }),
    documents: (engine, page) => engine.documents.list({ taskId, ...page }),
    'revisions of a document': (engine, page) => engine.documents.revisions({ taskId, key: 'plan', ...page }),
    'revisions of an agent': (engine, page) => engine.agents.revisions({ agentId, ...page }),
    'mentions of an agent': (engine, page) => engine.comments.mentions({ agentId, ...page }),
    'tasks with a label': (engine, page) => engine.tasks.list({ companyId, labelId: made.labelId, ...page }),
  }
}

/** Calls that read what they show in one piece, or merge it out of several places. */
function looks(seed: CompanySeed, made: Governed): Record<string, (engine: Engine) => Promise<unknown>> {
  const { companyId, busyTaskId: taskId } = seed
  const { agentId, projectId, sprintId, deliverableId } = made
  return {
    labels: (engine) => engine.labels.list({ companyId }),
    'pending approvals': (engine) => engine.approvals.list({ companyId, status: 'pending' }),
    'metrics of an agent': (engine) => engine.agents.metrics({ agentId }),
    'progress of a project': (engine) => engine.projects.progress({ projectId }),
    'progress of a sprint': (engine) => engine.sprints.progress({ sprintId }),
    'timeline of a company': (engine) => engine.events.company({ companyId }),
    'timeline of a task': (engine) => engine.events.task({ taskId }),
    'timeline of a deliverable': (engine) => engine.events.deliverable({ deliverableId }),
    'timeline of an agent': (engine) => engine.events.agent({ agentId: seed.agentIds[0] ?? '' }),
    search: (engine) => engine.search.find({ companyId, query: 'walrus' }),
    'all about a task': (engine) => engine.tasks.context({ taskId }),
    inbox: (engine) => engine.as({ kind: 'agent', id: agentId, companyId }).tasks.inbox(),
    'who I am': (engine) => engine.as({ kind: 'agent', id: agentId, companyId }).agents.me(),
    'routing again': (engine) => engine.companies.update({ companyId, defaultAgentId: agentId }),
  }
}

const nobody = { agentId: '', labelId: '', projectId: '', sprintId: '', deliverableId: '' }
const nothing = { companyId: '', agentIds: [], freeTaskIds: [], busyTaskId: '', parentTaskId: '', smallCompanyId: '' }
export const governedPages = Object.keys(pages(nothing, nobody))
export const governedLooks = Object.keys(looks(nothing, nobody))

/** What the engine sends for each of these calls. */
export async function recordGoverned(
  target: SeedTarget,
  { seed, made }: { seed: CompanySeed; made: Governed },
): Promise<Map<string, Sent>> {
  const recording = recordStatements(target.storage)
  const engine = await createEngine({ storage: recording.storage, settings: unhurried })
  const units = new Map<string, Sent>()
  for (const [name, page] of Object.entries(pages(seed, made))) {
    units.set(name, await recording.during(() => page(engine, { limit: 50 })))
    const { nextCursor: cursor } = await page(engine, { limit: 50 })
    if (cursor === null) throw new Error(`there is only one page of ${name}`)
    units.set(`${name}, next page`, await recording.during(() => page(engine, { limit: 50, cursor })))
  }
  for (const [name, look] of Object.entries(looks(seed, made))) units.set(name, await recording.during(() => look(engine)))
  await engine.stop()
  return units
}
