import type { AnyEvent, EventType } from '@engine/core'
import { agentMachine, companyMachine, goalMachine, runMachine, taskMachine, type Machine } from '@engine/core/contract'

import type { Violation } from './violation.ts'

type Of<Type extends EventType> = Extract<AnyEvent, { type: Type }>

interface Placed<Event extends AnyEvent = AnyEvent> {
  readonly event: Event
  readonly position: number
}

interface TaskState {
  status: string | null
  fence: number
  /** The claim of the run that owns it now. */
  claim: Placed<Of<'task.claimed'>> | null
}

interface RunState {
  status: string
  readonly wasQueued: boolean
  /** The event that gave it this status. */
  since: Placed
}

export interface Claim extends Placed<Of<'task.claimed'>> {
  /** Whether its run waited in the queue; runs of external checkouts never do. */
  readonly wasQueued: boolean
}

/** What a log says, as far as it was replayed. */
export interface Replay {
  readonly violations: Violation[]
  readonly tasks: Map<string, TaskState>
  readonly runs: Map<string, RunState>
  /** Companies, goals and agents. */
  readonly statuses: Map<string, string>
  /** The last event that changed an entity. */
  readonly changes: Map<string, AnyEvent>
  /** Each version that an entity had, as `id@version`, with a task's status at it. */
  readonly versions: Map<string, string | null>
  readonly taskIds: Map<string, string>
  readonly claims: Claim[]
  readonly ids: Set<string>
  lastSeq: number
}

/** Remarks about an entity, which change nothing of it; they stand at any version. */
const remarks: ReadonlySet<EventType> = new Set([
  'task.routing_failed',
  'task.execution_failed',
  'task.runaway_detected',
  'task.force_released',
  // Of the project, whose own row is as it was.
  'project.knowledge_updated',
  'routine.fired',
  'routine.fire_failed',
] satisfies EventType[])

/** The second event of a change that records two. */
const companions: Partial<Record<EventType, readonly EventType[]>> = {
  'task.claimed': ['task.assigned'],
  'task.released': ['task.status_changed'],
  'task.blocked': ['task.status_changed'],
  'task.completed': ['task.status_changed'],
  'goal.status_changed': ['goal.updated'],
  'review.completed': ['deliverable.approved', 'deliverable.revision_requested', 'deliverable.rejected'],
}

/** Replays a log from its beginning, in its order, and notes each place where it contradicts itself. */
export function replayLog(events: readonly AnyEvent[]): Replay {
  const replay: Replay = {
    violations: [],
    tasks: new Map(),
    runs: new Map(),
    statuses: new Map(),
    changes: new Map(),
    versions: new Map(),
    taskIds: new Map(),
    claims: [],
    ids: new Set(),
    lastSeq: -Infinity,
  }
  for (const [position, event] of events.entries()) {
    const placed = { event, position }
    checkPlace(replay, placed)
    checkWriter(replay, placed)
    checkVersion(replay, placed)
    follow(replay, placed)
    noteVersion(replay, event)
  }
  findLimbo(replay, events.length - 1)
  return replay
}

function report(replay: Replay, { event, position }: Placed, said: { rule: Violation['rule']; sentence: string }): void {
  replay.violations.push({ rule: said.rule, source: 'log', position, sentence: `Event ${event.seq} (${event.type}): ${said.sentence}` })
}

function checkPlace(replay: Replay, placed: Placed): void {
  const { id, seq } = placed.event
  if (seq <= replay.lastSeq) report(replay, placed, { rule: 'order', sentence: `it stands after event ${replay.lastSeq}.` })
  if (replay.ids.has(id)) report(replay, placed, { rule: 'order', sentence: `the event id ${id} was in the log before.` })
  replay.lastSeq = Math.max(replay.lastSeq, seq)
  replay.ids.add(id)
}

/** A run writes from its start until it ends or waits, and in the transaction by which it does so itself. */
function checkWriter(replay: Replay, placed: Placed): void {
  const { runId } = placed.event.actor
  if (runId === null) return
  const run = replay.runs.get(runId)
  const isLive = run?.status === 'running' || (run && isOver(run.status) && isSameTransaction(run.since.event, placed.event))
  if (isLive) return
  const state = run ? `is ${run.status} since event ${run.since.event.seq}` : 'never started'
  report(replay, placed, { rule: 'fenced_write', sentence: `it was written by the run ${runId}, which ${state}.` })
}

