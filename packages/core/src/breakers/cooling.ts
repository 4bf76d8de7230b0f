import { sql, type Kysely } from 'kysely'

import type { AgentTable } from '../agents/table.ts'
import { wantsCap } from '../budgets/run-cap.ts'
import { present } from '../database/open.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import { longestWaiting, runAt } from '../runs/ready-runs.ts'
import { isFallback, profileNames, setupsOf, type Profile, type Setup } from '../runs/setups.ts'
import { priorityRanks } from '../tasks/schema.ts'
import type { BreakerKey } from './table.ts'

const notClosed = statement((db, given: { now: string }, family) =>
  db
    .selectFrom('breakers')
    .select(['company_id', 'adapter_type', 'provider'])
    .select((e) =>
      e
        .case()
        .when(e('cools_until', '<=', present(family, given.now)))
        .then(sql.lit(1))
        .else(sql.lit(0))
        .end()
        .as('is_due'),
    )
    .where('status', '!=', sql.lit('closed')),
)

interface Candidate {
  readonly id: string
  readonly company_id: string
  readonly first_place: string | null
}

/** How many agents' adapters are looked at together. */
const lookedAtTogether = 200

/**
 * An agent; with `only` nothing of it can start but that, with `tries` nothing but this run, which tries a provider, at the place of the
 * most urgent one that waits for it.
 */
export type Startable<Agent> = Agent & { readonly only?: Only; readonly tries?: Try }

/** What of an agent can start while its own provider is left alone. */
export interface Only {
  /** What asks for one of these. */
  readonly profiles: readonly Profile[]
  /** What no hard limit of money of its project or its task is over: a fallback without a cap may execute that alone. */
  readonly beyondLimits: boolean
}

interface Try {
  readonly runId: string
  readonly place: string
}

interface Look {
  readonly adapters: AdapterCatalog
  readonly now: string
  /** How many agents are wanted. */
  readonly limit: number
}

/**
 * Of agents in their order, those that have an adapter whose provider works. Where each of an agent's providers failed and one of
 * them has cooled, one run may try it: of all agents that wait for it, the one that has waited longest, however urgent others are. What
 * tried in vain begins to wait anew, so work that always fails keeps no other from trying. Nearly always no provider failed, and then
 * nothing more is asked.
 */
export async function withoutCooling<Agent extends Candidate>(
  db: Kysely<Database>,
  agents: readonly Agent[],
  look: Look,
): Promise<readonly Startable<Agent>[]> {
  if (agents.length === 0) return []
  const breakers = await notClosed(db, { now: look.now })
  if (breakers.length === 0) return agents.slice(0, look.limit)
  const states = new Map(breakers.map((breaker) => [nameOf(breaker), breaker.is_due === 1 ? 'due' : 'cooling']))
  const found: Startable<Agent>[] = []
  const waiting = new Map<string, Waiting<Agent>[]>()
  for (let start = 0; start < agents.length && found.length < look.limit; start += lookedAtTogether) {
    const together = agents.slice(start, start + lookedAtTogether)
    const providers = await providersOf(db, look.adapters, together)
    for (const agent of together) {
      const { always, beyondLimits, byProfile } = providers.get(agent.id) ?? nobody
      const profiles = byProfile.flatMap(([profile, provider]) => (states.has(provider) ? [] : [profile]))
      const due = always.find((provider) => states.get(provider) === 'due')
      if (always.some((provider) => !states.has(provider))) {
        found.push(agent)
      } else if (beyondLimits.some((provider) => !states.has(provider))) {
        // Where somebody may try its own provider, a claim decides who that is.
        found.push(due === undefined ? { ...agent, only: { profiles, beyondLimits: true } } : agent)
      } else if (due === undefined) {
        found.push(...forProfiles(agent, profiles))
      } else {
        const group = waiting.get(due) ?? []
        group.push({ agent, profiles })
        waiting.set(due, group)
      }
    }
  }
  const trying = await Promise.all([...waiting.values()].map((group) => withOneThatTries(db, group, look.now)))
  return [...found.slice(0, look.limit), ...trying.flat()]
}

/** An agent that waits for a provider that somebody may try. */
interface Waiting<Agent> {
  readonly agent: Agent
  /** What it may start meanwhile. */
  readonly profiles: readonly Profile[]
}

function forProfiles<Agent>(agent: Agent, profiles: readonly Profile[]): Startable<Agent>[] {
  return profiles.length === 0 ? [] : [{ ...agent, only: { profiles, beyondLimits: false } }]
}

/**
 * Of agents that wait for the same provider, in their order, one tries it: the one with the run that has waited longest. Its turn is that of
 * the first of them, or nobody would try for as long as there is other work that is more urgent than this run.
 */
