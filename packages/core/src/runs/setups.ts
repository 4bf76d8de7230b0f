import type { AgentTable } from '../agents/table.ts'
import type { AgentFallbacks, AgentProfiles } from '../agents/schema.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { RunTable } from './table.ts'

/** One way to run an agent. */
export interface Setup {
  /** Where it stands in the agent's configuration: `own`, `primary`, `cheap`, `fallback_1`, `fallback_2` … */
  readonly place: string
  readonly adapterType: string
  readonly adapterConfig: JsonObject
}

export const profileNames = ['primary', 'cheap'] as const satisfies (keyof AgentProfiles)[]
export type Profile = (typeof profileNames)[number]
type Columns = Pick<AgentTable, 'adapter_type' | 'adapter_config' | 'profiles' | 'fallbacks'>

/**
 * The ways to run an agent, the preferred one first: the profile that is asked for, its own, its fallbacks in their order. Those
 * whose adapter is not here are left out, except its own, which decides who runs it. Pure.
 */
export function setupsOf(agent: Columns, given: { types: readonly string[]; profile: Profile | null }): Setup[] {
  const own: Setup = { place: 'own', adapterType: agent.adapter_type, adapterConfig: JSON.parse(agent.adapter_config) }
  const others = [...profileOf(agent, given.profile), ...fallbacksOf(agent)].filter(({ adapterType }) => given.types.includes(adapterType))
  const asked = others.filter(({ place }) => place === given.profile)
  return [...asked, own, ...others.filter((setup) => !asked.includes(setup))]
}

/** Every adapter that an agent may be executed by, its own first, each once. Pure. */
export function adapterTypesOf(agent: Columns): string[] {
  const setups = profileNames.flatMap((name) => profileOf(agent, name)).concat(fallbacksOf(agent))
  return [...new Set([agent.adapter_type, ...setups.map(({ adapterType }) => adapterType)])]
}

function profileOf(agent: Columns, name: Profile | null): Setup[] {
  if (name === null) return []
  const profiles: AgentProfiles = JSON.parse(agent.profiles)
  const profile = profiles[name]
  return profile ? [{ place: name, adapterType: profile.adapterType ?? agent.adapter_type, adapterConfig: profile.adapterConfig }] : []
}

function fallbacksOf(agent: Columns): Setup[] {
  const fallbacks: AgentFallbacks = JSON.parse(agent.fallbacks)
  return fallbacks.map((fallback, index) => ({ place: `fallback_${index + 1}`, ...fallback }))
}

/** Whether it only stands in for others. Pure. */
export function isFallback({ place }: Setup): boolean {
  return place.startsWith('fallback_')
}

/** The same with one of them last: the one that the attempt before failed with. Pure. */
export function withLast(setups: readonly Setup[], place: string): Setup[] {
  return [...setups.filter((setup) => setup.place !== place), ...setups.filter((setup) => setup.place === place)]
}

/** An agent as a run executes it: with the adapter that the run was given, as far as the agent still has it. Pure. */
export function asExecuted<Agent extends Columns>(agent: Agent, run: Pick<RunTable, 'adapter_type' | 'adapter_place'>): Agent {
  const { adapter_type: type, adapter_place: place } = run
  if (type === null || place === null || place === 'own') return agent
  const profile = profileNames.find((name) => name === place) ?? null
  const setup = setupsOf(agent, { types: [type], profile }).find((one) => one.place === place)
  if (!setup) return agent
  return { ...agent, adapter_type: setup.adapterType, adapter_config: JSON.stringify(setup.adapterConfig) }
}
