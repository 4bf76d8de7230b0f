// What people were told about their decisions, held against the log, the rows and the outbox.
import type { AnyEvent, Engine } from '@engine/core'

import type { Round } from '../loop.ts'
import { readLog } from '../support/company.ts'
import { dying, type DecisionCall, type Told } from '../support/decision.ts'
import { rowsAt, type Place } from '../support/place.ts'
import { raisedLimit, type Race, type Subject } from './subjects.ts'

export interface Evidence {
  readonly place: Place
  readonly engine: Engine
  readonly races: readonly Race[]
  /** Everything that was answered, by the key of its call. */
  readonly told: ReadonlyMap<string, readonly Told[]>
}

type Verdict = 'approved' | 'rejected' | 'cancelled' | 'revision_requested'

/** The types of all events that a call leaves, those of what it brings about included: each of them once. */
const effects: Readonly<Record<Subject['kind'], Readonly<Partial<Record<Verdict, readonly string[]>>>>> = {
  hire: {
    approved: ['agent.status_changed', 'approval.decided', 'key.created'],
    rejected: ['agent.status_changed', 'approval.decided'],
    cancelled: ['agent.status_changed', 'approval.cancelled'],
  },
  budget: {
    approved: ['agent.status_changed', 'approval.decided', 'budget.resolved', 'budget.set'],
    rejected: ['approval.decided', 'budget.resolved'],
    cancelled: ['approval.cancelled', 'budget.resolved'],
  },
  strategy: {
    approved: ['approval.decided', 'company.strategy_approved'],
    rejected: ['approval.decided'],
    cancelled: ['approval.cancelled'],
  },
  custom: {
    approved: ['approval.decided', 'run.queued', 'task.status_changed'],
    rejected: ['approval.decided', 'run.queued', 'task.status_changed'],
    cancelled: ['approval.cancelled', 'run.queued', 'task.status_changed'],
  },
  draft: { approved: ['approval.decided'], rejected: ['approval.decided'], cancelled: ['approval.cancelled'] },
  deliverable: {
    approved: ['deliverable.approved', 'review.completed', 'run.succeeded', 'task.completed', 'task.status_changed'],
    revision_requested: ['deliverable.revision_requested', 'review.completed', 'run.queued', 'run.succeeded', 'task.status_changed'],
    rejected: ['deliverable.rejected', 'review.completed', 'run.succeeded', 'task.blocked', 'task.status_changed'],
    cancelled: ['deliverable.rejected', 'review.completed', 'run.succeeded', 'task.status_changed'],
  },
}

/** What a task is after the review of its result. */
const afterReview = { approved: 'done', revision_requested: 'todo', rejected: 'blocked', cancelled: 'cancelled' } as const satisfies Record<
  Verdict,
  string
>

const endings = new Set(['approval.decided', 'approval.cancelled', 'review.completed'])

export async function judge(evidence: Evidence, round: Round): Promise<void> {
  const { engine, races } = evidence
  const logs = new Map<string, AnyEvent[]>()
  for (const { subject } of races) if (!logs.has(subject.companyId)) logs.set(subject.companyId, await readLog(engine, subject.companyId))
  for (const race of races)
    for (const call of callsOf(race)) judgeCall(evidence, round, { call, log: logs.get(race.subject.companyId) ?? [] })
  const subjects = new Map(races.map(({ subject }) => [subject.id, subject]))
  for (const subject of subjects.values()) await judgeSubject(evidence, round, { subject, log: logs.get(subject.companyId) ?? [] })
  for (const [companyId, log] of logs) await judgeOutbox(evidence, round, { companyId, log })
}

/** One of each: some are made through two processes. */
export function callsOf({ calls }: Race): DecisionCall[] {
  return [...new Map(calls.flat().map((call) => [call.key, call])).values()]
}

/** Who was told that it happened finds it once in the log, as that person; who was refused left nothing there. */
function judgeCall({ told }: Evidence, round: Round, { call, log }: { call: DecisionCall; log: readonly AnyEvent[] }): void {
  const answers = told.get(call.key) ?? []
  const acked = new Set(answers.flatMap((each) => each.acked ?? []))
  const what = `${call.operation} by ${call.actor.kind === 'system' ? 'system' : call.actor.id}`
  const caused = log.filter(({ requestId }) => requestId?.startsWith(`${call.key} `))
  const tries = new Set(caused.map(({ requestId }) => requestId))
  round.count(acked.size > 0 ? 'decisions acked' : 'calls refused')
  if (tries.has(`${call.key} ${dying}`) && !answers.some(({ as }) => as === dying))
    round.count('of these made by who died before it heard so')
  if (acked.size > 1) round.violation(`${what} was answered in ${acked.size} ways: ${[...acked].join(' and ')}`)
  if (acked.size > 0 && caused.length === 0) round.violation(`${what} was acknowledged and is lost`)
  if (acked.size === 0 && caused.length > 0) round.violation(`${what} was refused and left ${caused.map(({ type }) => type).join(', ')}`)
  if (tries.size > 1) round.violation(`${what} had its effect ${tries.size} times: ${caused.map(({ type }) => type).join(', ')}`)
  if (caused.some(({ actor }) => call.actor.kind === 'system' || actor.id !== call.actor.id))
    round.violation(`${what} stands in the log as an act of somebody else: ${JSON.stringify(caused[0]?.actor)}`)
  const codes = answers.flatMap(({ refused }) => refused ?? [])
  const allowed = call.refusedWith ?? ['illegal_transition']
  for (const code of new Set(codes)) if (!allowed.includes(code)) round.violation(`${what} was refused with ${code}`)
  if (call.refusedWith && acked.size > 0) round.violation(`${what} was heard, with ${JSON.stringify(call.input)}`)
}

