import { z } from 'zod'

import { arrayHolds } from '../database/arrays.ts'
import { pageById, pageByNumber } from '../database/page.ts'
import type { Actor } from '../kernel/actor.ts'
import { decide } from '../kernel/authorize.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { pageInput, pageOf, type Page, type PageRequest } from '../kernel/page.ts'
import { Flag, Id, Name, Tag } from '../kernel/schema.ts'
import { nest } from '../kernel/tree.ts'
import { Agent, AgentRevision, AgentStatus, ExecutionMode, OrgNode } from './schema.ts'
import { locatedAgents } from './sql.ts'
import { toAgent, toOrgNode, toRevision } from './table.ts'
import { withBelow } from './tree.ts'

export const get = query({
  title: 'Show an agent',
  input: z.strictObject({ agentId: Id }),
  output: Agent,
  access: { scope: 'agents:read', company: 'agent' },
  http: ['GET', '/agents/:agentId'],
  handle: async (context) => toAgent(locatedAgents.of(context), { showsConfig: showsConfig(context) }),
})

export const list = query({
  title: 'List agents',
  input: z.strictObject({
    companyId: Id,
    status: AgentStatus.exclude(['running']).optional(),
    role: Name.optional(),
    executionMode: ExecutionMode.optional(),
    managerId: Id.optional().describe('Who reports to this agent; `agents.reports` also shows those further below.'),
    tag: Tag.optional(),
    capability: Tag.optional(),
    ...pageInput,
  }),
  output: pageOf(Agent),
  access: { scope: 'agents:read', company: 'company' },
  http: ['GET', '/companies/:companyId/agents'],
  async handle(context, input) {
    let rows = agentRows(context)
    if (input.status) rows = rows.where('agents.status', '=', input.status)
    if (input.role) rows = rows.where('agents.role', '=', input.role)
    if (input.executionMode) rows = rows.where('agents.execution_mode', '=', input.executionMode)
    if (input.managerId) rows = rows.where('agents.reports_to', '=', input.managerId)
    if (input.tag) rows = rows.where(arrayHolds(context.db, 'agents.tags', input.tag))
    if (input.capability) rows = rows.where(arrayHolds(context.db, 'agents.capabilities', input.capability))
    return pageOfAgents(context, rows, input)
  },
})

export const reports = query({
  title: 'List who reports to an agent and is not terminated',
  input: z.strictObject({
    agentId: Id,
    isDeep: Flag.default(false).describe('Everyone below it, not only those who report to it directly.'),
    ...pageInput,
  }),
  output: pageOf(Agent),
  access: { scope: 'agents:read', company: 'agent' },
  http: ['GET', '/agents/:agentId/reports'],
  async handle(context, input) {
    const { agentId, isDeep } = input
    const rows = agentRows(context).where('agents.status', '!=', 'terminated')
    if (!isDeep) return pageOfAgents(context, rows.where('agents.reports_to', '=', agentId), input)
    const below = withBelow(context.db, { companyId: context.companyId, agentId }).selectFrom('below').select('below.id')
    return pageOfAgents(context, rows.where('agents.id', 'in', below), input)
  },
})

export const tree = query({
  title: 'Show who reports to whom',
  description: 'Everyone who is not terminated, nested below their managers.',
  input: z.strictObject({ companyId: Id }),
  output: z.object({ agents: z.array(OrgNode) }),
  access: { scope: 'agents:read', company: 'company' },
  http: ['GET', '/companies/:companyId/org'],
  async handle(context) {
    const rows = await context.db
      .selectFrom('agents')
      .select(['id', 'name', 'role', 'title', 'icon', 'status', 'live_runs', 'execution_mode', 'reports_to'])
      .where('company_id', '=', context.companyId)
      .where('status', '!=', 'terminated')
      .orderBy('id')
      .execute()
    const agents = nest(rows, { id: (row) => row.id, parentId: (row) => row.reports_to, node: toOrgNode, field: 'reports' })
    return { agents }
  },
})

export const revisions = query({
  title: "List an agent's configurations, newest first",
  input: z.strictObject({ agentId: Id, ...pageInput }),
  output: pageOf(AgentRevision),
  access: { scope: 'agents:read', company: 'agent' },
  http: ['GET', '/agents/:agentId/revisions'],
  async handle(context, input) {
    const rows = context.db
      .selectFrom('agent_revisions')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('agent_id', '=', input.agentId)
    const view = { showsConfig: showsConfig(context) }
    return pageByNumber(rows, input, (row) => toRevision(row, view))
  },
})

async function pageOfAgents(context: QueryContext, rows: ReturnType<typeof agentRows>, asked: PageRequest): Promise<Page<Agent>> {
  const view = { showsConfig: showsConfig(context) }
  return pageById(rows, asked, { column: 'agents.id', item: (row) => toAgent(row, view) })
}

function agentRows(context: QueryContext) {
  return context.db.selectFrom('agents').selectAll('agents').where('agents.company_id', '=', context.companyId)
}

function showsConfig(context: { actor: Actor; companyId: string }): boolean {
  return decide(context.actor, { scope: 'agents:manage', companyId: context.companyId, target: null }) === 'allowed'
}