function checkVersion(replay: Replay, placed: Placed): void {
  const { event } = placed
  const last = replay.changes.get(event.entity.id)
  if (remarks.has(event.type)) return
  replay.changes.set(event.entity.id, event)
  const { id, type, version } = event.entity
  const isNext = last ? version > last.entity.version : version === 1
  if (isNext || (last && version === last.entity.version && isCompanion(event, last))) return
  const before = last ? `version ${last.entity.version} of event ${last.seq}` : 'none at all'
  report(replay, placed, { rule: 'version', sentence: `version ${version} of the ${type} ${id} comes after ${before}.` })
}

function isCompanion(event: AnyEvent, last: AnyEvent): boolean {
  return (companions[event.type]?.includes(last.type) ?? false) && isSameTransaction(last, event)
}

/** The log names no transactions; who, when and for which request is the nearest to it. */
function isSameTransaction(left: AnyEvent, right: AnyEvent): boolean {
  const isSameActor = left.actor.id === right.actor.id && left.actor.runId === right.actor.runId
  return isSameActor && left.at === right.at && left.requestId === right.requestId
}

function noteVersion(replay: Replay, event: AnyEvent): void {
  if (remarks.has(event.type)) return
  const status = event.entity.type === 'task' ? (replay.tasks.get(event.entity.id)?.status ?? null) : null
  replay.versions.set(`${event.entity.id}@${event.entity.version}`, status)
}

function follow(replay: Replay, placed: Placed): void {
  const { event, position } = placed
  switch (event.type) {
    case 'task.created':
      replay.taskIds.set(event.data.identifier, event.entity.id)
      taskOf(replay, event.entity.id).status = event.data.status
      return
    case 'task.claimed':
      return followClaim(replay, { event, position })
    case 'task.status_changed':
      return followMove(replay, { event, position })
    case 'company.status_changed':
      return followStatus(replay, { event, position }, companyMachine)
    case 'goal.status_changed':
      return followStatus(replay, { event, position }, goalMachine)
    case 'agent.status_changed':
      return followStatus(replay, { event, position }, agentMachine)
    default:
      if (event.entity.type === 'run') followRun(replay, placed)
  }
}

function taskOf(replay: Replay, id: string): TaskState {
  const task = replay.tasks.get(id) ?? { status: null, fence: 0, claim: null }
  replay.tasks.set(id, task)
  return task
}

/** A claim takes a task that nobody owns, for a run that had none, under the next fence. */
function followClaim(replay: Replay, placed: Placed<Of<'task.claimed'>>): void {
  const { entity, data } = placed.event
  const task = taskOf(replay, entity.id)
  if (task.claim) {
    const { runId, fence } = task.claim.event.data
    const sentence = `the run ${data.runId} claimed the task ${entity.id}, which the run ${runId} owned (fence ${fence}, event ${task.claim.event.seq}).`
    report(replay, placed, { rule: 'one_owner', sentence })
  }
  if (data.fence !== task.fence + 1) {
    const what = data.fence <= task.fence ? 'was given out before' : 'skips some'
    report(replay, placed, { rule: 'fence', sentence: `the fence ${data.fence} ${what}; the next of the task is ${task.fence + 1}.` })
  }
  const run = replay.runs.get(data.runId)
  if (run && run.status !== 'queued') {
    const sentence = `the run ${data.runId} claims a task, but is ${run.status} since event ${run.since.event.seq}.`
    report(replay, placed, { rule: 'one_life', sentence })
  }
  checkMove(replay, placed, { machine: taskMachine, known: task.status, move: { from: data.from, to: 'in_progress', verb: 'checkout' } })
  replay.claims.push({ ...placed, wasQueued: run?.wasQueued ?? false })
  task.status = 'in_progress'
  task.fence = Math.max(task.fence, data.fence)
  task.claim = placed
}

