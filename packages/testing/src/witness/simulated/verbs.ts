import type { EventData, EventType } from '@engine/core'
import { taskMachine, type TaskStatus } from '@engine/core/contract'

import { emit, note, shown, strikes, worker, type By, type Entity, type Turn, type Verb } from './turn.ts'

const about = ({ task }: Turn) => ({ taskId: task.id, agentId: 'agent', attempt: 1 })
const leaseLost = { code: 'lease_lost', details: {} }

export const verbs: Readonly<Record<Verb, (turn: Turn) => void>> = {
  checkout(turn) {
    const { task, step, index } = turn
    const isFree = (task.status === 'todo' || task.status === 'blocked') && !task.owner && !task.waiting
    if (!isFree && !(task.owner && strikes(turn, 'double_claim'))) return refuseCheckout(turn)
    const call = { operation: 'tasks.checkout', input: { taskId: task.id } }
    if (isFree && step.choice === 0) return note(turn, { ...call, isUnknown: true })
    const [ended] = task.ended
    const run = ended && strikes(turn, 'ended_run_claims') ? ended : (task.resumed ?? { id: `run-${index}`, version: 0 })
    start(turn, run, 'board')
    task.isOwnerHeard = step.choice !== 1
    const answer = { task: shown(task), run: { ...run, fence: task.fence, status: 'running' }, credential: 'secret' }
    note(turn, { ...call, answer, isUnknown: step.choice === 1 })
  },

  /** The first one queues a run, the next one starts it, as Engine's own loops do. */
  dispatch(turn) {
    const { task, index } = turn
    if (task.status !== 'todo') return
    const run = task.resumed ?? task.queued
    if (run) {
      if (run === task.queued) task.queued = null
      start(turn, run, 'system')
    } else task.queued = queue(turn, `queued-run-${index}`, 'system')
  },

  heartbeat(turn) {
    const run = worker(turn.task)
    if (run) note(turn, { operation: 'runs.heartbeat', input: { runId: run.id }, answer: { leaseExpiresAt: 'later' }, run })
  },

  complete(turn) {
    const { task, step } = turn
    const run = worker(task)
    if (!task.owner) return
    if (run && task.status === 'in_review') {
      end(turn, 'run.succeeded', { by: run, data: { ...about(turn), outcome: 'done' } })
      return note(turn, { operation: 'runs.report', input: { runId: run.id }, answer: { ...run, status: 'succeeded' }, run })
    }
    if (task.status !== 'in_progress') return
    if (run && step.choice < 8) {
      end(turn, 'run.succeeded', { by: run, data: { ...about(turn), outcome: 'done' } })
      move(turn, { to: 'done', verb: 'report', by: run })
    } else {
      end(turn, 'run.cancelled', { data: { ...about(turn), reason: 'task_done' } })
      move(turn, { to: 'done', verb: 'complete' })
    }
    const by = run && step.choice < 8 ? run : undefined
    note(turn, { operation: 'tasks.complete', input: { taskId: task.id }, answer: shown(task), run: by })
  },

  release(turn) {
    const { task } = turn
    if (!task.owner || task.status !== 'in_progress') return
    end(turn, 'run.cancelled', { data: { ...about(turn), reason: 'released' } })
    if (!strikes(turn, 'ownerless_task')) move(turn, { to: 'todo', verb: 'release' })
    note(turn, { operation: 'tasks.release', input: { taskId: task.id }, answer: shown(task) })
  },

  sweep(turn) {
    const { task, step } = turn
    const run = task.owner
    if (!run || task.status !== 'in_progress') return
    end(turn, 'run.lost', { by: 'system', data: { ...about(turn), expiredAt: 'before' } })
    move(turn, { to: step.choice > 9 ? 'blocked' : 'todo', verb: 'recover', by: 'system' })
    note(turn, {
      operation: 'runs.sweep',
      input: { runId: run.id },
      answer: { ...run, taskId: task.id, status: 'lost' },
      isAnonymous: true,
    })
  },

  /** A run that ended comes back. */
  zombie(turn) {
    const { task } = turn
    const run = task.ended.at(-1)
    if (!run) return
    if (strikes(turn, 'zombie_write')) return reportProgress(turn, run)
    if (strikes(turn, 'doubled_end')) {
      run.version += 1
      return emit(turn, 'run.lost', { on: run, by: 'system', data: { ...about(turn), expiredAt: 'before' } })
    }
    note(turn, { operation: 'tasks.complete', input: { taskId: task.id }, refusal: leaseLost, run })
  },

  progress(turn) {
    const run = worker(turn.task)
    if (run && turn.task.status === 'in_progress') reportProgress(turn, run)
  },

  update(turn) {
    const { task } = turn
    const call = { operation: 'tasks.update', input: { taskId: task.id } }
    if (strikes(turn, 'illegal_move')) move(turn, { to: illegalTarget(turn), verb: 'update' })
    else if (task.status === 'done') return note(turn, { ...call, refusal: { code: 'rule_violated', details: {} } })
    task.version += 1
    emit(turn, 'task.updated', { data: { changed: ['title'] } })
    note(turn, { ...call, answer: shown(task) })
  },

  submit(turn) {
    const { task, index } = turn
    const run = worker(task)
    if (!run || task.status !== 'in_progress') return
    const deliverable = { id: `deliverable-${index}`, version: 1 }
    task.deliverable = deliverable
    const data = { taskId: task.id, number: 1, title: 'Text', runId: run.id, agentId: 'agent' }
    emit(turn, 'deliverable.submitted', { on: deliverable, by: run, data })
    move(turn, { to: 'in_review', verb: 'submit', by: run })
    note(turn, { operation: 'deliverables.submit', input: { taskId: task.id }, answer: { ...deliverable, status: 'pending' }, run })
  },

  review(turn) {
    const { task, step } = turn
    const { deliverable } = task
    if (!deliverable || task.status !== 'in_review') return
    const isApproved = step.choice < 6
    const decision = isApproved ? 'approved' : 'revision_requested'
    deliverable.version += 1
    const data = { taskId: task.id, agentId: 'agent', number: 1, title: 'Text', feedback: 'more' }
    emit(turn, `deliverable.${decision}`, { on: deliverable, data })
    // `review.completed` is about the deliverable, whatever its name says.
    emit(turn, 'review.completed', { on: deliverable, data: { taskId: task.id, agentId: 'agent', decision } })
    if (task.owner) end(turn, 'run.succeeded', { data: { ...about(turn), outcome: 'needs_review' } })
    move(turn, { to: isApproved ? 'done' : 'todo', verb: 'review' })
    const input = { deliverableId: deliverable.id }
    note(turn, { operation: 'deliverables.review', input, answer: { ...deliverable, status: decision } })
  },

  fail(turn) {
    const { task, index } = turn
    const run = worker(task)
    if (!run || task.status !== 'in_progress') return
    const failure = { class: 'transient' as const, message: 'broke' }
    end(turn, 'run.failed', { by: run, data: { ...about(turn), ...failure } })
    emit(turn, 'task.execution_failed', { by: run, data: { runId: run.id, ...failure, willRetry: true } })
    move(turn, { to: 'todo', verb: 'report', by: run })
    task.queued ??= queue(turn, `retry-run-${index}`, run)
    note(turn, { operation: 'runs.report', input: { runId: run.id }, answer: { ...run, status: 'failed' }, run })
  },

  /** The run gives its task back and waits; what is queued behind it joins it. */
  ask(turn) {
    const { task, index } = turn
    const run = worker(task)
    if (!run || task.status !== 'in_progress') return
    const interaction = { id: `interaction-${index}`, version: 1 }
    const asked = { kind: 'confirmation' as const, taskId: task.id, runId: run.id, answerer: 'anyone', waits: true, expiresAt: null }
    emit(turn, 'interaction.asked', { on: interaction, by: run, data: asked })
    run.version += 1
    emit(turn, 'run.waiting', { on: run, by: run, data: { ...about(turn), reasons: ['manual'], interactionId: interaction.id } })
    if (task.queued) {
      task.queued.version += 1
      emit(turn, 'run.cancelled', { on: task.queued, by: run, data: { ...about(turn), reason: 'joined_waiting_run' } })
    }
    Object.assign(task, { owner: null, queued: null, waiting: { run, interaction } })
    move(turn, { to: 'blocked', verb: 'ask', by: run })
    const answer = { ...interaction, taskId: task.id, status: 'pending' }
    note(turn, { operation: 'interactions.ask', input: { taskId: task.id, waits: true }, answer, run })
  },

  /** The same run is queued again. */
  answer(turn) {
    const { task } = turn
    if (!task.waiting) return
    const { run, interaction } = task.waiting
    interaction.version += 1
    const data = { kind: 'confirmation' as const, taskId: task.id, runId: run.id, status: 'accepted' as const, inPlaceOf: null }
    emit(turn, 'interaction.answered', { on: interaction, data })
    Object.assign(task, { waiting: null, resumed: run })
    move(turn, { to: 'todo', verb: 'answer' })
    run.version += 1
    emit(turn, 'run.queued', { on: run, data: { ...about(turn), reasons: ['answer'], availableAt: 'now' } })
    const answer = { ...interaction, status: 'accepted' }
    note(turn, { operation: 'interactions.accept', input: { interactionId: interaction.id }, answer })
  },

  block(turn) {
    const { task } = turn
    if (task.status !== 'todo' || task.resumed) return
    move(turn, { to: 'blocked', verb: 'block' })
    note(turn, { operation: 'tasks.block', input: { taskId: task.id }, answer: shown(task) })
  },

  pause(turn) {
    const { agent } = turn.simulation
    if (agent.version === 0) {
      agent.version = 1
      const data = { name: 'Ada', role: 'writer', adapterType: 'scripted', status: agent.status, bypassed: false }
      emit(turn, 'agent.registered', { on: agent, data })
    }
    const from = agent.status
    agent.status = from === 'idle' ? 'paused' : 'idle'
    agent.version += 1
    emit(turn, 'agent.status_changed', { on: agent, data: { from, to: agent.status, reason: null } })
    note(turn, { operation: 'agents.pause', input: { agentId: agent.id }, answer: { ...agent } })
  },

  route(turn) {
    emit(turn, 'task.routing_failed', { data: { reason: 'nobody fits' } })
    note(turn, { operation: 'tasks.route', input: { taskId: turn.task.id }, answer: shown(turn.task) })
  },
}

