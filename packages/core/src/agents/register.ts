import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { levelsAtMost } from '../kernel/tree.ts'
import { noteReferences } from '../secrets/uses.ts'
import { adapterColumns, referencesOf } from './adapters.ts'
import { agentRef, requireAtWork } from './change.ts'
import { recordRevision, type FullConfiguration } from './revisions.ts'
import { scheduleColumns } from './schedule.ts'
import type { AgentDraft } from './schema.ts'
import { isBelow, levelsBelow, managersOf, moveReports } from './tree.ts'
import type { AgentTable } from './table.ts'

export interface Registration {
  readonly status: 'idle' | 'pending_approval'
  /** Whether the adapter checks the configuration now; without it, whoever approves the hire has it checked. */
  readonly checksConfig: boolean
  /** Whether the company asks for an approval of hires, and this one goes past it. */
  readonly bypassed?: boolean
}

/** Adds an agent to its company. @throws `rule_violated` for an unknown adapter or manager, `invalid_input` for its configuration */
export async function registerAgent(context: CommandContext, draft: AgentDraft, given: Registration): Promise<AgentTable> {
  if (draft.reportsTo) await requireManager(context, { agentId: null, managerId: draft.reportsTo })
  const row: AgentTable = {
    ...draftColumns(context, draft, given),
    id: context.newId(),
    company_id: context.companyId,
    status: given.status,
    pause_reason: null,
    error_message: null,
    error_code: null,
    live_runs: 0,
    revision: 1,
    version: 1,
    created_at: context.now,
    updated_at: context.now,
  }
  await context.tx.insertInto('agents').values(row).execute()
  const references = referencesOf(row)
  if (references.length > 0) await noteReferences(context, { agentId: row.id }, references)
  await recordRevision(context, row, { changed: [] })
  const { name, role, status } = row
  context.emit('agent.registered', agentRef(row), {
    name,
    role,
    adapterType: row.adapter_type,
    status,
    bypassed: given.bypassed ?? false,
  })
  return row
}

/** What a draft writes into the row of its agent. */
export function draftColumns(context: CommandContext, draft: AgentDraft, given: { checksConfig: boolean }) {
  return {
    ...profileColumns(draft),
    ...scheduleColumns(context, draft.schedule ?? null),
    ...adapterColumns(context, draft, given),
    name: draft.name,
    icon: draft.icon ?? null,
    reports_to: draft.reportsTo ?? null,
    tags: JSON.stringify(draft.tags ?? []),
  } satisfies Partial<AgentTable>
}

/** What a configuration writes into the row of its agent, once more accepted by its adapters. */
export function configurationColumns(context: CommandContext, configuration: FullConfiguration) {
  return {
    ...profileColumns(configuration),
    ...scheduleColumns(context, configuration.schedule ?? null),
    ...adapterColumns(context, configuration, { checksConfig: true }),
  }
}

function profileColumns(draft: Omit<AgentDraft, 'name'>) {
  return {
    role: draft.role,
    title: draft.title ?? null,
    instructions: draft.instructions ?? null,
    capabilities: JSON.stringify(draft.capabilities ?? []),
    specializations: JSON.stringify(draft.specializations ?? []),
    context_mode: draft.contextMode ?? 'fat',
    max_concurrent_runs: draft.maxConcurrentRuns ?? 20,
    max_concurrent_tasks: draft.maxConcurrentTasks ?? null,
    max_cost_micros_per_run: draft.maxCostMicrosPerRun ?? null,
  } satisfies Partial<AgentTable>
}

/** Those who report to an agent report to its manager from now on. */
export async function promoteReports(context: CommandContext, agent: AgentTable): Promise<void> {
  const { companyId, now } = context
  const moved = await moveReports(context.tx, { companyId, agentId: agent.id, managerId: agent.reports_to, now })
  for (const report of moved) context.emit('agent.updated', agentRef(report), { changed: ['reportsTo'] })
}

/** @throws `rule_violated` when that agent can not be the manager of this one, which is not there yet when `agentId` is null */
export async function requireManager(context: CommandContext, given: { agentId: string | null; managerId: string }): Promise<void> {
  const { companyId, tx } = context
  const { agentId, managerId } = given
  const manager = await requireAtWork(context, { field: 'reportsTo', agentId: managerId })
  if (agentId === managerId || (agentId && (await isBelow(tx, { companyId, managerId: agentId, agentId: managerId })))) {
    throw ruleViolated('reportsTo: an agent can not report to itself or to someone below it.', { reportsTo: managerId })
  }
  const above = await managersOf(tx, { companyId, agentId: managerId })
  const below = agentId ? await levelsBelow(tx, { companyId, agentId }) : 0
  // The manager itself and the agent are a level each.
  if (above.length + 2 + below > levelsAtMost) {
    throw ruleViolated(`reportsTo: with ${manager.name} as its manager the tree would have more than ${levelsAtMost} levels.`, {
      reportsTo: managerId,
    })
  }
}