/** Only a task in progress, or one whose work was submitted, has an owner. */
function followMove(replay: Replay, placed: Placed<Of<'task.status_changed'>>): void {
  const { entity, data } = placed.event
  const task = taskOf(replay, entity.id)
  checkMove(replay, placed, { machine: taskMachine, known: task.status, move: data })
  task.status = data.to
  if (data.to === 'in_progress' || data.to === 'in_review' || !task.claim) return
  const sentence = `the task ${entity.id} became ${data.to} while the run ${task.claim.event.data.runId} still owned it.`
  report(replay, placed, { rule: 'limbo', sentence })
}

function followStatus(
  replay: Replay,
  placed: Placed<Of<'company.status_changed' | 'goal.status_changed' | 'agent.status_changed'>>,
  machine: Machine<string, string>,
): void {
  const { entity, data } = placed.event
  checkMove(replay, placed, { machine, known: replay.statuses.get(entity.id) ?? null, move: data })
  replay.statuses.set(entity.id, data.to)
}

interface Checked {
  readonly machine: Pick<Machine<string, string>, 'name' | 'moves'>
  /** The status that the last move left; null when the log has none. */
  readonly known: string | null
  readonly move: { readonly from: string; readonly to: string; readonly verb?: string }
}

function checkMove(replay: Replay, placed: Placed, { machine, known, move }: Checked): void {
  const { from, to, verb } = move
  if (known !== null && known !== from) {
    report(replay, placed, { rule: 'move', sentence: `it moves the ${machine.name} from ${from}, but the last move left it ${known}.` })
  }
  const isLegal = machine.moves.some((each) => each.from === from && each.to === to && (verb === undefined || each.by.includes(verb)))
  if (isLegal) return
  report(replay, placed, { rule: 'move', sentence: `${verb ?? 'no verb'} may move no ${machine.name} from ${from} to ${to}.` })
}

/** A run is queued, starts and ends, each once, save that it may wait and be queued again; otherwise that only adds reasons. */
function followRun(replay: Replay, placed: Placed): void {
  const { event } = placed
  const runId = event.entity.id
  const to = event.type === 'run.started' ? 'running' : event.type.slice('run.'.length)
  const run = replay.runs.get(runId)
  const isLegal = run
    ? runMachine.moves.some((move) => move.from === run.status && move.to === to) ||
      (to === run.status && (to === 'queued' || to === 'waiting'))
    : to === 'queued' || to === 'running'
  if (!isLegal) {
    const state = run ? `is ${run.status} since event ${run.since.event.seq}` : 'was neither queued nor started'
    report(replay, placed, { rule: 'one_life', sentence: `the run ${runId} ${state} and can not become ${to}.` })
  }
  if (event.type === 'run.started') checkStart(replay, { event, position: placed.position })
  // A second end leaves the first one standing, so that what follows is still judged by it.
  if (!run || !isFinal(run.status))
    replay.runs.set(runId, { status: to, wasQueued: to === 'queued' || (run?.wasQueued ?? false), since: placed })
  if (!isOver(to) || !('taskId' in event.data) || event.data.taskId === null) return
  const task = replay.tasks.get(event.data.taskId)
  if (task?.claim?.event.data.runId === runId) task.claim = null
}

function checkStart(replay: Replay, placed: Placed<Of<'run.started'>>): void {
  const { entity, data } = placed.event
  const owner = replay.tasks.get(data.taskId)?.claim?.event.data
  if (owner?.runId === entity.id && owner.fence === data.fence) return
  const state = owner ? `which the run ${owner.runId} owns under fence ${owner.fence}` : 'which it has not claimed'
  report(replay, placed, { rule: 'one_owner', sentence: `the run ${entity.id} starts under fence ${data.fence} on a task ${state}.` })
}

/** Whether a run in this status has given its task back. */
function isOver(status: string): boolean {
  return status === 'waiting' || isFinal(status)
}

function isFinal(status: string): boolean {
  return runMachine.statuses.some((each) => each === status && runMachine.isFinal(each))
}

/** At the end of a log every task in progress has an owner. */
function findLimbo(replay: Replay, position: number): void {
  for (const [taskId, task] of replay.tasks) {
    if (task.status !== 'in_progress' || task.claim) continue
    const sentence = `At the end of the log the task ${taskId} is in progress and no run owns it.`
    replay.violations.push({ rule: 'limbo', source: 'log', position, sentence })
  }
}
