import type { Kysely } from 'kysely'

import { withoutCooling, type Only, type Startable } from '../breakers/cooling.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import { findTask } from '../tasks/sql.ts'
import { askedProfile } from './choose-adapter.ts'
import { agentsWithWork, firstPlaces, partsOf, readyRuns, runAt, runsBeyondLimits } from './ready-runs.ts'
import type { Profile } from './setups.ts'

/** After all others. */
const noPlace = '9 ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Finds queued runs that this process could start now, most urgent first, never more of an agent than it has free slots.
 * What cannot start (paused, full, blocked, not yet due, somebody else's, of an adapter that is not here, of a provider
 * that is left alone) is left out before runs are counted, so it takes no place from work that can. Each agent's queue is read in the order of its index and no
 * further than needed, so the cost does not grow with what is queued.
 */
export function claimableRuns(adapters: AdapterCatalog) {
  const findAgents = agentsWithWork(adapters.types)
  return async (db: Kysely<Database>, given: { now: string; limit: number }): Promise<string[]> => {
    if (adapters.types.length === 0) return []
    const agents = (await findAgents(db, { now: given.now })).filter((agent) => agent.first_place !== null)
    // The first runs of all are among the runs of those agents that come first themselves.
    const inOrder = agents.toSorted((left, right) => compare(left.first_place, right.first_place))
    const first: readonly Startable<AgentWithWork>[] = inOrder[0]?.is_any_left_alone
      ? await withoutCooling(db, inOrder, { adapters, ...given })
      : inOrder.slice(0, given.limit)
    const found = await Promise.all([
      placesOf(
        db,
        first.filter(({ only, tries }) => !only && tries === undefined),
        given,
      ),
      ...first.map(({ only, ...agent }) => (only ? placesFor(db, agent, { only, ...given }) : [])),
    ])
    const tried = first.flatMap(({ tries }) => tries ?? [])
    return [...found.flat().map((place) => ({ place, runId: runAt(place) })), ...tried]
      .toSorted((left, right) => compare(left.place, right.place))
      .slice(0, given.limit)
      .map(({ runId }) => runId)
  }
}

/** What may start of agents in their order. */
async function placesOf(db: Kysely<Database>, agents: readonly AgentWithWork[], given: { now: string; limit: number }): Promise<string[]> {
  const slots = new Map(agents.map((agent) => [agent.id, slotsOf(agent, given.limit)]))
  // Each of them has one that starts no later than that of the last, and these are enough.
  const last = agents.length === given.limit ? agents.at(-1)?.first_place : null
  const several = agents.filter(({ id }) => slots.get(id) !== 1)
  // What each of the others may start was found with it.
  const places = agents.flatMap(({ id, first_place: place }) => (slots.get(id) === 1 && place !== null ? [place] : []))
  if (several.length === 0) return places
  const [priority, id] = partsOf(last ?? noPlace)
  const queues = await firstPlaces(db, {
    agents: JSON.stringify(several.map((agent) => ({ company_id: agent.company_id, agent_id: agent.id, priority: Number(priority), id }))),
    now: given.now,
    limit: Math.max(...several.map((agent) => slotsOf(agent, given.limit))),
  })
  // As the statement builds it.
  const listed = queues.flatMap((queue) => (JSON.parse(queue.places ?? '[]') as string[]).slice(0, slots.get(queue.agent_id)))
  return [...places, ...listed]
}

/** What may start of an agent whose own providers are left alone: what has another, by its profile or since no limit is over it. */
async function placesFor(
  db: Kysely<Database>,
  agent: AgentWithWork,
  { only: { profiles, beyondLimits }, now, limit }: { only: Only; now: string; limit: number },
): Promise<string[]> {
  const queue = { companyId: agent.company_id, agentId: agent.id, now, limit: mostAsked }
  const asking = profiles.length === 0 ? [] : await thoseThatAsk(db, await readyRuns(db, queue), { agentId: agent.id, profiles })
  const free = beyondLimits ? await runsBeyondLimits(db, queue) : []
  const places = new Set([...asking, ...free].map((run) => run.place))
  return [...places].toSorted(compare).slice(0, slotsOf(agent, limit))
}

function slotsOf({ slots, task_slots: taskSlots }: AgentWithWork, limit: number): number {
  return Math.min(slots, taskSlots ?? slots, limit)
}

interface AgentWithWork {
  readonly id: string
  readonly company_id: string
  readonly slots: number
  readonly task_slots: number | null
  readonly first_place: string | null
}

/** How many runs of an agent are looked at while its own providers are left alone. */
const mostAsked = 20

/** The runs whose tasks ask for one of these profiles. */
async function thoseThatAsk<Run extends { readonly task_id: string }>(
  db: Kysely<Database>,
  runs: readonly Run[],
  { agentId, profiles }: { agentId: string; profiles: readonly Profile[] },
): Promise<Run[]> {
  const asked = await Promise.all(
    runs.map(async (run) => {
      const task = await findTask(db, run.task_id)
      const profile = task && (await askedProfile(db, { task, agent: { id: agentId } }))
      return profile && profiles.includes(profile) ? [run] : []
    }),
  )
  return asked.flat()
}

function compare(left: string | null, right: string | null): number {
  return (left ?? '') < (right ?? '') ? -1 : 1
}
