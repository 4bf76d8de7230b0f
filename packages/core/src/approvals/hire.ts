import { adapterColumns, requireAdapterType } from '../agents/adapters.ts'
import { changeAgent, requireAgent, setAgentStatus } from '../agents/change.ts'
import { agentMachine } from '../agents/machine.ts'
import { draftColumns, promoteReports, registerAgent, requireManager } from '../agents/register.ts'
import { changeConfiguration, configurationChanges, configurationOf } from '../agents/revisions.ts'
import { AgentDraft } from '../agents/schema.ts'
import type { AgentTable } from '../agents/table.ts'
import { terminateAgent } from '../agents/terminate.ts'
import type { Actor } from '../kernel/actor.ts'
import { assertMay } from '../kernel/authorize.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, ruleViolated } from '../kernel/errors.ts'
import { parseInput } from '../kernel/input.ts'
import type { JsonObject } from '../kernel/json.ts'
import { assertTransition } from '../kernel/transition.ts'
import { issueKey } from '../keys/issue.ts'
import { wakeForOpenTasks } from '../runs/wake.ts'
import { rerouteWaiting } from '../tasks/reroute.ts'
import { aboutApproval, approvalRef, insertApproval, moveApproval } from './change.ts'
import { configurationIn } from './payload.ts'
import { findOpenApproval } from './sql.ts'
import type { ApprovalTable } from './table.ts'

/** Asks for the approval of an agent that was registered as `pending_approval` in this command. */
export async function requestHire(
  context: CommandContext,
  agent: AgentTable,
  asked: { reason: string | null; taskId: string | null } = { reason: null, taskId: null },
): Promise<ApprovalTable> {
  return insertApproval(context, { ...asked, type: 'hire_agent', subject: agent.id, payload: draftOf(agent), agentId: agent.id })
}

/** Registers the agent that a payload describes; it waits for the decision. */
export async function registerDraft(context: CommandContext, payload: JsonObject): Promise<AgentTable> {
  const { actor } = context
  const draft = parseDraft(actor, payload)
  // A worker whom an agent asks for is its own, unless it says otherwise.
  const requester = actor.kind === 'run' ? actor.agentId : actor.kind === 'agent' ? actor.id : null
  const reportsTo = draft.reportsTo === undefined ? requester : draft.reportsTo
  return registerAgent(context, { ...draft, reportsTo }, { status: 'pending_approval', checksConfig: !isAgent(actor) })
}

/** Puts another payload in the place of the draft. @returns the payload as it will be decided about */
export async function rewriteDraft(context: CommandContext, row: ApprovalTable, payload: JsonObject): Promise<JsonObject> {
  const agent = await requireDraft(context, row)
  const draft = parseDraft(context.actor, payload)
  if (draft.reportsTo) await requireManager(context, { agentId: agent.id, managerId: draft.reportsTo })
  const changes = draftColumns(context, { ...draft, reportsTo: draft.reportsTo ?? null }, { checksConfig: !isAgent(context.actor) })
  return draftOf(await changeConfiguration(context, agent, { changes }))
}

interface HireTerms {
  readonly adapterConfig?: JsonObject | undefined
  readonly createKey: boolean
}

/** Lets a hired agent begin with what waits for it. @returns its first key, if one was asked for */
export async function approveHire(context: CommandContext, row: ApprovalTable, terms: HireTerms): Promise<string | null> {
  if (terms.createKey) assertMay(context, 'keys:manage')
  const agent = await requireDraft(context, row)
  assertTransition(agentMachine, agent.status, { to: 'idle', verb: 'approve' })
  const configured = await configure(context, agent, terms.adapterConfig)
  const hired = await setAgentStatus(context, configured, { to: 'idle', reason: 'approved' })
  await wakeForOpenTasks(context, hired)
  await rerouteWaiting(context)
  if (!terms.createKey) return null
  return (await issueKey(context, { kind: 'agent', agentId: hired.id }, { name: 'First key' })).key
}

/** Ends a draft that is not hired, and gives its name free. */
export async function dismissDraft(context: CommandContext, row: ApprovalTable, reason: string): Promise<void> {
  const agent = await requireDraft(context, row)
  assertTransition(agentMachine, agent.status, { to: 'terminated', verb: 'terminate' })
  await promoteReports(context, agent)
  const renamed = await changeAgent(context, agent, { name: `${agent.name} (not hired, ${agent.id.slice(-12)})` })
  await terminateAgent(context, renamed, reason)
}

/** Ends the request of an agent that was terminated before anybody decided. */
export async function withdrawHire(context: CommandContext, agent: AgentTable): Promise<void> {
  const row = await findOpenApproval(context.tx, { companyId: context.companyId, type: 'hire_agent', subject: agent.id })
  if (!row) return
  const next = await moveApproval(context, row, { to: 'cancelled', verb: 'cancel' })
  context.emit('approval.cancelled', approvalRef(next), { ...aboutApproval(next), note: 'agent_terminated' })
}

function isAgent(actor: Actor): boolean {
  return actor.kind === 'agent' || actor.kind === 'run'
}

/** @throws `rule_violated` when an agent asks for executable configuration (DOMAIN §5) */
function parseDraft(actor: Actor, payload: JsonObject): AgentDraft {
  const said = parseInput(AgentDraft.partial({ adapterType: true }), payload, 'payload')
  const draft = { ...said, adapterType: requireAdapterType(said, 'payload.adapterType') }
  const fields = isAgent(actor) ? configurationIn(payload) : []
  if (fields.length === 0) return draft
  throw ruleViolated(`An agent may not write ${fields.join(' and ')}. Leave it out: whoever approves the hire configures the adapter.`, {
    fields,
  })
}

async function requireDraft(context: CommandContext, row: ApprovalTable): Promise<AgentTable> {
  return requireAgent(context, row.subject)
}

/** Configures an agent as its approver says, or as was shown; now at the latest its adapters accept it. */
async function configure(context: CommandContext, agent: AgentTable, given: JsonObject | undefined): Promise<AgentTable> {
  const changes = given === undefined ? shownColumns(context, agent) : columnsOf(context, agent, given)
  const isShown = configurationChanges(agent, { ...agent, ...changes }).length === 0
  return isShown ? agent : changeConfiguration(context, agent, { changes })
}

function columnsOf(context: CommandContext, agent: AgentTable, adapterConfig: JsonObject): Partial<AgentTable> {
  const { adapterType, profiles, fallbacks, executionMode } = configurationOf(agent)
  return adapterColumns(context, { adapterType, adapterConfig, profiles, fallbacks, executionMode }, { checksConfig: true })
}

function shownColumns(context: CommandContext, agent: AgentTable): Partial<AgentTable> {
  try {
    return columnsOf(context, agent, JSON.parse(agent.adapter_config))
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    throw ruleViolated(
      `The adapter "${agent.adapter_type}" can not run ${agent.name} with this configuration; give adapterConfig with your approval. ${error.message}`,
      error.details,
    )
  }
}

/** What an agent in the making is to be, in the fields that a request names. */
function draftOf(agent: AgentTable): JsonObject {
  const { name, icon } = agent
  const draft = { name, icon, tags: JSON.parse(agent.tags), reportsTo: agent.reports_to, ...configurationOf(agent) }
  return JSON.parse(JSON.stringify(draft))
}
