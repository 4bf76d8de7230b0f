import type { StoredAgentStatus } from '../agents/schema.ts'
import type { RoutingTask } from './conditions.ts'
import type { RoutingStrategy } from './schema.ts'

/** An agent as routing sees it. */
export interface Candidate {
  readonly id: string
  readonly name: string
  readonly status: StoredAgentStatus
  readonly capabilities: readonly string[]
  /** Its tags and specializations. */
  readonly topics: readonly string[]
  readonly openTasks: number
  readonly liveRuns: number
  readonly hasFreeSlot: boolean
  /** Of its ended runs of late; 0 without any. */
  readonly meanCostMicros: number
}

/** What a group of agents is chosen from by. */
export interface Wish {
  readonly needed: readonly string[]
  readonly strategy: RoutingStrategy
  /** Whom `round_robin` chose last. */
  readonly lastAgentId: string | null
}

/** Says why an agent can not take a task; null when it can. A full agent can: the task waits for it. */
export function whyUnable(agent: Candidate, needed: readonly string[]): string | null {
  if (agent.status !== 'idle') return `is ${agent.status}`
  const missing = needed.filter((capability) => !agent.capabilities.includes(capability))
  return missing.length === 0 ? null : `lacks ${missing.join(', ')}`
}

/** All capabilities that a task needs in an agent, with one more that a rule asks for. */
export function neededBy(task: RoutingTask, capability?: string | null): string[] {
  return [...new Set([...(capability ? [capability] : []), ...task.requiredCapabilities])]
}

const praise: Record<RoutingStrategy, string> = {
  least_busy: 'is the least busy of',
  round_robin: 'is next in turn of',
  first_available: 'is the first available of',
  cheapest: 'is the cheapest of',
}

/** Chooses one of the able agents; those with a free slot go before those without. Pure, and the same for any order of candidates. */
export function pick(candidates: readonly Candidate[], wish: Wish): { agent: Candidate | null; note: string } {
  const able = candidates.filter((agent) => whyUnable(agent, wish.needed) === null).toSorted(byId)
  const free = able.filter((agent) => agent.hasFreeSlot)
  const pool = free.length > 0 ? free : able
  const agent = choose[wish.strategy](pool, wish)
  const list = wish.needed.join(', ')
  if (!agent) return { agent: null, note: `no agent at work has ${list}` }
  const isWaiting = free.length === 0 ? ', none of which has a free slot' : ''
  return { agent, note: `${agent.name} has ${list} and ${praise[wish.strategy]} ${pool.length}${isWaiting}` }
}

type Choose = (pool: readonly Candidate[], wish: Wish) => Candidate | undefined

/** Each sees the pool in the order of ids. */
const choose: Record<RoutingStrategy, Choose> = {
  least_busy: (pool) => pool.toSorted(byBusyness)[0],
  round_robin: (pool, { lastAgentId }) => pool.find((agent) => lastAgentId !== null && agent.id > lastAgentId) ?? pool[0],
  first_available: (pool) => pool[0],
  cheapest: (pool) => pool.toSorted((left, right) => left.meanCostMicros - right.meanCostMicros || byBusyness(left, right))[0],
}

function byBusyness(left: Candidate, right: Candidate): number {
  return left.openTasks - right.openTasks || byId(left, right)
}

export function byId(left: { id: string }, right: { id: string }): number {
  return left.id < right.id ? -1 : 1
}
