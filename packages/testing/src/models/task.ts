import { z } from 'zod'

import type { RecordedCall } from '../history.ts'
import type { Model, TimedOperation } from '../wgl.ts'

/** Who owns a task: the state that checkouts compete for. */
export interface TaskOwnership {
  /** The run that owns it; null when nobody does, `unheard` when its caller was never told which one it is. */
  readonly holder: string | null
  readonly fence: number
  readonly isDone: boolean
}

const unheard = 'unheard'

type Answer = 'acked' | 'refused' | 'unknown'

/** `runId` is null where a person acts, and not the run itself. */
export type TaskOperation =
  | { readonly verb: 'claim'; readonly answer: 'acked'; readonly runId: string; readonly fence: number }
  /** Refused because `holder` has it; null when it was done. */
  | { readonly verb: 'claim'; readonly answer: 'refused'; readonly holder: string | null }
  | { readonly verb: 'claim'; readonly answer: 'unknown' }
  | { readonly verb: 'complete' | 'release' | 'heartbeat'; readonly answer: Answer; readonly runId: string | null }
  /** The sweep of a run whose lease ran out. */
  | { readonly verb: 'expire'; readonly answer: 'acked' | 'unknown'; readonly runId: string }

type Step = ReturnType<Model<TaskOwnership, TaskOperation>['step']>

/** One task as its callers see it: claimed by one run at a time, under a fence that grows by one, until it is done. */
export const taskModel: Model<TaskOwnership, TaskOperation> = {
  init: { holder: null, fence: 0, isDone: false },
  step: (state, operation) => (operation.verb === 'claim' ? claim(state, operation) : act(state, operation)),
  key: ({ holder, fence, isDone }) => JSON.stringify([holder, fence, isDone]),
}

function claim(state: TaskOwnership, operation: Extract<TaskOperation, { verb: 'claim' }>): Step {
  const isFree = state.holder === null && !state.isDone
  const claimedBy = (holder: string) => ({ ...state, holder, fence: state.fence + 1 })
  switch (operation.answer) {
    case 'acked':
      return { state: claimedBy(operation.runId), isLegal: isFree && operation.fence === state.fence + 1 }
    case 'refused':
      if (operation.holder === null) return { state, isLegal: state.isDone }
      return { state: { ...state, holder: operation.holder }, isLegal: mayBeHeldBy(state, operation.holder) }
    case 'unknown':
      return { state: isFree ? claimedBy(unheard) : state, isLegal: true }
  }
}

/** What only the owner may do; a person may act in its place. */
function act(state: TaskOwnership, operation: Exclude<TaskOperation, { verb: 'claim' }>): Step {
  const { runId, answer, verb } = operation
  if (answer === 'refused') return { state, isLegal: state.holder !== runId }
  const mayAct = runId === null ? state.holder !== null : mayBeHeldBy(state, runId)
  if (!mayAct) return { state, isLegal: answer === 'unknown' }
  if (verb === 'heartbeat') return { state: { ...state, holder: runId ?? state.holder }, isLegal: true }
  return { state: { ...state, holder: null, isDone: verb === 'complete' }, isLegal: true }
}

function mayBeHeldBy({ holder }: TaskOwnership, runId: string): boolean {
  return holder === runId || holder === unheard
}

const Claimed = z.object({
  task: z.object({ id: z.string() }),
  run: z.object({ id: z.string(), fence: z.number() }),
  credential: z.string(),
})
const Conflict = z.object({ holder: z.object({ runId: z.string() }) })
const ofTask = z.object({ taskId: z.string() })
const ofRun = z.object({ runId: z.string() })
const Waits = z.object({ waits: z.literal(true) })
const Swept = z.object({ status: z.literal('lost'), taskId: z.string() })

const verbs: Readonly<Record<string, 'complete' | 'release' | 'heartbeat'>> = {
  'tasks.complete': 'complete',
  'tasks.release': 'release',
  'runs.heartbeat': 'heartbeat',
}

/**
 * The ownership history of each task, by task id, from what was recorded of checkouts, completions, releases, heartbeats
 * and sweeps, and of questions that runs wait for; calls must name tasks by their ids. Refusals that say nothing about the owner
 * are left out, also those of a run that waited and went on: an earlier credential of it is refused as well. Completions of
 * work under review and ends by report, block, cancel or review are not in the model: a history must have none.
 */
