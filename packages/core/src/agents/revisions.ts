import type { Kysely } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { eventActor } from '../kernel/actor.ts'
import { fieldNames } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { canonicalJson } from '../kernel/json.ts'
import { noteReferences } from '../secrets/uses.ts'
import { referencesOf } from './adapters.ts'
import { agentRef, changeAgent } from './change.ts'
import type { AgentDraft, AgentRevision } from './schema.ts'
import type { AgentRevisionTable, AgentTable } from './table.ts'

type Configuration = AgentRevision['configuration']
/** A configuration with nothing hidden, as it is kept. */
export type FullConfiguration = Configuration & Pick<Required<AgentDraft>, 'adapterConfig' | 'profiles' | 'fallbacks'>

/** What of an agent's row is its configuration. Pure. */
export function configurationOf(row: AgentTable): FullConfiguration {
  return {
    role: row.role,
    title: row.title,
    instructions: row.instructions,
    capabilities: JSON.parse(row.capabilities),
    specializations: JSON.parse(row.specializations),
    adapterType: row.adapter_type,
    adapterConfig: JSON.parse(row.adapter_config),
    profiles: JSON.parse(row.profiles),
    fallbacks: JSON.parse(row.fallbacks),
    executionMode: row.execution_mode,
    schedule: row.schedule === null ? null : JSON.parse(row.schedule),
    contextMode: row.context_mode,
    maxConcurrentRuns: row.max_concurrent_runs,
    maxConcurrentTasks: row.max_concurrent_tasks,
    maxCostMicrosPerRun: row.max_cost_micros_per_run,
  }
}

/** The fields of the configuration that two states of an agent differ in. Pure. */
export function configurationChanges(before: AgentTable, after: AgentTable): string[] {
  const known = new Map(Object.entries(configurationOf(before)))
  return Object.entries(configurationOf(after))
    .filter(([field, value]) => canonicalJson(value) !== canonicalJson(known.get(field)))
    .map(([field]) => field)
}

/** Keeps what an agent is configured to be from now on, under the number that its row has. */
export async function recordRevision(
  context: CommandContext,
  agent: AgentTable,
  given: { changed: readonly string[]; rolledBackTo?: number },
): Promise<void> {
  const actor = eventActor(context.actor)
  const row: AgentRevisionTable = {
    company_id: agent.company_id,
    agent_id: agent.id,
    number: agent.revision,
    configuration: JSON.stringify(configurationOf(agent)),
    changed: JSON.stringify(given.changed),
    rolled_back_to: given.rolledBackTo ?? null,
    actor_kind: actor.kind,
    actor_id: actor.id,
    created_at: context.now,
  }
  await context.tx.insertInto('agent_revisions').values(row).execute()
}

/** The fields in which a secret may be named. */
const configuring: ReadonlySet<string> = new Set(['adapterConfig', 'profiles', 'fallbacks'])

export interface ConfigurationChange {
  readonly changes: Partial<AgentTable>
  /** The revision that is repeated, in a rollback. */
  readonly rolledBackTo?: number
}

/** Writes changes to an agent that was read in this transaction; where they make another configuration, as a revision too. */
export async function changeConfiguration(context: CommandContext, agent: AgentTable, given: ConfigurationChange): Promise<AgentTable> {
  const { changes } = given
  const changed = configurationChanges(agent, { ...agent, ...changes })
  const isRevised = changed.length > 0
  const revision = agent.revision + (isRevised ? 1 : 0)
  const next = await changeAgent(context, agent, { ...changes, revision })
  if (isRevised) await recordRevision(context, next, { ...given, changed })
  if (changed.some((field) => configuring.has(field))) await noteReferences(context, { agentId: agent.id }, referencesOf(next))
  context.emit('agent.updated', agentRef(next), { changed: fieldNames(changes), ...(isRevised && { revision }) })
  return next
}

const revisionByNumber = statement((db, given: { companyId: string; agentId: string; number: number }) =>
  db
    .selectFrom('agent_revisions')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('agent_id', '=', given.agentId)
    .where('number', '=', given.number),
)

export async function findRevision(
  db: Kysely<Database>,
  given: { companyId: string; agentId: string; number: number },
): Promise<AgentRevisionTable | null> {
  return first(await revisionByNumber(db, given))
}
