import { z } from 'zod'

import type { Actor } from '../kernel/actor.ts'
import { decide } from '../kernel/authorize.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Agent, AgentStatus } from './schema.ts'
import { toAgent } from './table.ts'

export const get = query({
  title: 'Show an agent',
  input: z.strictObject({ agentId: Id }),
  output: Agent,
  access: { scope: 'agents:read', company: 'agent' },
  http: ['GET', '/agents/:agentId'],
  async handle(context, input) {
    const row = await agentRows(context).where('agents.id', '=', input.agentId).executeTakeFirst()
    if (!row) throw notFound('agent', input.agentId)
    return toAgent(row, { showsConfig: showsConfig(context) })
  },
})

export const list = query({
  title: 'List agents',
  input: z.strictObject({ companyId: Id, status: AgentStatus.exclude(['running']).optional(), ...pageInput }),
  output: pageOf(Agent),
  access: { scope: 'agents:read', company: 'company' },
  http: ['GET', '/companies/:companyId/agents'],
  async handle(context, input) {
    let rows = agentRows(context)
      .orderBy('agents.id')
      .limit(input.limit + 1)
    if (input.status) rows = rows.where('agents.status', '=', input.status)
    if (input.cursor) rows = rows.where('agents.id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    const view = showsConfig(context)
    return toPage(await rows.execute(), input.limit, {
      item: (row) => toAgent(row, { showsConfig: view }),
      key: (row) => [row.id],
    })
  },
})

function agentRows(context: QueryContext) {
  return context.db.selectFrom('agents').selectAll('agents').where('agents.company_id', '=', context.companyId)
}

function showsConfig(context: { actor: Actor; companyId: string }): boolean {
  return decide(context.actor, { scope: 'agents:manage', companyId: context.companyId, target: null }) === 'allowed'
}