async function withOneThatTries<Agent extends Candidate>(
  db: Kysely<Database>,
  group: readonly Waiting<Agent>[],
  now: string,
): Promise<Startable<Agent>[]> {
  const places: { agent_id: string; place: string }[] = []
  for (let start = 0; start < group.length; start += lookedAtTogether) {
    const queues = group
      .slice(start, start + lookedAtTogether)
      .flatMap(({ agent: { company_id, id: agent_id } }) => priorityRanks.map((priority) => ({ company_id, agent_id, priority })))
    const found = await longestWaiting(db, { agents: JSON.stringify(queues), now })
    places.push(...found.flatMap(({ agent_id, place }) => (place === null ? [] : [{ agent_id, place }])))
  }
  const [first] = places.toSorted((left, right) => (runAt(left.place) < runAt(right.place) ? -1 : 1))
  const place = group[0]?.agent.first_place ?? first?.place ?? ''
  return group.flatMap(({ agent, profiles }) =>
    agent.id === first?.agent_id ? [{ ...agent, tries: { runId: runAt(first.place), place } }] : forProfiles(agent, profiles),
  )
}

interface Providers {
  /** Of its own adapter and those that stand in for it. */
  readonly always: readonly string[]
  /** Of those that stand in for it only where no hard limit of money is over the run. */
  readonly beyondLimits: readonly string[]
  /** Of adapters that are used only where somebody asks for the profile. */
  readonly byProfile: readonly (readonly [Profile, string])[]
}

const nobody: Providers = { always: [], beyondLimits: [], byProfile: [] }

/** Whom each agent depends on. */
async function providersOf(db: Kysely<Database>, adapters: AdapterCatalog, agents: readonly Candidate[]): Promise<Map<string, Providers>> {
  const rows = await db
    .selectFrom('agents')
    .select(['id', 'company_id', 'adapter_type', 'adapter_config', 'profiles', 'fallbacks', 'max_cost_micros_per_run'])
    .where(
      'company_id',
      'in',
      agents.map((agent) => agent.company_id),
    )
    .where(
      'id',
      'in',
      agents.map((agent) => agent.id),
    )
    .execute()
  const limited = await underMoneyLimits(
    db,
    rows.filter((row) => fallbacksWithoutCap(row, adapters).length > 0),
  )
  return new Map(
    rows.map((row) => {
      const named = ({ adapterType, adapterConfig }: Setup) =>
        nameOf({ company_id: row.company_id, adapter_type: adapterType, provider: adapters.providerOf(adapterType, adapterConfig) })
      const setups = (profile: Profile | null) => setupsOf(row, { types: adapters.types, profile })
      const byProfile = profileNames.flatMap((profile) =>
        setups(profile)
          .filter(({ place }) => place === profile)
          .map((setup) => [profile, named(setup)] as const),
      )
      const uncapped = fallbacksWithoutCap(row, adapters)
      const always = setups(null).filter(({ place }) => !uncapped.some((setup) => setup.place === place))
      return [row.id, { always: always.map(named), beyondLimits: limited.has(row.id) ? [] : uncapped.map(named), byProfile }]
    }),
  )
}

type Configured = Parameters<typeof setupsOf>[0] & Pick<AgentTable, 'id' | 'company_id' | 'max_cost_micros_per_run'>

/** What stands in for nobody where a hard limit of money is over it. Pure. */
function fallbacksWithoutCap(agent: Configured, adapters: AdapterCatalog): Setup[] {
  const setups = setupsOf(agent, { types: adapters.types, profile: null })
  return setups.filter((setup) => isFallback(setup) && wantsCap(agent, setup.adapterType, adapters))
}

/** Which agents have a hard limit of money over all that they do; those of projects and tasks are looked for where runs are read. */
async function underMoneyLimits(db: Kysely<Database>, agents: readonly Configured[]): Promise<ReadonlySet<string>> {
  if (agents.length === 0) return new Set()
  const limits = await db
    .selectFrom('budgets')
    .select('scope_id')
    .where('company_id', 'in', [...new Set(agents.map((agent) => agent.company_id))])
    .where(
      'scope_id',
      'in',
      agents.flatMap((agent) => [agent.company_id, agent.id]),
    )
    .where('is_hard', '=', 1)
    .where('metric', '=', 'micros')
    .where('removed_at', 'is', null)
    .execute()
  const scopes = new Set(limits.map((limit) => limit.scope_id))
  return new Set(agents.flatMap(({ id, company_id: companyId }) => (scopes.has(id) || scopes.has(companyId) ? [id] : [])))
}

function nameOf({ company_id, adapter_type, provider }: BreakerKey): string {
  return JSON.stringify([company_id, adapter_type, provider])
}
