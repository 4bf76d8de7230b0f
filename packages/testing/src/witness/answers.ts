import { z } from 'zod'

import type { AnyEvent } from '@engine/core'

import type { RecordedCall } from '../history.ts'
import type { Claim, Replay } from './log.ts'
import type { Violation } from './violation.ts'

const Entity = z.object({ id: z.string(), version: z.number(), status: z.string().optional() })
/** What shows in an answer: the entity itself, or a checkout's task and run. */
const Shown = z.object({ task: Entity.optional().catch(undefined), run: Entity.optional().catch(undefined) })
const Checkout = z.object({
  task: z.object({ id: z.string() }),
  run: z.object({ id: z.string(), fence: z.number() }),
  credential: z.string().nullable(),
})
const TaskInput = z.object({ taskId: z.string() })

const quietByNature = ['runs.heartbeat', 'runs.appendLog', 'runs.sweep']

interface Call {
  readonly call: RecordedCall
  readonly position: number
  /** What it was told it has, when it was a checkout that took a task. */
  readonly checkout: z.output<typeof Checkout> | null
}

export interface Told {
  readonly events: readonly AnyEvent[]
  readonly history: readonly RecordedCall[]
  readonly quietOperations: readonly string[]
}

interface Comparison {
  readonly replay: Replay
  /** A run that waited claims its task again, under another fence. */
  readonly claimOf: ReadonlyMap<string, Claim>
  readonly calls: readonly Call[]
  readonly callsByRequest: ReadonlyMap<string, readonly Call[]>
  readonly eventsByRequest: ReadonlyMap<string, AnyEvent>
  readonly quiet: ReadonlySet<string>
}

/** Compares what callers were told with what the log says. */
export function compareWithCalls(replay: Replay, { events, history, quietOperations }: Told): Violation[] {
  const calls = history.map((call, position) => ({ call, position, checkout: checkoutIn(call) }))
  const comparison: Comparison = {
    replay,
    claimOf: new Map(replay.claims.map((claim) => [claimKey(claim.event.data.runId, claim.event.data.fence), claim])),
    calls,
    callsByRequest: Map.groupBy(
      calls.filter(({ call }) => call.requestId !== null),
      // The filter left those that have one.
      ({ call }) => String(call.requestId),
    ),
    eventsByRequest: new Map(events.flatMap((event) => (event.requestId === null ? [] : [[event.requestId, event]]))),
    quiet: new Set([...quietByNature, ...quietOperations]),
  }
  return [...calls.flatMap((each) => judgeCall(comparison, each)), ...judgeClaims(comparison)]
}

function claimKey(runId: string, fence: number): string {
  return `${runId} ${fence}`
}

/** Null also for a run that asked for what it has, and took nothing. */
function checkoutIn({ outcome }: RecordedCall): Call['checkout'] {
  if (outcome.status !== 'acked') return null
  const checkout = Checkout.safeParse(outcome.answer).data
  return checkout && checkout.credential !== null ? checkout : null
}

function judgeCall(comparison: Comparison, each: Call): Violation[] {
  const { outcome } = each.call
  const sentences = outcome.status === 'acked' ? lostParts(comparison, each, outcome.answer) : []
  const violations = sentences.map((sentence) => violation(each, { rule: 'acked', sentence }))
  if (outcome.status !== 'refused') return violations
  const event = each.call.requestId === null ? undefined : comparison.eventsByRequest.get(each.call.requestId)
  const others = each.call.requestId === null ? [] : (comparison.callsByRequest.get(each.call.requestId) ?? [])
  // Another attempt of the same request may be the one that did it.
  if (!event || others.some(({ call }) => call.outcome.status !== 'refused')) return violations
  return [
    violation(each, { rule: 'refused', sentence: `was refused with ${outcome.code}, yet event ${event.seq} (${event.type}) is its.` }),
  ]
}

/** What an acknowledged call was told that the log does not have. */
function lostParts(comparison: Comparison, each: Call, answer: unknown): string[] {
  const { replay, claimOf, eventsByRequest, quiet } = comparison
  const { call, checkout } = each
  const lost: string[] = []
  const tookNothing = call.operation === 'tasks.checkout' && checkout === null
  if (call.requestId !== null && !tookNothing && !quiet.has(call.operation) && !eventsByRequest.has(call.requestId)) {
    lost.push(`was acknowledged, but no event of its request ${call.requestId} is in the log.`)
  }
  for (const { id, version, status } of entitiesIn(answer)) {
    const known = replay.versions.get(`${id}@${version}`)
    if (known === undefined) lost.push(`was told of version ${version} of ${id}, which is not in the log.`)
    else if (known !== null && status !== undefined && known !== status)
      lost.push(`was told that version ${version} of ${id} is ${status}; the log has it ${known}.`)
  }
  if (!checkout) return lost
  const { task, run } = checkout
  if (claimOf.get(claimKey(run.id, run.fence))?.event.entity.id !== task.id) {
    lost.push(`was given the task ${task.id} for the run ${run.id} under fence ${run.fence}; the log has no such claim.`)
  }
  return lost
}

function entitiesIn(answer: unknown): z.output<typeof Entity>[] {
  const { task, run } = Shown.safeParse(answer).data ?? {}
  return [Entity.safeParse(answer).data, task, run].filter((entity) => entity !== undefined)
}

/** Each claim is somebody's: of the call that was told of it, or of one that never learned what came of it. */
function judgeClaims(comparison: Comparison): Violation[] {
  const told = new Set(comparison.calls.flatMap(({ checkout }) => (checkout ? [checkout.run.id] : [])))
  const unknown = countUnknown(comparison)
  const claimed = new Set<string>()
  const violations: Violation[] = []
  for (const { event, position, wasQueued } of comparison.replay.claims) {
    const { requestId, data, entity } = event
    const object = (sentence: string) =>
      violations.push({ rule: 'caused', source: 'log', position, sentence: `Event ${event.seq} (${event.type}): ${sentence}` })
    if (requestId !== null) {
      const calls = comparison.callsByRequest.get(requestId) ?? []
      const answered = calls.find(({ checkout }) => checkout)?.checkout
      if (calls.length === 0) object(`no recorded call made the request ${requestId} that claimed for the run ${data.runId}.`)
      else if (claimed.has(requestId)) object(`the request ${requestId} claimed a second time, for the run ${data.runId}.`)
      else if (answered && answered.run.id !== data.runId)
        object(`its caller was told of the run ${answered.run.id}, the claim is for ${data.runId}.`)
      claimed.add(requestId)
    } else if (!told.has(data.runId) && !wasQueued) {
      const left = unknown.get(entity.id) ?? 0
      if (left === 0) object(`no recorded call explains the claim for the run ${data.runId}.`)
      unknown.set(entity.id, left - 1)
    }
  }
  return violations
}

/** How many checkouts of a task, without a request id, may have happened without their callers' knowledge. */
function countUnknown({ calls, replay }: Comparison): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { call } of calls) {
    if (call.operation !== 'tasks.checkout' || call.requestId !== null || call.outcome.status !== 'unknown') continue
    const reference = TaskInput.safeParse(call.input).data?.taskId ?? ''
    const taskId = replay.taskIds.get(reference.toUpperCase()) ?? reference.toLowerCase()
    counts.set(taskId, (counts.get(taskId) ?? 0) + 1)
  }
  return counts
}

function violation({ call, position }: Call, said: { rule: Violation['rule']; sentence: string }): Violation {
  return {
    rule: said.rule,
    source: 'history',
    position,
    sentence: `Call ${position} (${call.operation} by ${call.process}) ${said.sentence}`,
  }
}