interface Decided {
  readonly subject: Subject
  readonly log: readonly AnyEvent[]
}

/** One decision ended it; what that brings about happened once, and nothing else did. */
async function judgeSubject(evidence: Evidence, round: Round, { subject, log }: Decided): Promise<void> {
  const ended = log.filter(({ entity, type }) => entity.id === subject.id && endings.has(type))
  round.count('subjects decided')
  const [ending] = ended
  if (!ending || ended.length > 1) return round.violation(`${subject.kind} ${subject.id} was decided ${ended.length} times`)
  const { status, by } = await standingOf(evidence, subject, ending)
  const caused = log.flatMap(({ requestId, type }) => (requestId === ending.requestId ? [type] : [])).toSorted()
  const expected = effects[subject.kind][status] ?? []
  round.count('effects of decisions', caused.length)
  if (caused.join(' ') !== expected.join(' '))
    round.violation(`${subject.kind} ${status} brought about ${caused.join(', ')} and not ${expected.join(', ')}`)
  if (by !== null && by !== ending.actor.id) round.violation(`${subject.kind} ${status} was decided by ${ending.actor.id}; it says ${by}`)
  for (const sentence of await wrongEffects(evidence, subject, status)) round.violation(`${subject.kind} ${status}: ${sentence}`)
}

/** What the row says: how it was decided, and by whom, which of what was cancelled it does not say. */
async function standingOf(
  { engine, races }: Evidence,
  { kind, id }: Subject,
  ending: AnyEvent,
): Promise<{ status: Verdict; by: string | null }> {
  if (kind === 'deliverable') {
    const { status, review } = await engine.deliverables.get({ deliverableId: id })
    if (status !== 'approved' && status !== 'rejected' && status !== 'revision_requested')
      throw new Error(`a decided deliverable is ${status}`)
    const heard = races.flatMap(callsOf).find(({ key }) => ending.requestId?.startsWith(`${key} `))
    return { status: heard?.input['onReject'] === 'cancel' ? 'cancelled' : status, by: review?.reviewer.id ?? 'nobody' }
  }
  const { status, decidedBy } = await engine.approvals.get({ approvalId: id })
  if (status !== 'approved' && status !== 'rejected' && status !== 'cancelled') throw new Error(`a decided approval is ${status}`)
  return { status, by: status === 'cancelled' ? null : (decidedBy?.id ?? 'nobody') }
}

/** What is not as the decision says it must be. */
async function wrongEffects(evidence: Evidence, subject: Subject, status: Verdict): Promise<string[]> {
  const { engine, place } = evidence
  const found: string[] = []
  const claim = (isTrue: boolean, sentence: string) => void (isTrue || found.push(sentence))
  const isApproved = status === 'approved'
  if (subject.kind === 'hire') {
    const agent = await engine.agents.get({ agentId: subject.affected })
    claim(agent.status === (isApproved ? 'idle' : 'terminated'), `its agent is ${agent.status}`)
    const keys = await rowsAt(place, `select id from keys where agent_id = '${subject.affected}'`)
    claim(keys.length === (isApproved ? 1 : 0), `its agent has ${keys.length} keys`)
  }
  if (subject.kind === 'budget') {
    const { limit, isStopped } = await engine.budgets.get({ budgetId: subject.affected })
    claim(
      limit === (isApproved ? raisedLimit : 0) && isStopped === !isApproved,
      `the limit is ${limit}, work ${isStopped ? 'stopped' : 'goes on'}`,
    )
  }
  if (subject.kind === 'custom' || subject.kind === 'deliverable') {
    const task = await engine.tasks.get({ taskId: subject.affected })
    const wanted = subject.kind === 'custom' ? 'todo' : afterReview[status]
    claim(task.status === wanted, `its task is ${task.status}`)
    const { items } = await engine.runs.list({ companyId: subject.companyId, taskId: task.id, status: 'queued' })
    claim(items.length === (wanted === 'todo' ? 1 : 0), `${items.length} runs are queued for its task`)
  }
  return found
}

/** Each event since the route listens left one delivery. */
async function judgeOutbox(
  { place }: Evidence,
  round: Round,
  { companyId, log }: { companyId: string; log: readonly AnyEvent[] },
): Promise<void> {
  const rows = await rowsAt(place, `select event_id, count(*) as times from deliveries where company_id = '${companyId}' group by event_id`)
  const times = new Map(rows.map((row) => [String(row['event_id']), Number(row['times'])]))
  const since = log.findIndex(({ type }) => type === 'route.created')
  const wrong = log.filter(({ id }, index) => (times.get(id) ?? 0) !== (index >= since ? 1 : 0))
  round.count('deliveries written', rows.length)
  for (const event of wrong.slice(0, 3)) round.violation(`${event.type} left ${times.get(event.id) ?? 0} deliveries`)
}