function refuseCheckout(turn: Turn): void {
  const { task } = turn
  const conflict = task.owner && { code: 'checkout_conflict', details: { holder: { runId: task.owner.id } } }
  const refusal = conflict ?? { code: task.status === 'done' ? 'illegal_transition' : 'rule_violated', details: {} }
  note(turn, { operation: 'tasks.checkout', input: { taskId: task.id }, refusal })
}

function start(turn: Turn, run: Entity, by: By): void {
  const { task } = turn
  const from = task.status
  task.version += 1
  task.fence += strikes(turn, 'skipped_fence') ? 2 : task.fence > 0 && strikes(turn, 'reused_fence') ? 0 : 1
  if (!task.isAssigned) emit(turn, 'task.assigned', { by, data: { agentId: 'agent', reason: 'checked it out' } })
  if (task.owner) task.ended.push(task.owner)
  if (run === task.resumed) task.resumed = null
  Object.assign(task, { isAssigned: true, status: 'in_progress', owner: run, isOwnerHeard: true })
  emit(turn, 'task.claimed', { by, data: { runId: run.id, agentId: 'agent', fence: task.fence, from } })
  run.version += 1
  emit(turn, 'run.started', { on: run, by, data: { ...about(turn), fence: task.fence, workerId: 'worker' } })
}

