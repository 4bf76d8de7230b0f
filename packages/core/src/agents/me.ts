import { sql, type Kysely } from 'kysely'
import { z } from 'zod'

import { findCompany } from '../companies/sql.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { selfOf } from '../tasks/self.ts'
import { Links, linksOfAgent, linksOfRun } from './links.ts'
import { Agent } from './schema.ts'
import { findColleague } from './sql.ts'
import { toAgent } from './table.ts'

const count = z.number().int()

const AgentSelf = z
  .object({
    agent: Agent,
    company: z.object({ id: Id, name: z.string(), description: z.string().nullable(), status: z.string() }),
    manager: z.object({ id: Id, name: z.string(), role: z.string(), title: z.string().nullable() }).nullable(),
    reports: count.describe('How many report to it directly.'),
    run: z.object({ id: Id, taskId: Id }).nullable().describe('The run whose credential this is; null for a key.'),
    runs: z.object({ running: count, queued: count }),
    tasks: z.object({ todo: count, in_progress: count, in_review: count, blocked: count }).describe('Those that are assigned to it.'),
    links: Links,
  })
  .meta({ id: 'AgentSelf' })

export const me = query({
  title: 'Show who I am',
  description: 'For agents, by their key or by the credential of a run: profile, company, place in the org, and how much there is to do.',
  input: z.strictObject({}),
  output: AgentSelf,
  access: { scope: 'agents:self', company: 'actor' },
  http: ['GET', '/agents/me'],
  async handle(self) {
    const { db, companyId, actor } = self
    const place = { companyId, agentId: selfOf(self) }
    const [agent, company] = [await findColleague(db, place), await findCompany(db, companyId)]
    if (!agent || !company) throw notFound('agent', place.agentId)
    const manager = agent.reports_to === null ? null : await findColleague(db, { companyId, agentId: agent.reports_to })
    const figures = first(await figuresOf(db, place))
    return {
      agent: toAgent(agent, { showsConfig: false }),
      company: { id: company.id, name: company.name, description: company.description, status: company.status },
      manager: manager && { id: manager.id, name: manager.name, role: manager.role, title: manager.title },
      reports: figures?.reports ?? 0,
      run: actor.kind === 'run' ? { id: actor.id, taskId: actor.taskId } : null,
      runs: { running: agent.live_runs, queued: figures?.queued ?? 0 },
      tasks: await countTasks(db, place),
      links: actor.kind === 'run' ? linksOfRun(actor) : linksOfAgent(companyId),
    }
  },
})

interface Place {
  readonly companyId: string
  readonly agentId: string
}

const figuresOf = statement((db, given: Place) =>
  db.selectNoFrom((e) => [
    e
      .selectFrom('agents')
      .select((row) => row.fn.countAll<number>().as('count'))
      .where('company_id', '=', given.companyId)
      .where('reports_to', '=', given.agentId)
      .where('status', '<>', sql.lit('terminated' as const))
      .as('reports'),
    e
      .selectFrom('runs')
      .select((row) => row.fn.countAll<number>().as('count'))
      .where('company_id', '=', given.companyId)
      .where('agent_id', '=', given.agentId)
      .where('status', '=', sql.lit('queued' as const))
      .as('queued'),
  ]),
)

/** The index tasks_open_index has exactly these. */
const openStatuses = ['todo', 'in_progress', 'in_review', 'blocked'] as const

const openTasks = statement((db, given: Place) =>
  db
    .selectFrom('tasks')
    .select((e) => ['status', e.fn.countAll<number>().as('count')])
    .where('company_id', '=', given.companyId)
    .where('assignee_agent_id', '=', given.agentId)
    .where(
      'status',
      'in',
      openStatuses.map((status) => sql.lit(status)),
    )
    .where('deleted_at', 'is', null)
    .groupBy('status'),
)

async function countTasks(db: Kysely<Database>, place: Place): Promise<z.output<typeof AgentSelf>['tasks']> {
  const counted = new Map((await openTasks(db, place)).map((row) => [row.status, row.count]))
  const of = (status: (typeof openStatuses)[number]) => counted.get(status) ?? 0
  return { todo: of('todo'), in_progress: of('in_progress'), in_review: of('in_review'), blocked: of('blocked') }
}
