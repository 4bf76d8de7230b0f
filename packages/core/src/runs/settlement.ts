import type { KeptOutcome } from '../ports/run-contract.ts'
import { backoffMs } from '../kernel/retry.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import type { TaskTable } from '../tasks/table.ts'
import { failureRules } from './failures.ts'
import type { RunTable } from './table.ts'

type Failed = Extract<KeptOutcome, { kind: 'failed' }>

/** A run that waits for an answer has not ended. */
export type EndingOutcome = Exclude<KeptOutcome, { kind: 'waiting' }>

/** What a run's end depends on. */
export interface SettlementFacts {
  readonly taskStatus: string
  readonly attempt: number
  readonly maxAttempts: number
  /** Whether a breaker holds its next run back for as long as its provider lets nobody work. */
  readonly hasBreaker: boolean
  /** A budget of ours refused what it needed; its provider is not to blame. */
  readonly isByBudget: boolean
  readonly settings: Pick<EngineSettings, 'retryBaseMs' | 'retryCapMs'>
  readonly random: () => number
}

/** What a run's end does. */
export interface Settlement {
  readonly runStatus: 'succeeded' | 'failed' | 'timed_out'
  /** Null when the task stays where it is, for example under review. */
  readonly move: {
    readonly to: 'done' | 'in_review' | 'blocked' | 'todo'
    readonly reason: string | null
    readonly owner: string | null
  } | null
  /** The run that follows, if one does. */
  readonly next: { readonly afterMs: number; readonly attempt: number; readonly reason: 'retry' | 'timer' } | null
  /** Set when the agent itself is broken and must not start anything until somebody looks at it. */
  readonly agentError: AgentError | null
}

/** Why an agent starts nothing more. */
interface AgentError {
  readonly message: string
  /** Of the error of Engine that it was, so that nobody has to read the message; null where it was none. */
  readonly code: string | null
}

/** Decides what follows from an outcome. Pure. */
export function settle(outcome: EndingOutcome, facts: SettlementFacts): Settlement {
  const ended = { next: null, agentError: null } as const
  switch (outcome.kind) {
    case 'done':
      return { runStatus: 'succeeded', move: moveTo(facts, 'done'), ...ended }
    case 'needs_review':
      return { runStatus: 'succeeded', move: moveTo(facts, 'in_review'), ...ended }
    case 'blocked':
      return { runStatus: 'succeeded', move: moveTo(facts, 'blocked', { reason: outcome.reason, owner: outcome.owner ?? null }), ...ended }
    case 'continue': {
      const move = moveTo(facts, 'todo')
      return { runStatus: 'succeeded', move, next: move && { afterMs: outcome.afterMs, attempt: 1, reason: 'timer' }, agentError: null }
    }
    case 'failed':
      return settleFailure(outcome, facts)
  }
}

function settleFailure(outcome: Failed, facts: SettlementFacts): Settlement {
  const rule = failureRules[outcome.class]
  const { attempt, maxAttempts } = facts
  const ending = {
    runStatus: outcome.class === 'timeout' ? 'timed_out' : 'failed',
    agentError: rule.breaksAgent ? { message: outcome.message, code: outcome.code ?? null } : null,
  } as const
  if (facts.isByBudget) return { ...ending, ...afterRefusal(outcome, facts) }
  if (rule.follows === 'cool') {
    const reason = `${outcome.class}: its provider is left alone for a while`
    return { ...ending, ...again(facts, { reason, attempt, afterMs: facts.hasBreaker ? 0 : waitMs(outcome, facts) }) }
  }
  if (rule.follows !== 'block' && attempt < maxAttempts) {
    const reason = `attempt ${attempt} of ${maxAttempts} failed`
    return { ...ending, ...again(facts, { reason, attempt: attempt + 1, afterMs: waitMs(outcome, facts) }) }
  }
  const count = rule.follows === 'block' ? `${outcome.class}, not retried` : `${attempt} of ${maxAttempts} attempts failed`
  return { ...ending, move: moveTo(facts, 'blocked', { reason: `${count}: ${outcome.message}`, owner: rule.owner }), next: null }
}

/** How long a run waits at least before it asks its budget again, milliseconds. */
const refusedMs = 30_000

/** A budget did not allow a call: others may give something back soon; who finds it so again and again is told who can raise it. */
function afterRefusal(outcome: Failed, facts: SettlementFacts): Pick<Settlement, 'move' | 'next'> {
  const { attempt, maxAttempts } = facts
  if (attempt >= maxAttempts) return { move: moveTo(facts, 'blocked', { reason: outcome.message, owner: 'admin' }), next: null }
  const afterMs = Math.max(refusedMs, waitMs(outcome, facts))
  return again(facts, { reason: 'its budget did not allow a call', attempt: attempt + 1, afterMs })
}

function again(
  facts: SettlementFacts,
  { reason, attempt, afterMs }: { reason: string; attempt: number; afterMs: number },
): Pick<Settlement, 'move' | 'next'> {
  const move = moveTo(facts, 'todo', { reason, owner: null })
  return { move, next: move && { afterMs, attempt, reason: 'retry' } }
}

/** A wait by chance, never shorter than the provider asked. */
function waitMs({ retryAfterMs = 0 }: Failed, { attempt, settings, random }: SettlementFacts): number {
  return Math.max(retryAfterMs, backoffMs(attempt, { baseMs: settings.retryBaseMs, capMs: settings.retryCapMs, random }))
}

/** What follows when a run's lease ran out: the same, except that the next attempt waits for nobody. Pure. */
export function settleLost(facts: SettlementFacts): Omit<Settlement, 'runStatus'> {
  if (facts.attempt < facts.maxAttempts) {
    const move = moveTo(facts, 'todo', { reason: 'its run was lost', owner: null })
    return { move, next: move && { afterMs: 0, attempt: facts.attempt + 1, reason: 'retry' }, agentError: null }
  }
  const reason = `its run was lost in ${facts.attempt} of ${facts.maxAttempts} attempts`
  return { move: moveTo(facts, 'blocked', { reason, owner: 'operator' }), next: null, agentError: null }
}

/**
 * Which attempt somebody starts who runs an ended run again. Success begins anew, and a cancelled run burned nothing; after a failure it is
 * the next one, and where those are used up the last one again, after which nothing follows by itself. Pure.
 */
export function attemptAfter(run: Pick<RunTable, 'status' | 'attempt'>, task: Pick<TaskTable, 'max_attempts'>): number {
  if (run.status === 'succeeded') return 1
  return Math.min(run.status === 'cancelled' ? run.attempt : run.attempt + 1, task.max_attempts)
}

/** A run moves its task only while the task is in progress; after a submission the review decides. */
function moveTo(
  facts: SettlementFacts,
  to: 'done' | 'in_review' | 'blocked' | 'todo',
  why: { reason: string | null; owner: string | null } = { reason: null, owner: null },
): Settlement['move'] {
  return facts.taskStatus === 'in_progress' ? { to, ...why } : null
}
