import { z } from 'zod'

import { assertVersion, changedFields, fieldNames } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { cancelRunsOfAgent } from '../runs/cancel.ts'
import { wakeForOpenTasks } from '../runs/wake.ts'
import { agentRef, changeAgent, requireAgent, setAgentStatus } from './change.ts'
import { agentMachine } from './machine.ts'
import { Agent, AgentInput, PauseReason } from './schema.ts'
import { findColleague, managersOf } from './sql.ts'
import { toAgent, type AgentTable } from './table.ts'

export const create = command({
  title: 'Hire an agent',
  description: 'Its adapter configuration is checked by the adapter before anything is stored.',
  input: z.strictObject({ companyId: Id, ...AgentInput, adapterType: z.string().max(64) }),
  output: Agent,
  access: { scope: 'agents:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/agents'],
  creates: true,
  async handle(context, input) {
    if (input.reportsTo) await requireManager(context, { agentId: null, managerId: input.reportsTo })
    const row: AgentTable = {
      id: context.newId(),
      company_id: context.companyId,
      name: input.name,
      role: input.role,
      title: input.title ?? null,
      instructions: input.instructions ?? null,
      reports_to: input.reportsTo ?? null,
      status: 'idle',
      pause_reason: null,
      error_message: null,
      capabilities: JSON.stringify(input.capabilities ?? []),
      adapter_type: input.adapterType,
      adapter_config: JSON.stringify(context.adapters.parseConfig(input.adapterType, input.adapterConfig ?? {})),
      execution_mode: input.executionMode ?? 'auto',
      max_concurrent_runs: input.maxConcurrentRuns ?? 20,
      live_runs: 0,
      icon: null,
      specializations: '[]',
      tags: '[]',
      max_concurrent_tasks: null,
      context_mode: 'fat',
      profiles: '{}',
      fallbacks: '[]',
      revision: 1,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await context.tx.insertInto('agents').values(row).execute()
    context.emit('agent.registered', agentRef(row), { name: row.name, role: row.role, adapterType: row.adapter_type })
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
    const agent = await requireAgent(context, input.agentId)
    assertVersion('agent', agent, input.version)
    if (agent.status === 'terminated') throw ruleViolated(`The agent ${agent.name} is terminated and can not be changed.`)
    if (input.reportsTo) await requireManager(context, { agentId: agent.id, managerId: input.reportsTo })
    const { name, role, title, instructions } = input
    const changes = changedFields({
      name,
      role,
      title,
      instructions,
      reports_to: input.reportsTo,
      capabilities: input.capabilities && JSON.stringify(input.capabilities),
      ...adapterChanges(context, agent, input),
      execution_mode: input.executionMode,
      max_concurrent_runs: input.maxConcurrentRuns,
    })
    const next = await changeAgent(context, agent, changes)
    context.emit('agent.updated', agentRef(next), { changed: fieldNames(changes) })
    await followMode(context, agent, next)
    const isMended = agent.status === 'error' && changes.adapter_config !== undefined
    return show(isMended ? await putToWork(context, next, 'reconfigured') : next)
  },
})

/** Work starts by itself from the moment that an agent is `auto`, and stops doing so when it no longer is. */
async function followMode(context: CommandContext, before: AgentTable, after: AgentTable): Promise<void> {
  if (before.execution_mode === after.execution_mode) return
  if (after.execution_mode === 'auto') await wakeForOpenTasks(context, after)
  else await cancelRunsOfAgent(context, after, { statuses: ['queued'], reason: `agent_${after.execution_mode}` })
}

/** An agent that may work again starts what waits for it. */
async function putToWork(context: CommandContext, agent: AgentTable, reason: string): Promise<AgentTable> {
  const next = await setAgentStatus(context, agent, { to: 'idle', reason })
  await wakeForOpenTasks(context, next)
  return next
}

/** Another adapter needs a configuration of its own; a lone configuration is checked by the present adapter. */
function adapterChanges(context: CommandContext, agent: AgentTable, input: { adapterType?: string | undefined; adapterConfig?: unknown }) {
  if (input.adapterType === undefined && input.adapterConfig === undefined) return {}
  const adapter_type = input.adapterType ?? agent.adapter_type
  const adapter_config = JSON.stringify(context.adapters.parseConfig(adapter_type, input.adapterConfig ?? {}))
  return { adapter_type, adapter_config }
}

async function requireManager(context: CommandContext, given: { agentId: string | null; managerId: string }): Promise<void> {
  const { companyId } = context
  const manager = await findColleague(context.tx, { companyId, agentId: given.managerId })
  if (!manager) throw ruleViolated(`reportsTo: there is no agent ${given.managerId} in this company.`, { reportsTo: given.managerId })
  const above = await managersOf(context.tx, { companyId, agentId: manager.id })
  if (given.agentId && [manager, ...above].some((agent) => agent.id === given.agentId)) {
    throw ruleViolated('reportsTo: an agent can not report to itself or to someone below it.', { reportsTo: given.managerId })
  }
}

export const pause = command({
  title: 'Pause an agent: its live runs are cancelled, its queued ones wait',
  input: z.strictObject({ agentId: Id, reason: PauseReason.default('manual') }),
  output: Agent,
  access: { scope: 'agents:pause', company: 'agent' },
  http: ['POST', '/agents/:agentId/pause'],
  async handle(context, input) {
    const agent = await requireAgent(context, input.agentId)
    assertTransition(agentMachine, agent.status, { to: 'paused', verb: 'pause' })
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
    assertTransition(agentMachine, agent.status, { to: 'idle', verb: 'resume' })
    return show(await putToWork(context, agent, 'resumed'))
  },
})

export const terminate = command({
  title: 'Terminate an agent for good',
  input: z.strictObject({ agentId: Id }),
  output: Agent,
  access: { scope: 'agents:manage', company: 'agent' },
  http: ['POST', '/agents/:agentId/terminate'],
  async handle(context, input) {
    const agent = await requireAgent(context, input.agentId)
    assertTransition(agentMachine, agent.status, { to: 'terminated', verb: 'terminate' })
    await cancelRunsOfAgent(context, agent, { statuses: ['queued', 'running'], reason: 'agent_terminated' })
    return show(await setAgentStatus(context, agent, { to: 'terminated', reason: 'terminated' }))
  },
})

function show(agent: AgentTable): Agent {
  // Pausing needs less than seeing a configuration does, so these answers show none; `agents.get` shows it to admins.
  return toAgent(agent, { showsConfig: false })
}
