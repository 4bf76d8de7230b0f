import { z } from 'zod'

import { assertVersion, changedFields, fieldNames } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { requireLabels } from '../tasks/labels.ts'
import { rerouteWaiting } from '../tasks/reroute.ts'
import { readConditions } from './conditions.ts'
import { RoutingRule, RoutingRuleInput, type ConditionsInput } from './schema.ts'
import { showRule, showRules } from './show.ts'
import { findRule, hasProject, rulesOf, writeRule } from './sql.ts'
import type { RoutingRuleTable } from './table.ts'
import { requireTakers, targetChanges, targetColumns } from './target.ts'

/** How many rules a company has for all its tasks, and each project for its own: all of them are asked for each task. */
const mostRules = 100

export const create = command({
  title: 'Add a routing rule',
  description: 'Without a position it is asked last. A rule gives tasks to one agent, or to one of those with a capability.',
  input: z.strictObject({
    companyId: Id,
    projectId: Id.nullable().optional().describe('Left out, the rule is for all tasks of the company.'),
    ...RoutingRuleInput,
  }),
  output: RoutingRule,
  access: { scope: 'routing:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/routing-rules'],
  creates: true,
  async handle(context, input) {
    const projectId = input.projectId ?? null
    if (projectId !== null) await requireProject(context, projectId)
    const others = await rulesOf(context.tx, { companyId: context.companyId, projectId })
    if (others.length >= mostRules) throw ruleViolated(`There are ${mostRules} rules here already; delete one, or say more in fewer.`)
    const row: RoutingRuleTable = {
      id: context.newId(),
      company_id: context.companyId,
      project_id: projectId,
      name: input.name,
      position: input.position ?? (others.at(-1)?.position ?? -1) + 1,
      is_enabled: input.isEnabled === false ? 0 : 1,
      conditions: await conditionsColumn(context, input.conditions ?? {}),
      ...targetColumns(null, input),
      fallback_agent_id: input.fallbackAgentId ?? null,
      last_agent_id: null,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await requireTakers(context, input)
    await context.tx.insertInto('routing_rules').values(row).execute()
    context.emit('routing_rule.created', ref(row), { name: row.name, projectId })
    await rerouteWaiting(context)
    return showRule(context.tx, row)
  },
})

export const update = command({
  title: 'Change a routing rule',
  description: 'Only what is named changes; `conditions` is replaced as a whole.',
  input: z.strictObject({
    routingRuleId: Id,
    version: z.number().int().optional(),
    ...z.object(RoutingRuleInput).partial().shape,
  }),
  output: RoutingRule,
  access: { scope: 'routing:manage', company: 'routingRule' },
  http: ['PATCH', '/routing-rules/:routingRuleId'],
  async handle(context, input) {
    const rule = await requireRule(context, input.routingRuleId)
    assertVersion('routing rule', rule, input.version)
    const { name, position, isEnabled } = input
    const changes = changedFields({
      name,
      position,
      is_enabled: isEnabled === undefined ? undefined : isEnabled ? 1 : 0,
      conditions: input.conditions && (await conditionsColumn(context, input.conditions)),
      ...targetChanges(rule, input),
      fallback_agent_id: input.fallbackAgentId,
    })
    await requireTakers(context, input)
    const next = await changeRule(context, rule, changes)
    await rerouteWaiting(context)
    return showRule(context.tx, next)
  },
})

export const reorder = command({
  title: 'Put the routing rules of a company or a project into an order',
  description: 'Names every rule of the company itself, or of the project, once.',
  input: z.strictObject({
    companyId: Id,
    projectId: Id.nullable().optional().describe("Left out, the company's own rules are meant."),
    routingRuleIds: z.array(Id).min(1).max(mostRules),
  }),
  output: z.object({ items: z.array(RoutingRule) }),
  access: { scope: 'routing:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/routing-rules/reorder'],
  async handle(context, input) {
    const rules = await rulesOf(context.tx, { companyId: context.companyId, projectId: input.projectId ?? null })
    const asked = input.routingRuleIds.flatMap((id) => rules.find((rule) => rule.id === id) ?? [])
    if (asked.length !== rules.length || new Set(input.routingRuleIds).size !== rules.length) {
      throw ruleViolated('routingRuleIds: name every rule of the company, or of the project, exactly once.', {
        routingRuleIds: rules.map(({ id }) => id),
      })
    }
    const items: RoutingRuleTable[] = []
    for (const [position, rule] of asked.entries()) {
      items.push(rule.position === position ? rule : await changeRule(context, rule, { position }))
    }
    if (asked.every((rule, position) => rule.position === position)) context.unchanged()
    return { items: await showRules(context.tx, items) }
  },
})

const remove = command({
  title: 'Delete a routing rule',
  description: 'Tasks that it assigned stay where they are.',
  input: z.strictObject({ routingRuleId: Id }),
  output: RoutingRule,
  access: { scope: 'routing:manage', company: 'routingRule' },
  http: ['DELETE', '/routing-rules/:routingRuleId'],
  async handle(context, input) {
    const rule = await requireRule(context, input.routingRuleId)
    await context.tx.deleteFrom('routing_rules').where('company_id', '=', context.companyId).where('id', '=', rule.id).execute()
    context.emit('routing_rule.deleted', ref(rule), { name: rule.name, projectId: rule.project_id })
    return showRule(context.tx, rule)
  },
})
export { remove as delete }

async function requireRule(context: CommandContext, id: string): Promise<RoutingRuleTable> {
  const rule = await findRule(context.tx, id)
  if (rule?.company_id !== context.companyId) throw notFound('routingRule', id)
  return rule
}

async function conditionsColumn(context: CommandContext, given: ConditionsInput): Promise<string> {
  const { labels, ...others } = given
  const conditions = readConditions({ ...others, ...(labels && { labels: await requireLabels(context, labels) }) })
  return JSON.stringify(conditions)
}

async function requireProject(context: CommandContext, projectId: string): Promise<void> {
  if (await hasProject(context.tx, { companyId: context.companyId, projectId })) return
  throw notInCompany({ field: 'projectId', entity: 'project', reference: projectId })
}

async function changeRule(context: CommandContext, rule: RoutingRuleTable, changes: Partial<RoutingRuleTable>): Promise<RoutingRuleTable> {
  const next = await writeRule(context, rule, changes)
  context.emit('routing_rule.updated', ref(next), { projectId: next.project_id, changed: fieldNames(changes) })
  return next
}

function ref(rule: RoutingRuleTable) {
  return { type: 'routingRule' as const, id: rule.id, version: rule.version }
}
