import { executionModesOf } from '../agents/adapters.ts'
import * as agentCommands from '../agents/commands.ts'
import { requireAgent, setAgentStatus } from '../agents/change.ts'
import { registerAgent } from '../agents/register.ts'
import type { AgentDraft, ExecutionMode } from '../agents/schema.ts'
import type { AgentTable } from '../agents/table.ts'
import { requestHire } from '../approvals/hire.ts'
import * as goalCommands from '../goals/commands.ts'
import { humanAdapterType, isExecuted, isKnownTo } from '../kernel/adapters.ts'
import type { CommandContext } from '../kernel/command.ts'
import * as knowledgeCommands from '../knowledge/commands.ts'
import * as projectCommands from '../projects/commands.ts'
import { cancelRunsOfAgent } from '../runs/cancel.ts'
import { portableSettings, type Entry, type Kind } from './format.ts'
import { makeRoutine } from './make-routine.ts'
import { makeTask } from './make-task.ts'
import type { Making } from './making.ts'
import type { ImportItem } from './schema.ts'

interface Wish<Of extends Kind> {
  readonly entry: Entry<Of>
  readonly item: ImportItem
}

type Maker<Of extends Kind> = (making: Making, wish: Wish<Of>) => Promise<{ id: string }>

/** Makes one thing of a package, or changes the one that is here: by the same functions as if somebody had asked for it alone. */
export const makers: { readonly [Of in Kind]: Maker<Of> } = {
  agent: makeAgent,
  goal: makeGoal,
  project: makeProject,
  skill: makeSkill,
  routine: makeRoutine,
  task: makeTask,
}

/** Nothing that is imported starts by itself: agents are paused, and have no commands, addresses or schedules (PROMISES S11). */
async function makeAgent(making: Making, { entry, item }: Wish<'agent'>): Promise<AgentTable> {
  const { context, asksForApproval } = making
  const draft = draftOf(making, entry, item.name)
  if (item.id !== null) return replaceAgent(context, item.id, draft)
  const status = asksForApproval ? 'pending_approval' : 'idle'
  const agent = await registerAgent(context, draft, { status, checksConfig: false })
  if (!asksForApproval) return pauseAgent(context, agent)
  await requestHire(context, agent)
  return agent
}

function draftOf({ context, sidecar, idOf }: Making, { slug, head, body }: Entry<'agent'>, name: string): AgentDraft {
  const { reportsTo, executionMode: mode, ...profile } = head
  const setup = sidecar.agents?.[slug]
  const isKnown = setup !== undefined && isKnownTo(context.adapters, setup.adapterType)
  // Whom nothing here can execute is a person's, until somebody says how to run it.
  const how = isKnown && mode !== 'human' ? withMode(setup.adapterType, mode) : asPerson
  const settings = Object.entries(setup?.settings ?? {}).filter(([field]) => portableSettings.includes(field))
  const { contextMode, maxConcurrentRuns, maxConcurrentTasks, maxCostMicrosPerRun } = setup ?? {}
  return {
    ...profile,
    ...how,
    name,
    instructions: body === '' ? null : body,
    reportsTo: idOf('agent', reportsTo) ?? null,
    adapterConfig: isExecuted(how.adapterType) ? Object.fromEntries(settings) : {},
    contextMode,
    maxConcurrentRuns,
    maxConcurrentTasks,
    maxCostMicrosPerRun,
  }
}

/** A package of somebody else's making may name a mode that agents of that adapter are never of. */
function withMode(adapterType: string, mode: ExecutionMode) {
  const [usual = mode, ...others] = executionModesOf(adapterType)
  return { adapterType, executionMode: others.includes(mode) ? mode : usual }
}

const asPerson = { adapterType: humanAdapterType, executionMode: 'human' } as const

/** How the agent that is here is run stays as it is, and what it may spend; what it is told is another's words now, so it rests until somebody has read them. */
async function replaceAgent(context: CommandContext, agentId: string, draft: AgentDraft): Promise<AgentTable> {
  const {
    adapterType: _type,
    adapterConfig: _config,
    executionMode: _mode,
    profiles: _profiles,
    fallbacks: _others,
    maxCostMicrosPerRun: _cap,
    ...profile
  } = draft
  const before = await requireAgent(context, agentId)
  const reportsTo = profile.reportsTo === agentId ? null : profile.reportsTo
  await agentCommands.update.handle(context, { ...profile, agentId, reportsTo }, undefined)
  const agent = await requireAgent(context, agentId)
  return before.status === 'paused' ? agent : pauseAgent(context, agent)
}

async function pauseAgent(context: CommandContext, agent: AgentTable): Promise<AgentTable> {
  await cancelRunsOfAgent(context, agent, { statuses: ['running'], reason: 'agent_paused' })
  return setAgentStatus(context, await requireAgent(context, agent.id), { to: 'paused', reason: 'import', pauseReason: 'import' })
}

async function makeGoal({ context, idOf }: Making, { entry: { head, body }, item }: Wish<'goal'>): Promise<{ id: string }> {
  const { title: _title, parent, owner, ...fields } = head
  const wish = { ...fields, title: item.name, description: body === '' ? null : body, ownerAgentId: idOf('agent', owner) ?? null }
  if (item.id !== null)
    return goalCommands.update.handle(
      context,
      { goalId: item.id, description: wish.description, ownerAgentId: wish.ownerAgentId },
      undefined,
    )
  const parentId = idOf('goal', parent) ?? null
  return goalCommands.create.handle(context, { companyId: context.companyId, ...wish, parentId }, undefined)
}

async function makeProject({ context, idOf }: Making, { entry: { head, body }, item }: Wish<'project'>): Promise<{ id: string }> {
  const { status, targetDate, goal, lead, defaultAgent } = head
  const wish = {
    name: item.name,
    description: body === '' ? null : body,
    goalId: idOf('goal', goal) ?? null,
    leadAgentId: idOf('agent', lead) ?? null,
    targetDate: targetDate ?? null,
  }
  if (item.id !== null) return projectCommands.update.handle(context, { ...wish, projectId: item.id }, undefined)
  const defaultAgentId = idOf('agent', defaultAgent) ?? null
  return projectCommands.create.handle(context, { companyId: context.companyId, ...wish, status, defaultAgentId }, undefined)
}

async function makeSkill({ context, idOf }: Making, { entry: { head, body }, item }: Wish<'skill'>): Promise<{ id: string }> {
  const { project, tags = [], source = null } = head
  const wish = { title: item.name, body, tags, source }
  if (item.id !== null) return knowledgeCommands.update.handle(context, { ...wish, knowledgeEntryId: item.id }, undefined)
  const projectId = idOf('project', project) ?? null
  return knowledgeCommands.create.handle(context, { companyId: context.companyId, ...wish, projectId }, undefined)
}
