import type { Kysely } from 'kysely'

import { latestComments } from '../comments/sql.ts'
import type { CompanyTable } from '../companies/table.ts'
import type { Database } from '../database/tables.ts'
import { feedbackOf, latestDeliverable } from '../deliverables/sql.ts'
import { goalOfTask } from '../goals/fallback.ts'
import { goalChain } from '../goals/sql.ts'
import { latestInteractions } from '../interactions/sql.ts'
import type { RunActor } from '../kernel/actor.ts'
import { leaseLost } from '../kernel/authorize.ts'
import type { Scope } from '../kernel/permissions.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import { noKnowledge, readKnowledge } from '../knowledge/context.ts'
import type { Finder } from '../knowledge/retrieve.ts'
import type { Origin, RunContext } from '../ports/run-contract.ts'
import { preferencesOfTask } from '../preferences/resolve.ts'
import { priorityName } from '../tasks/schema.ts'
import { blockersOf } from '../tasks/sql.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { Beginning, BeginningReader } from './beginning.ts'
import { asExecuted } from './setups.ts'
import { fitKnown, tokensOf } from './context-budget.ts'
import { knowledgeShare, nameMissing, readBy, thinContext, withheldFrom, type Known, type NamedMissing } from './context-sections.ts'
import { readSurroundings, type Surroundings } from './surroundings.ts'

/** How many comments of a task an agent is shown, newest kept. */
const commentsShown = 50

/** How many of the questions about a task, newest kept. */
const interactionsShown = 50

/** What reading a context needs of an engine. */
export interface ContextReader extends Finder {
  readonly settings: Pick<EngineSettings, 'knowledgeTokens' | 'contextTokens'>
}

/** What reading the context of a run needs. */
export interface RunContextReader extends ContextReader {
  readonly beginningOf: BeginningReader
}

/**
 * What a run's agent gets to know, read when the run starts, and what else the run begins with; its agent has the adapter that the run
 * was given. @throws `lease_lost`
 */
export async function readRunContext(reader: RunContextReader, actor: RunActor): Promise<{ context: RunContext; beginning: Beginning }> {
  const beginning = await reader.beginningOf(actor)
  if (!beginning) throw leaseLost(actor)
  const { run, task, agent, company, around } = beginning
  const context: RunContext = {
    spec: 'engine.run-context.v1',
    run: { id: run.id, attempt: run.attempt, wakeReasons: JSON.parse(run.wake_reasons), fence: run.fence ?? 0 },
    agent: { id: agent.id, name: agent.name, role: agent.role, title: agent.title, instructions: agent.instructions },
    mode: agent.context_mode,
    ...(agent.context_mode === 'thin'
      ? thinTask(company, task)
      : await readTaskContext(reader, { company, task, agentId: agent.id, around })),
  }
  return { context, beginning: { ...beginning, agent: asExecuted(agent, run) } }
}

type TaskContext = Omit<RunContext, 'spec' | 'mode' | 'run' | 'agent' | 'budget'>

interface Told {
  readonly company: Pick<CompanyTable, 'id' | 'name'>
  readonly task: TaskTable
  readonly agentId: string | null
  /** When it was found already. */
  readonly around?: Surroundings
  /** What whoever asks may read; a run is told all of it. */
  readonly mayRead?: MayRead
}

type MayRead = (scope: Scope) => boolean

/** What there is to know of a task, whoever works on it, as far as the budget goes. */
export async function readTaskContext(reader: ContextReader, given: Told): Promise<TaskContext> {
  const { company, task } = given
  const budget = reader.settings.contextTokens
  const around = given.around ?? (await readSurroundings(reader.db, { companyId: company.id, taskId: task.id }))
  const { known, unread } = await readKnown(reader, { mayRead: () => true, ...given, around })
  const { value, used, missing } = fitKnown(known, budget)
  return {
    company: { id: company.id, name: company.name },
    ...value,
    tokens: { budget, used },
    omitted: nameMissing([...unread, ...missing], { companyId: company.id, taskId: task.id }),
  }
}

/** For an agent that reads the rest by itself. */
function thinTask(company: Told['company'], row: TaskTable): TaskContext {
  const { omitted, ...known } = thinContext({ task: describeTask(row) }, { companyId: company.id, taskId: row.id })
  const used = tokensOf(known)
  return { company: { id: company.id, name: company.name }, ...known, tokens: { budget: used, used }, omitted }
}

