/** An agent as routing sees it. */
export interface Candidate {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly capabilities: readonly string[]
  readonly openTasks: number
}

export interface RoutingTask {
  readonly preferredAgentId: string | null
  readonly requiredCapabilities: readonly string[]
}

export type RoutingDecision = { readonly agentId: string; readonly reason: string } | { readonly agentId: null; readonly reason: string }

/**
 * Chooses who gets a task: the preferred agent, else the least busy one that has every required capability. Pure; the
 * answer always carries its reason. Paused and failed agents are passed over, a terminated one is never chosen.
 */
export function chooseAgent(task: RoutingTask, candidates: readonly Candidate[]): RoutingDecision {
  const preferred = candidates.find((agent) => agent.id === task.preferredAgentId)
  if (preferred && isWorking(preferred)) return { agentId: preferred.id, reason: `${preferred.name} is the preferred agent` }
  const note = preferred ? `the preferred agent ${preferred.name} is ${preferred.status}; ` : ''
  const needed = task.requiredCapabilities
  if (needed.length === 0) return { agentId: null, reason: `${note}no preferred agent and no required capability to choose by` }
  const able = candidates.filter((agent) => isWorking(agent) && needed.every((capability) => agent.capabilities.includes(capability)))
  const chosen = able.toSorted((left, right) => left.openTasks - right.openTasks || (left.id < right.id ? -1 : 1))[0]
  const list = needed.join(', ')
  if (!chosen) return { agentId: null, reason: `${note}no agent at work has ${list}` }
  return { agentId: chosen.id, reason: `${note}${chosen.name} has ${list} and is the least busy of ${able.length}` }
}

function isWorking(agent: Candidate): boolean {
  return agent.status === 'idle'
}
