import { z } from 'zod'

import { findColleague } from '../agents/sql.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { notInCompany } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id, wholeNumber } from '../kernel/schema.ts'
import { requireLabels } from '../tasks/labels.ts'
import { findTask, locatedTasks } from '../tasks/sql.ts'
import { TaskRef } from '../tasks/schema.ts'
import { chooseAgent } from './choose.ts'
import type { RoutingTask } from './conditions.ts'
import { loadCandidates, loadFacts, toRoutingTask } from './facts.ts'
import { rankCandidates } from './rank.ts'
import { HypotheticalTask, RoutingDecision, RoutingRule, TaskMatch } from './schema.ts'
import { showRule, showRules } from './show.ts'
import { hasProject, locatedRules } from './sql.ts'

export const get = query({
  title: 'Show a routing rule',
  input: z.strictObject({ routingRuleId: Id }),
  output: RoutingRule,
  access: { scope: 'routing:read', company: 'routingRule' },
  http: ['GET', '/routing-rules/:routingRuleId'],
  handle: async (context) => showRule(context.db, locatedRules.of(context)),
})

export const list = query({
  title: 'List routing rules by their position',
  input: z.strictObject({
    companyId: Id,
    scope: z.enum(['company', 'project']).optional().describe('Only those of the whole company, or only those of projects.'),
    projectId: Id.optional(),
    ...pageInput,
  }),
  output: pageOf(RoutingRule),
  access: { scope: 'routing:read', company: 'company' },
  http: ['GET', '/companies/:companyId/routing-rules'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('routing_rules')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .orderBy('position')
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.projectId) rows = rows.where('project_id', '=', input.projectId)
    if (input.scope) rows = rows.where('project_id', input.scope === 'company' ? 'is' : 'is not', null)
    if (input.cursor) {
      const [position, id] = decodeCursor(input.cursor, ['number', 'id'])
      rows = rows.where((e) => e(e.refTuple('position', 'id'), '>', e.tuple(Number(position), String(id))))
    }
    const page = toPage(await rows.execute(), input.limit, { item: (row) => row, key: (row) => [row.position, row.id] })
    return { ...page, items: await showRules(context.db, page.items) }
  },
})

export const dryRun = query({
  title: 'Ask who would get a task, without giving it to anybody',
  description: 'The answer is the one that routing itself would give now, with its reason; no turn of a round robin is used up.',
  input: z
    .strictObject({
      companyId: Id,
      taskId: TaskRef.optional().describe('A task that exists.'),
      task: HypotheticalTask.optional().describe('A task that does not exist.'),
    })
    .refine(({ taskId, task }) => (taskId === undefined) !== (task === undefined), 'name either taskId or task'),
  output: RoutingDecision,
  access: { scope: 'routing:read', company: 'company' },
  http: ['POST', '/companies/:companyId/routing-rules/dry-run'],
  async handle(context, input) {
    const { task, projectId } = input.task ? await supposed(context, input.task) : await existing(context, String(input.taskId))
    const facts = await loadFacts(context.db, { companyId: context.companyId, projectId, now: context.now })
    const { takesTurn: _, ...decision } = chooseAgent(task, facts)
    return decision
  },
})

interface Asked {
  readonly task: RoutingTask
  readonly projectId: string | null
}

async function existing(context: QueryContext, reference: string): Promise<Asked> {
  const task = await findTask(context.db, reference)
  if (task?.company_id !== context.companyId) throw notInCompany({ field: 'taskId', entity: 'task', reference })
  return { task: await toRoutingTask(context.db, task), projectId: task.project_id }
}

/** @throws `rule_violated` for what creating such a task would refuse */
async function supposed(context: QueryContext, given: z.output<typeof HypotheticalTask>): Promise<Asked> {
  const { companyId, db } = context
  const { title: _, projectId, labels, ...task } = given
  if (task.preferredAgentId !== null && !(await findColleague(db, { companyId, agentId: task.preferredAgentId })))
    throw notInCompany({ field: 'preferredAgentId', entity: 'agent', reference: task.preferredAgentId })
  if (projectId !== null && !(await hasProject(db, { companyId, projectId })))
    throw notInCompany({ field: 'projectId', entity: 'project', reference: projectId })
  return { task: { ...task, labelIds: await requireLabels({ tx: db, companyId }, labels) }, projectId }
}

export const match = query({
  title: 'Rank the agents for a task',
  description: 'Who fits best comes first, each with what speaks for and against it. Routing may decide otherwise, by its rules.',
  input: z.strictObject({ taskId: TaskRef, limit: wholeNumber(1, 100).prefault(10) }),
  output: z.object({ items: z.array(TaskMatch) }),
  access: { scope: 'routing:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/match'],
  async handle(context, input) {
    const candidates = await loadCandidates(context.db, context.companyId)
    const task = await toRoutingTask(context.db, locatedTasks.of(context))
    return { items: rankCandidates(task, candidates).slice(0, input.limit) }
  },
})