export function taskOperations(calls: readonly RecordedCall[]): Map<string, TimedOperation<TaskOperation>[]> {
  const taskOfRun = new Map(calls.flatMap(({ outcome }) => claimedIn(outcome)).map(({ task, run }) => [run.id, task.id]))
  const resumed = claimedAgain(calls)
  const timed = calls.flatMap((call) => {
    const operation = operationOf(call)
    if (operation?.answer === 'refused' && 'runId' in operation && resumed.has(operation.runId)) return []
    const { taskId = taskOfRun.get(ofRun.safeParse(call.input).data?.runId ?? '') } = ofTask.safeParse(call.input).data ?? sweptIn(call)
    if (!operation || taskId === undefined) return []
    const returnedAt = call.outcome.status === 'unknown' ? Infinity : call.outcome.returnedAt
    return [{ taskId, operation, calledAt: call.calledAt, returnedAt }]
  })
  return Map.groupBy(sweptOnce(timed), ({ taskId }) => taskId)
}

type OfTask = TimedOperation<TaskOperation> & { readonly taskId: string }

/**
 * A run is lost once, and whoever sweeps it again is told the same. So of its sweeps one took the task back: not before the first was
 * asked for, and before the first was answered.
 */
function sweptOnce(timed: readonly OfTask[]): OfTask[] {
  const runOf = ({ operation }: OfTask) => (operation.verb === 'expire' && operation.answer === 'acked' ? operation.runId : null)
  return [...Map.groupBy(timed, runOf)].flatMap(([runId, same]) => {
    const [first] = same
    if (runId === null || !first) return same
    const [calledAt, returnedAt] = [Math.min(...same.map((each) => each.calledAt)), Math.min(...same.map((each) => each.returnedAt))]
    return [{ ...first, calledAt, returnedAt }]
  })
}

function claimedIn(outcome: RecordedCall['outcome']): z.output<typeof Claimed>[] {
  const claimed = outcome.status === 'acked' ? Claimed.safeParse(outcome.answer).data : undefined
  return claimed ? [claimed] : []
}

/** The runs that took their task more than once. */
function claimedAgain(calls: readonly RecordedCall[]): ReadonlySet<string | null> {
  const runs = calls.flatMap(({ outcome }) => claimedIn(outcome)).map(({ run }) => run.id)
  return new Set(runs.filter((id, index) => runs.indexOf(id) !== index))
}

function operationOf(call: RecordedCall): TaskOperation | null {
  if (call.operation === 'tasks.checkout') return claimOf(call)
  if (call.operation === 'runs.sweep') return sweepOf(call)
  const verb = isWait(call) ? 'release' : verbs[call.operation]
  const { outcome } = call
  if (!verb || (outcome.status === 'refused' && outcome.code !== 'lease_lost')) return null
  const runId = call.runId ?? (verb === 'heartbeat' ? (ofRun.safeParse(call.input).data?.runId ?? null) : null)
  return { verb, answer: outcome.status, runId }
}

/** A run that waits for an answer gives its task back. */
function isWait({ operation, input }: RecordedCall): boolean {
  return operation === 'interactions.ask' && Waits.safeParse(input).success
}

function claimOf({ outcome }: RecordedCall): TaskOperation | null {
  if (outcome.status === 'unknown') return { verb: 'claim', answer: 'unknown' }
  if (outcome.status === 'acked') {
    const [claimed] = claimedIn(outcome)
    return claimed ? { verb: 'claim', answer: 'acked', runId: claimed.run.id, fence: claimed.run.fence } : null
  }
  if (outcome.code === 'illegal_transition') return { verb: 'claim', answer: 'refused', holder: null }
  const conflict = outcome.code === 'checkout_conflict' ? Conflict.safeParse(outcome.details).data : undefined
  return conflict ? { verb: 'claim', answer: 'refused', holder: conflict.holder.runId } : null
}

function sweepOf({ input, outcome }: RecordedCall): TaskOperation | null {
  const runId = ofRun.safeParse(input).data?.runId
  if (runId === undefined || outcome.status === 'refused') return null
  if (outcome.status === 'unknown') return { verb: 'expire', answer: 'unknown', runId }
  return sweptIn({ outcome }).taskId === undefined ? null : { verb: 'expire', answer: 'acked', runId }
}

/** The task that a sweep took back. */
function sweptIn({ outcome }: Pick<RecordedCall, 'outcome'>): { taskId?: string } {
  return outcome.status === 'acked' ? (Swept.safeParse(outcome.answer).data ?? {}) : {}
}
