import { sql, type Kysely } from 'kysely'

import { present } from '../database/open.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import { profileNames, setupsOf, type Profile, type Setup } from '../runs/setups.ts'
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
  readonly slots: number
}

/** How many agents' adapters are looked at together. */
const lookedAtTogether = 200

/** An agent, and with `onlyFor` that nothing of it can start but what asks for one of these profiles. */
export type Startable<Agent> = Agent & { readonly onlyFor?: readonly Profile[] }

interface Look {
  readonly adapters: AdapterCatalog
  readonly now: string
  /** How many agents are wanted. */
  readonly limit: number
}

/**
 * Of agents in their order, those that have an adapter whose provider works. Where each of an agent's providers failed and one of
 * them has cooled, one run of one agent may try it. Nearly always no provider failed, and then nothing more is asked.
 */
export async function withoutCooling<Agent extends Candidate>(
  db: Kysely<Database>,
  agents: readonly Agent[],
  look: Look,
): Promise<readonly Startable<Agent>[]> {
  if (agents.length === 0) return []
  const breakers = await notClosed(db, { now: look.now })
  if (breakers.length === 0) return agents.slice(0, look.limit)
  const scene: Scene = {
    states: new Map(breakers.map((breaker) => [nameOf(breaker), breaker.is_due === 1 ? 'due' : 'cooling'])),
    probed: new Set(),
  }
  const found: Startable<Agent>[] = []
  for (let start = 0; start < agents.length && found.length < look.limit; start += lookedAtTogether) {
    const together = agents.slice(start, start + lookedAtTogether)
    const providers = await providersOf(db, look.adapters, together)
    found.push(...together.flatMap((agent) => startable(agent, providers.get(agent.id) ?? nobody, scene)))
  }
  return found.slice(0, look.limit)
}

interface Scene {
  readonly states: ReadonlyMap<string, 'due' | 'cooling'>
  /** The providers that somebody tries already. */
  readonly probed: Set<string>
}

/** The agent as far as it may start now: as it is, with one run that tries a provider, for some profiles, or not at all. */
function startable<Agent extends Candidate>(agent: Agent, { always, byProfile }: Providers, { states, probed }: Scene): Startable<Agent>[] {
  if (always.some((provider) => !states.has(provider))) return [agent]
  const due = always.find((provider) => states.get(provider) === 'due' && !probed.has(provider))
  if (due !== undefined) {
    probed.add(due)
    return [{ ...agent, slots: Math.min(1, agent.slots) }]
  }
  const onlyFor = byProfile.flatMap(([profile, provider]) => (states.has(provider) ? [] : [profile]))
  return onlyFor.length === 0 ? [] : [{ ...agent, onlyFor }]
}

interface Providers {
  /** Of its own adapter and those that stand in for it. */
  readonly always: readonly string[]
  /** Of adapters that are used only where somebody asks for the profile. */
  readonly byProfile: readonly (readonly [Profile, string])[]
}

const nobody: Providers = { always: [], byProfile: [] }

/** Whom each agent depends on. */
async function providersOf(db: Kysely<Database>, adapters: AdapterCatalog, agents: readonly Candidate[]): Promise<Map<string, Providers>> {
  const rows = await db
    .selectFrom('agents')
    .select(['id', 'company_id', 'adapter_type', 'adapter_config', 'profiles', 'fallbacks'])
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
      return [row.id, { always: setups(null).map(named), byProfile }]
    }),
  )
}

function nameOf({ company_id, adapter_type, provider }: BreakerKey): string {
  return JSON.stringify([company_id, adapter_type, provider])
}
