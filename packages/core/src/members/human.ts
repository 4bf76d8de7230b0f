import { agentRef, changeAgent, requireAgent, setAgentStatus } from '../agents/change.ts'
import { agentMachine } from '../agents/machine.ts'
import { registerAgent } from '../agents/register.ts'
import { terminateAgent } from '../agents/terminate.ts'
import { humanAdapterType } from '../kernel/adapters.ts'
import type { CommandContext } from '../kernel/command.ts'
import { cancelRunsOfAgent } from '../runs/cancel.ts'
import { assignTask } from '../tasks/assign.ts'
import { taskMachine } from '../tasks/machine.ts'
import { rerouteWaiting } from '../tasks/reroute.ts'
import { requireTask } from '../tasks/transition.ts'
import type { MemberTable } from './table.ts'

/** Adds the agent that stands for a person. Nothing executes it; its id is what tasks and the org tree know. */
export async function hireHuman(context: CommandContext, name: string): Promise<string> {
  const draft = { name: await freeName(context, name), role: 'human', adapterType: humanAdapterType, executionMode: 'human' as const }
  return (await registerAgent(context, draft, { status: 'idle', checksConfig: true })).id
}

/** Names of agents are unique in their company, those of people are not: the second Ann is known as "Ann 2" there. */
async function freeName(context: CommandContext, name: string, agentId?: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name.slice(0, 190)} ${number}`
    const holder = await context.tx
      .selectFrom('agents')
      .select('id')
      .where('company_id', '=', context.companyId)
      .where('name', '=', candidate)
      .executeTakeFirst()
    if (!holder || holder.id === agentId) return candidate
  }
}

export async function renameHuman(context: CommandContext, member: MemberTable, name: string): Promise<void> {
  const agent = await requireAgent(context, member.agent_id)
  const free = await freeName(context, name, agent.id)
  if (free === agent.name) return
  const next = await changeAgent(context, agent, { name: free })
  context.emit('agent.updated', agentRef(next), { changed: ['name'] })
}

/** A disabled person works on nothing; what they have begun is given back. */
export async function restHuman(context: CommandContext, member: MemberTable): Promise<void> {
  const agent = await requireAgent(context, member.agent_id)
  if (!agentMachine.isLegal(agent.status, 'paused', 'pause')) return
  await cancelRunsOfAgent(context, agent, { statuses: ['running'], reason: 'agent_paused' })
  await setAgentStatus(context, agent, { to: 'paused', reason: 'member_disabled', pauseReason: 'system' })
}

/** What was paused for another reason stays so. */
export async function wakeHuman(context: CommandContext, member: MemberTable): Promise<void> {
  const agent = await requireAgent(context, member.agent_id)
  if (agent.status === 'paused' && agent.pause_reason === 'system') {
    await setAgentStatus(context, agent, { to: 'idle', reason: 'member_enabled' })
    await rerouteWaiting(context)
  }
}

/** Whoever goes leaves their open tasks to be given to others. */
export async function dismissHuman(context: CommandContext, member: MemberTable): Promise<void> {
  const agent = await requireAgent(context, member.agent_id)
  await cancelRunsOfAgent(context, agent, { statuses: ['queued', 'running', 'waiting'], reason: 'agent_terminated' })
  for (const taskId of await openTasksOf(context, member)) {
    await assignTask(context, await requireTask(context, taskId), { agentId: null, reason: `${member.name} is no longer a member` })
  }
  const current = await requireAgent(context, member.agent_id)
  if (current.status !== 'terminated') await terminateAgent(context, current, 'member_removed')
}

async function openTasksOf(context: CommandContext, member: MemberTable): Promise<string[]> {
  const rows = await context.tx
    .selectFrom('tasks')
    .select('id')
    .where('company_id', '=', context.companyId)
    .where((e) => e.or([e('assignee_agent_id', '=', member.agent_id), e('assignee_user_id', '=', member.user_id)]))
    .where(
      'status',
      'not in',
      taskMachine.statuses.filter((status) => taskMachine.isFinal(status)),
    )
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}
