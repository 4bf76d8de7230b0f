import type { Kysely } from 'kysely'

import type { AgentTable } from '../agents/table.ts'
import { probe } from '../breakers/change.ts'
import { breakerErrors } from '../breakers/errors.ts'
import { openBreakersOf } from '../breakers/sql.ts'
import type { BreakerTable } from '../breakers/table.ts'
import { capMissing, wantsCap } from '../budgets/run-cap.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import { preferencesOfTask } from '../preferences/resolve.ts'
import type { TaskTable } from '../tasks/table.ts'
import { failureRules } from './failures.ts'
import type { AdapterReason } from './schema.ts'
import { isFallback, profileNames, setupsOf, withLast, type Profile, type Setup } from './setups.ts'
import { findRun } from './sql.ts'
import type { RunTable } from './table.ts'

/** The preference by which a task, or what it belongs to, asks for one of its agent's profiles. */
const profileKey = 'agent.profile'

interface Execution {
  readonly run: RunTable
  readonly task: TaskTable
  readonly agent: AgentTable
  /** The adapters that its worker has. */
  readonly types: readonly string[]
}

export type AdapterUse = Pick<RunTable, 'adapter_type' | 'adapter_provider' | 'adapter_place' | 'adapter_reason'>

/**
 * Chooses what a run is executed by: the first of its agent's ways whose provider works, or has cooled for so long that this run
 * may try it, as the only one. @throws `adapter_cooling` when there is none
 */
export async function chooseAdapter(context: CommandContext, execution: Execution): Promise<AdapterUse> {
  const { setups, reason, missing } = await preferredSetups(context, execution)
  const breakers = await openBreakersOf(context.tx, context.companyId)
  for (const [index, { place, adapterType, adapterConfig }] of setups.entries()) {
    const provider = context.adapters.providerOf(adapterType, adapterConfig)
    const breaker = breakers.find((one) => one.adapter_type === adapterType && one.provider === provider)
    const use = { adapter_type: adapterType, adapter_provider: provider, adapter_place: place }
    if (!breaker) return { ...use, adapter_reason: index === 0 ? reason : 'cooling' }
    if (await probe(context, breaker, execution.run.id)) return { ...use, adapter_reason: 'probe' }
  }
  // It waits for its own provider, or for a cap, and takes no place from others meanwhile.
  throw missing ?? allCooling(execution.agent, breakers)
}

/**
 * Why nothing that is queued for an agent starts: each of its providers is left alone, or is being tried. Null when one of them works,
 * or has cooled. A profile that a task asks for is not looked at.
 */
export async function coolingOf(
  db: Kysely<Database>,
  { task, agent, adapters, now }: Passing & { now: string },
): Promise<EngineError | null> {
  const breakers = await openBreakersOf(db, agent.company_id)
  if (breakers.length === 0) return null
  const all = setupsOf(agent, { types: adapters.types, profile: null })
  const { setups, missing } = await passOverUncapped(db, all, { task, agent, adapters })
  const own = setups.map(({ adapterType, adapterConfig }) => {
    const provider = adapters.providerOf(adapterType, adapterConfig)
    return breakers.find((one) => one.adapter_type === adapterType && one.provider === provider)
  })
  const cooling = own.filter((one) => one !== undefined && (one.cools_until ?? now) > now)
  if (cooling.length < own.length) return null
  return (
    missing ??
    allCooling(
      agent,
      cooling.flatMap((breaker) => breaker ?? []),
    )
  )
}

/** In which order, and why the first one is the first. */
async function preferredSetups(
  context: CommandContext,
  { run, task, agent, types }: Execution,
): Promise<{ setups: Setup[]; reason: AdapterReason; missing: EngineError | null }> {
  const profile = agent.profiles === '{}' ? null : await askedProfile(context.tx, { task, agent })
  const { setups, missing } = await passOverUncapped(context.tx, setupsOf(agent, { types, profile }), {
    task,
    agent,
    adapters: context.adapters,
  })
  const failed = setups.length > 1 ? await failedPlace(context, run) : null
  if (failed !== null && failed === setups[0]?.place) return { setups: withLast(setups, failed), reason: 'failed_before', missing }
  return { setups, reason: setups[0]?.place === 'own' ? 'first_choice' : 'profile', missing }
}

interface Passing {
  readonly task: TaskTable
  readonly agent: AgentTable
  readonly adapters: AdapterCatalog
}

/** Leaves out fallbacks that a hard limit lets start nothing for want of a cap, and says what is missing: an agent works on without them. */
async function passOverUncapped(
  db: Kysely<Database>,
  setups: Setup[],
  passing: Passing,
): Promise<{ setups: Setup[]; missing: EngineError | null }> {
  const uncapped = setups.filter((setup) => isFallback(setup) && wantsCap(passing.agent, setup.adapterType, passing.adapters))
  const [first] = uncapped
  const missing = first ? await capMissing(db, { ...passing, adapterType: first.adapterType }) : null
  return { setups: missing ? setups.filter((setup) => !uncapped.includes(setup)) : setups, missing }
}

/** The profile that is asked for a task of an agent; null when none is, and the agent's own adapter does. */
export async function askedProfile(
  db: Kysely<Database>,
  { task, agent }: { task: TaskTable; agent: { readonly id: string } },
): Promise<Profile | null> {
  const preferences = await preferencesOfTask(db, { task, agentId: agent.id })
  return profileNames.find((name) => name === preferences[profileKey]) ?? null
}

/** What the attempt before was executed by, when another provider may do better. */
async function failedPlace(context: CommandContext, run: RunTable): Promise<string | null> {
  const before = run.retry_of === null ? null : await findRun(context.tx, run.retry_of)
  if (!before?.error_class) return null
  return failureRules[before.error_class].follows === 'retry_elsewhere' ? before.adapter_place : null
}

function allCooling(agent: AgentTable, breakers: readonly BreakerTable[]): EngineError {
  const cooling = breakers.map(({ id, adapter_type: adapterType, provider, cools_until: until }) => ({
    breakerId: id,
    adapterType,
    provider,
    until,
  }))
  return new EngineError(breakerErrors.adapter_cooling, `Every provider of ${agent.name} is left alone for a while, so its run waits.`, {
    details: { agentId: agent.id, cooling },
  })
}
