import { z } from 'zod'

import { requestHire, withdrawHire } from '../approvals/hire.ts'
import { stoppedBy } from '../budgets/exceeded.ts'
import { findCompany } from '../companies/sql.ts'
import { assertVersion, changedFields } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { cancelRunsOfAgent } from '../runs/cancel.ts'
import { rerouteWaiting } from '../tasks/reroute.ts'
import { adapterChanges, requireAdapterType } from './adapters.ts'
import { requireAgent, setAgentStatus } from './change.ts'
import { putToWork, reconfigure, requireChangeable } from './configure.ts'
import { agentMachine } from './machine.ts'
import { configurationColumns, promoteReports, registerAgent, requireManager } from './register.ts'
import { configurationChanges, findRevision, type FullConfiguration } from './revisions.ts'
import { scheduleColumns } from './schedule.ts'
import { Agent, AgentDraft, AgentInput, PauseReason } from './schema.ts'
import { terminateAgent } from './terminate.ts'
import { shownStatus, toAgent, type AgentRevisionTable, type AgentTable } from './table.ts'

export const create = command({
  title: 'Hire an agent',
  description:
    'Its adapter configurations are checked by their adapters before anything is stored. In a company that asks for an approval of hires it waits for that.',
  input: z.strictObject({
    companyId: Id,
    ...AgentDraft.shape,
    adapterType: AgentDraft.shape.adapterType
      .optional()
      .describe('Needed of all that Engine executes; left out, `human` for executionMode human, and `external` for polling.'),
    bypassApproval: z.boolean().default(false).describe('Hires at once, also where the company asks for an approval; the event says so.'),
  }),
  output: Agent,
  access: { scope: 'agents:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/agents'],
  creates: true,
  async handle(context, input) {
    const { companyId: _, bypassApproval, ...wish } = input
    const draft = { ...wish, adapterType: requireAdapterType(wish) }
    const company = await findCompany(context.tx, context.companyId)
    const asksForApproval = company?.requires_hire_approval === 1
    const isPending = asksForApproval && !bypassApproval
    const status = isPending ? 'pending_approval' : 'idle'
    const row = await registerAgent(context, draft, { status, checksConfig: true, bypassed: asksForApproval && bypassApproval })
    if (isPending) await requestHire(context, row)
    else await rerouteWaiting(context)
    return toAgent(row, { showsConfig: true })
  },
})

export const update = command({
  title: "Change an agent's profile or configuration",
  input: z.strictObject({ agentId: Id, version: z.number().int().optional(), ...z.object(AgentInput).partial().shape }),
  output: Agent,
  access: { scope: 'agents:manage', company: 'agent' },
  http: ['PATCH', '/agents/:agentId'],
  async handle(context, input) {
    const agent = await requireChangeable(context, input.agentId)
    assertVersion('agent', agent, input.version)
    if (input.reportsTo) await requireManager(context, { agentId: agent.id, managerId: input.reportsTo })
    const { name, role, title, icon, instructions } = input
    const changes = changedFields({
      name,
      role,
      title,
      icon,
      instructions,
      reports_to: input.reportsTo,
      capabilities: input.capabilities && JSON.stringify(input.capabilities),
      specializations: input.specializations && JSON.stringify(input.specializations),
      tags: input.tags && JSON.stringify(input.tags),
      ...adapterChanges(context, agent, input),
      execution_mode: input.executionMode,
      ...(input.schedule !== undefined && scheduleColumns(context, input.schedule)),
      context_mode: input.contextMode,
      max_concurrent_runs: input.maxConcurrentRuns,
      max_concurrent_tasks: input.maxConcurrentTasks,
      max_cost_micros_per_run: input.maxCostMicrosPerRun,
    })
    return show(await reconfigure(context, agent, { changes }))
  },
})