/** What is known, and what of it was not even read. */
async function readKnown(reader: ContextReader, given: Required<Told>): Promise<{ known: Known; unread: NamedMissing[] }> {
  const { db, settings } = reader
  const { company, task, agentId, around, mayRead } = given
  const scope = { companyId: company.id, taskId: task.id }
  const budget = Math.min(settings.knowledgeTokens, Math.floor(settings.contextTokens * knowledgeShare))
  // At once: on a server each of them is a round trip.
  const [goals, blockers, comments, interactions, feedback, knowledge, preferences] = await Promise.all([
    around.goals && mayRead(readBy.goals) ? goalOfTask(db, task).then((goalId) => goalChain(db, { companyId: company.id, goalId })) : [],
    around.blockers ? blockersOf(db, scope).then((rows) => Promise.all(rows.map((blocker) => readBlocker(db, blocker, mayRead)))) : [],
    around.comments && mayRead(readBy.comments) ? readComments(db, scope) : [],
    mayRead(readBy.interactions) ? readInteractions(db, task) : [],
    around.reviews && mayRead(readBy.feedback) ? feedbackOf(db, scope) : [],
    around.knowledge && mayRead(readBy.knowledge) ? readKnowledge(reader, { task, budget }) : noKnowledge,
    around.preferences && mayRead(readBy.preferences) ? preferencesOfTask(db, { task, agentId }) : {},
  ])
  const known: Known = {
    goals: goals.map(({ id, title, description }) => ({ id, title, description })),
    task: describeTask(task),
    comments: comments.slice(-commentsShown),
    blockers,
    feedback: feedback.map(({ number, decision, feedback: text }) => ({ version: number, decision, feedback: text })),
    interactions: interactions.slice(-interactionsShown),
    knowledge,
    preferences,
  }
  const isUnread = { comments: comments.length > commentsShown, interactions: interactions.length > interactionsShown }
  const unread = (['comments', 'interactions'] as const)
    .filter((section) => isUnread[section])
    .map((section) => ({ section, what: `older ${section}`, tokens: null, isCut: false }))
  // Its keys are sections.
  const withheld = (Object.keys(readBy) as (keyof typeof readBy)[]).filter((section) => !mayRead(readBy[section]))
  return { known, unread: [...withheld.map(withheldFrom), ...unread] }
}

const origins = { user: 'person', agent: 'agent', system: 'system' } as const satisfies Record<string, Origin>

/** Of what a task says: a routine may have put the words of a webhook into it. */
function originOf(task: Pick<TaskTable, 'origin' | 'created_by_kind'>): Origin {
  if (task.origin === 'webhook' || task.origin === 'import' || task.origin === 'routine') return 'outside'
  return task.origin === 'interaction' ? 'agent' : origins[task.created_by_kind]
}

function describeTask(task: TaskTable): RunContext['task'] {
  return {
    id: task.id,
    identifier: task.identifier,
    title: task.title,
    description: task.description,
    priority: priorityName(task.priority),
    origin: originOf(task),
    acceptanceCriteria: JSON.parse(task.acceptance_criteria),
    tags: JSON.parse(task.tags),
    context: JSON.parse(task.context),
  }
}

async function readInteractions(db: Kysely<Database>, task: TaskTable): Promise<RunContext['interactions']> {
  if (task.is_asked === 0) return []
  const rows = await latestInteractions(db, { companyId: task.company_id, taskId: task.id, limit: interactionsShown + 1 })
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    origin: origins[row.asked_by_kind],
    prompt: row.prompt,
    status: row.status,
    answer: row.answer === null ? null : JSON.parse(row.answer),
    answeredBy: row.answered_by_kind === null ? null : `${row.answered_by_kind}:${row.answered_by_id}`,
    answeredAt: row.answered_at,
  }))
}

async function readComments(db: Kysely<Database>, scope: { companyId: string; taskId: string }) {
  const rows = await latestComments(db, { ...scope, limit: commentsShown + 1 })
  return rows.map((row) => ({
    author: `${row.author_kind}:${row.author_id}`,
    origin: origins[row.author_kind],
    body: row.body,
    createdAt: row.created_at,
  }))
}

async function readBlocker(db: Kysely<Database>, task: TaskTable, mayRead: MayRead): Promise<RunContext['blockers'][number]> {
  const scope = { companyId: task.company_id, taskId: task.id }
  const deliverable = mayRead(readBy.feedback) ? await latestDeliverable(db, scope) : null
  return {
    identifier: task.identifier,
    title: task.title,
    status: task.status,
    origin: originOf(task),
    comments: mayRead(readBy.comments) ? (await readComments(db, scope)).slice(-commentsShown) : [],
    deliverable:
      deliverable?.status === 'approved'
        ? {
            title: deliverable.title,
            origin: deliverable.agent_id === null ? 'person' : 'agent',
            content: deliverable.content,
            contentType: deliverable.content_type,
          }
        : null,
  }
}
