// For the tests of the checkers: an engine without a database, whose logs and histories are valid save for a planned fault.
import fc from 'fast-check'

import type { AnyEvent } from '@engine/core'

import type { RecordedCall } from '../../history.ts'
import { emit, strikes, type Plan, type Simulation, type Step, type Task, type Turn, type Verb } from './turn.ts'
import { verbs } from './verbs.ts'

export type { Fault, Verb } from './turn.ts'

export interface Simulated {
  readonly events: readonly AnyEvent[]
  readonly history: readonly RecordedCall[]
  /** The step of the fault; null when there was no occasion for it. */
  readonly faultAt: number | null
}

/** What the ownership model of a task knows. */
export const ownershipVerbs: readonly Verb[] = [
  'checkout',
  'checkout',
  'heartbeat',
  'complete',
  'release',
  'sweep',
  'zombie',
  'ask',
  'answer',
]
export const allVerbs: readonly Verb[] = [
  ...ownershipVerbs,
  ...(['dispatch', 'dispatch', 'progress', 'update', 'submit', 'review', 'fail', 'block', 'pause', 'route'] as const),
]

export function stepsOf(given: {
  verbs: readonly Verb[]
  minLength?: number
  maxLength: number
  tasks: number
  overlap: number
}): fc.Arbitrary<Step[]> {
  const step = fc.record({
    verb: fc.constantFrom(...given.verbs),
    task: fc.nat(given.tasks - 1),
    choice: fc.nat(11),
    before: fc.nat(given.overlap),
    after: fc.nat(given.overlap),
  })
  return fc.array(step, { minLength: given.minLength ?? 0, maxLength: given.maxLength, size: 'max' })
}

export function simulate(plan: Plan): Simulated {
  const agent = { id: 'agent', version: 0, status: 'idle' as const }
  const simulation: Simulation = { plan, events: [], history: [], tasks: [], agent, faultAt: null }
  for (const [index, step] of plan.steps.entries()) {
    const requestId = plan.withRequestIds === false ? null : `request-${index}`
    const task = taskOf(simulation, { step, index })
    take({ simulation, index, step, task, requestId })
  }
  const { events, history, faultAt } = simulation
  return { events, history, faultAt }
}

function taskOf(simulation: Simulation, { step, index }: { step: Step; index: number }): Task {
  const id = `task-${step.task}`
  const known = simulation.tasks.find((task) => task.id === id)
  if (known) return known
  const nobody = { isAssigned: false, owner: null, isOwnerHeard: false, queued: null, waiting: null, resumed: null }
  const task: Task = { id, status: 'todo', version: 1, fence: 0, deliverable: null, ended: [], ...nobody }
  simulation.tasks.push(task)
  const data = { identifier: `ACM-${step.task}`, title: 'Write', status: 'todo' as const, blockedBy: [] }
  emit({ simulation, index, step, task, requestId: null }, 'task.created', { data })
  return task
}

/** Does the step, then what goes wrong with any call: its commit or the news of it is lost, or the news is false. */
function take(turn: Turn): void {
  const { simulation, step } = turn
  const { tasks, agent } = structuredClone({ tasks: simulation.tasks, agent: simulation.agent })
  const events = simulation.events.length
  const calls = simulation.history.length
  verbs[step.verb](turn)
  const call = simulation.history.at(-1)
  const hasEffect = simulation.history.length > calls && simulation.events.length > events && simulation.events.at(-1)?.requestId !== null
  if (!call || !hasEffect || call.outcome.status !== 'acked') return
  if (strikes(turn, 'lost_ack')) Object.assign(simulation, { tasks, agent, events: simulation.events.slice(0, events) })
  else if (call.operation === 'tasks.checkout' && strikes(turn, 'unheard_claim')) simulation.history.pop()
  else if (strikes(turn, 'effect_of_a_refusal')) {
    const { returnedAt } = call.outcome
    simulation.history[simulation.history.length - 1] = {
      ...call,
      outcome: { status: 'refused', returnedAt, code: 'conflict', details: {} },
    }
  }
}