export const pause = command({
  title: 'Pause an agent: its live runs are cancelled, its queued ones wait',
  input: z.strictObject({
    agentId: Id,
    reason: PauseReason.default('manual').describe('People pause by hand; the other reasons are for the program that embeds Engine.'),
  }),
  output: Agent,
  access: { scope: 'agents:pause', company: 'agent' },
  http: ['POST', '/agents/:agentId/pause'],
  async handle(context, input) {
    if (input.reason !== 'manual' && context.actor.kind !== 'system')
      throw ruleViolated(`reason: only Engine itself pauses an agent for ${input.reason}; leave it out.`)
    const agent = await requireAgent(context, input.agentId)
    assertTransition(agentMachine, shownStatus(agent), { to: 'paused', verb: 'pause' })
    await cancelRunsOfAgent(context, agent, { statuses: ['running'], reason: 'agent_paused' })
    return show(await setAgentStatus(context, agent, { to: 'paused', reason: input.reason, pauseReason: input.reason }))
  },
})

export const resume = command({
  title: 'Let a paused or failed agent work again',
  input: z.strictObject({ agentId: Id }),
  output: Agent,
  access: { scope: 'agents:pause', company: 'agent' },
  http: ['POST', '/agents/:agentId/resume'],
  async handle(context, input) {
    const agent = await requireAgent(context, input.agentId)
    assertTransition(agentMachine, shownStatus(agent), { to: 'idle', verb: 'resume' })
    const stop = await stoppedBy(
      context.tx,
      { companyId: context.companyId, agentId: agent.id, projectId: null, taskId: null },
      context.now,
    )
    if (stop) throw stop
    return show(await putToWork(context, agent, 'resumed'))
  },
})

export const rollback = command({
  title: 'Configure an agent as it was in an earlier revision',
  description: 'Makes a new revision that equals the old one; the adapters check it again.',
  input: z.strictObject({ agentId: Id, revision: z.number().int().min(1), version: z.number().int().optional() }),
  output: Agent,
  access: { scope: 'agents:manage', company: 'agent' },
  http: ['POST', '/agents/:agentId/rollback'],
  async handle(context, input) {
    const agent = await requireChangeable(context, input.agentId)
    assertVersion('agent', agent, input.version)
    const scope = { companyId: context.companyId, agentId: agent.id }
    const revision = await findRevision(context.tx, { ...scope, number: input.revision })
    if (!revision) throw notFound('agent revision', String(input.revision))
    const changes = repeatRevision(context, agent, revision)
    return show(await reconfigure(context, agent, { changes, rolledBackTo: revision.number }))
  },
})

/** The columns in which an agent differs from an earlier revision. @throws `rule_violated` when there are none */
function repeatRevision(context: CommandContext, agent: AgentTable, revision: AgentRevisionTable): Partial<AgentTable> {
  const configuration: FullConfiguration = JSON.parse(revision.configuration)
  const columns = configurationColumns(context, configuration)
  if (configurationChanges(agent, { ...agent, ...columns }).length > 0) return columns
  throw ruleViolated(`${agent.name} is configured as in revision ${revision.number} already; there is nothing to roll back.`, {
    agentId: agent.id,
    revision: revision.number,
    present: agent.revision,
  })
}

export const terminate = command({
  title: 'Terminate an agent for good: those who report to it report to its manager from then on',
  input: z.strictObject({ agentId: Id }),
  output: Agent,
  access: { scope: 'agents:manage', company: 'agent' },
  http: ['POST', '/agents/:agentId/terminate'],
  async handle(context, input) {
    const agent = await requireAgent(context, input.agentId)
    assertTransition(agentMachine, shownStatus(agent), { to: 'terminated', verb: 'terminate' })
    await cancelRunsOfAgent(context, agent, { statuses: ['queued', 'running', 'waiting'], reason: 'agent_terminated' })
    if (agent.status === 'pending_approval') await withdrawHire(context, agent)
    await promoteReports(context, agent)
    return show(await terminateAgent(context, agent, 'terminated'))
  },
})

function show(agent: AgentTable): Agent {
  // Pausing needs less than seeing a configuration does, so these answers show none; `agents.get` shows it to admins.
  return toAgent(agent, { showsConfig: false })
}