function queue(turn: Turn, id: string, by: By): Entity {
  const run = { id, version: 1 }
  emit(turn, 'run.queued', { on: run, by, data: { ...about(turn), reasons: ['retry'], availableAt: 'now' } })
  return run
}

function end<Type extends Extract<EventType, `run.${string}`>>(turn: Turn, type: Type, given: { by?: By; data: EventData[Type] }): void {
  const { task } = turn
  if (!task.owner) return
  task.owner.version += 1
  emit(turn, type, { ...given, on: task.owner })
  task.ended.push(task.owner)
  task.owner = null
}

function move(turn: Turn, { to, verb, by }: { to: TaskStatus; verb: string; by?: By }): void {
  const { task } = turn
  const from = task.status
  task.status = to
  task.version += 1
  emit(turn, 'task.status_changed', { by, data: { from, to, verb, reason: null } })
  if (verb === 'release') emit(turn, 'task.released', { by, data: { runId: null, reason: 'released' } })
  if (to === 'blocked') emit(turn, 'task.blocked', { by, data: { reason: 'stuck', owner: null } })
  if (to === 'done') emit(turn, 'task.completed', { by, data: { runId: null } })
  if (to === 'todo' || to === 'in_progress' || !task.queued) return
  task.queued.version += 1
  emit(turn, 'run.cancelled', { on: task.queued, by, data: { ...about(turn), reason: `task_${to}` } })
  task.queued = null
}

function reportProgress(turn: Turn, run: Entity): void {
  const { task } = turn
  task.version += strikes(turn, 'lost_update') ? 0 : 1
  emit(turn, 'task.progress_updated', { by: run, data: { percent: 50, message: null } })
  note(turn, { operation: 'tasks.progress', input: { taskId: task.id }, answer: shown(task), run })
}

function illegalTarget({ task, step }: Turn): TaskStatus {
  const isLegal = (to: TaskStatus) => taskMachine.isLegal(task.status, to, 'update')
  const targets = taskMachine.statuses.filter((to) => !isLegal(to))
  return targets[step.choice % targets.length] ?? 'done'
}
