import { byId, whyUnable, type Candidate } from './candidates.ts'
import type { RoutingTask } from './conditions.ts'
import type { TaskMatch } from './schema.ts'

/** Ranks agents for a task: who can take it, is preferred, has a free slot, knows its topics, is the least busy. Pure. */
export function rankCandidates(task: RoutingTask, candidates: readonly Candidate[]): TaskMatch[] {
  return candidates
    .map((agent) => ({ agent, rank: rankOf(task, agent) }))
    .toSorted((left, right) => compare(left.rank, right.rank) || byId(left.agent, right.agent))
    .map(({ agent }) => toMatch(task, agent))
}

/** Lower is better, the first figure counts most. */
function rankOf(task: RoutingTask, agent: Candidate): readonly number[] {
  const isAble = whyUnable(agent, task.requiredCapabilities) === null
  const isPreferred = agent.id === task.preferredAgentId
  return [isAble ? 0 : 1, isPreferred ? 0 : 1, agent.hasFreeSlot ? 0 : 1, -sharedTopics(task, agent).length, agent.openTasks]
}

function compare(left: readonly number[], right: readonly number[]): number {
  const difference = left.findIndex((figure, index) => figure !== right[index])
  return difference === -1 ? 0 : (left[difference] ?? 0) - (right[difference] ?? 0)
}

function sharedTopics(task: RoutingTask, agent: Candidate): string[] {
  return task.tags.filter((tag) => agent.topics.includes(tag))
}

function toMatch(task: RoutingTask, agent: Candidate): TaskMatch {
  const why = whyUnable(agent, task.requiredCapabilities)
  const shared = sharedTopics(task, agent)
  const reasons = [
    why,
    agent.id === task.preferredAgentId ? 'is the preferred agent' : null,
    why === null && task.requiredCapabilities.length > 0 ? `has ${task.requiredCapabilities.join(', ')}` : null,
    agent.hasFreeSlot ? null : 'has no free slot',
    shared.length > 0 ? `knows ${shared.join(', ')}` : null,
    `has ${agent.openTasks} open ${agent.openTasks === 1 ? 'task' : 'tasks'}`,
  ]
  return {
    agentId: agent.id,
    name: agent.name,
    status: agent.status === 'idle' && agent.liveRuns > 0 ? 'running' : agent.status,
    isAble: why === null,
    hasFreeSlot: agent.hasFreeSlot,
    openTasks: agent.openTasks,
    reasons: reasons.filter((reason) => reason !== null),
  }
}
