import { lockAgent } from '../agents/sql.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { assertTransition } from '../kernel/transition.ts'
import { isoTime } from '../ports/clock.ts'
import type { FailureClass, KeptOutcome } from '../ports/run-contract.ts'
import { failureRules } from '../runs/failures.ts'
import type { RunTable } from '../runs/table.ts'
import { cooldownMs } from './cooldown.ts'
import { breakerMachine } from './machine.ts'
import { lockBreaker, lockProbedBreaker, requireBreaker, takeProbe, updateBreaker } from './sql.ts'
import type { BreakerTable } from './table.ts'

interface Failure {
  readonly class: FailureClass
  readonly message: string
  readonly retryAfterMs: number | null
}

/** What the end of a run says about its provider: that it works, that it does not, or nothing. */
type Verdict = 'works' | 'unclear' | Failure

/** How much of what a provider said is shown. */
const longestReason = 2_000

/** Tells the breaker of its adapter that a run has ended; most ends say nothing that it has to know. */
export async function noteEndOfRun(context: CommandContext, run: RunTable): Promise<void> {
  if (run.adapter_type === null) return
  const verdict = verdictOf(run)
  if (await endProbe(context, run, verdict)) return
  if (typeof verdict !== 'string' && failureRules[verdict.class].follows === 'cool') await openBreaker(context, run, verdict)
}

/** What a run's end means for the provider. A failure that only an answer can bring shows that there was one. Pure. */
function verdictOf(run: RunTable): Verdict {
  if (run.status === 'succeeded') return 'works'
  const outcome: KeptOutcome | null = run.outcome === null ? null : JSON.parse(run.outcome)
  if (outcome?.kind !== 'failed') return 'unclear'
  if (failureRules[outcome.class].isAnswer) return 'works'
  return { class: outcome.class, message: outcome.message, retryAfterMs: outcome.retryAfterMs ?? null }
}

/** Nothing more starts at the provider of a run until it has cooled. */
async function openBreaker(context: CommandContext, run: RunTable, failure: Failure): Promise<void> {
  // In the order of a claim: the agent, then the breaker.
  await lockAgent(context.tx, run.agent_id)
  const breaker = await requireBreaker(context.tx, blankBreaker(context, run))
  if (breaker.status === 'closed') {
    assertTransition(breakerMachine, breaker.status, { to: 'open', verb: 'fail' })
    return cool(context, breaker, { failure, failures: 1, openedAt: context.now })
  }
  // Runs that began before it opened fail too. They say the same again, unless they are asked to wait longer.
  const { retryAfterMs } = failure
  const isLonger = retryAfterMs !== null && context.clock.now() + retryAfterMs > Date.parse(breaker.cools_until ?? context.now)
  if (breaker.status === 'open' && isLonger) await cool(context, breaker, { failure, failures: breaker.failures, openedAt: null })
}

/**
 * A run that tried whether its provider works again has ended, or shown that it does.
 * @returns false for a run that does not try, or no more: it has shown it before, or somebody closed the breaker
 */
export async function endProbe(context: CommandContext, run: RunTable, verdict: Verdict): Promise<boolean> {
  if (run.adapter_reason !== 'probe') return false
  await lockAgent(context.tx, run.agent_id)
  const breaker = await triedBreaker(context, run, verdict)
  if (!breaker) return false
  if (verdict === 'works') {
    await closeBreaker(context, breaker, { verb: 'settle', by: 'probe' })
    return true
  }
  assertTransition(breakerMachine, breaker.status, { to: 'open', verb: 'settle' })
  if (verdict === 'unclear') await leaveCooled(context, breaker)
  else await cool(context, breaker, { failure: verdict, failures: breaker.failures + 1, openedAt: null })
  return true
}

/** Of a run that was joined by another one when it took long, only the good news counts. */
async function triedBreaker(context: CommandContext, run: RunTable, verdict: Verdict): Promise<BreakerTable | null> {
  const own = await lockProbedBreaker(context.tx, { companyId: context.companyId, runId: run.id })
  if (own || verdict !== 'works') return own
  const breaker = await lockBreaker(context.tx, blankBreaker(context, run))
  return breaker?.status === 'half_open' ? breaker : null
}

async function cool(
  context: CommandContext,
  breaker: BreakerTable,
  { failure, failures, openedAt }: { failure: Failure; failures: number; openedAt: string | null },
): Promise<void> {
  const { settings, random } = context
  const coolsForMs = cooldownMs({ failures, retryAfterMs: failure.retryAfterMs, settings, random: () => random() })
  const changes = {
    status: 'open' as const,
    failures,
    failure_class: failure.class,
    reason: failure.message.slice(0, longestReason).toWellFormed(),
    probe_run_id: null,
    ...(openedAt !== null && { opened_at: openedAt }),
  }
  emitOpened(context, await change(context, breaker, { changes, coolsForMs }))
}

/** A probe that was cancelled or lost says nothing: the next run is one. */
async function leaveCooled(context: CommandContext, breaker: BreakerTable): Promise<void> {
  emitOpened(context, await change(context, breaker, { changes: { status: 'open', probe_run_id: null }, coolsForMs: 0 }))
}

export async function closeBreaker(
  context: CommandContext,
  breaker: BreakerTable,
  { verb, by }: { verb: 'settle' | 'close'; by: 'probe' | 'hand' },
): Promise<BreakerTable> {
  assertTransition(breakerMachine, breaker.status, { to: 'closed', verb })
  const nothing = { failure_class: null, reason: null, opened_at: null, cools_until: null, probe_run_id: null }
  const next = await change(context, breaker, { changes: { ...nothing, status: 'closed', failures: 0 } })
  context.emit('breaker.closed', breakerRef(next), { ...aboutBreaker(next), by })
  return next
}

/** Makes a run the probe of a breaker. @returns whether it is; see `takeProbe` */
export async function probe(context: CommandContext, breaker: BreakerTable, runId: string): Promise<boolean> {
  if (!breakerMachine.isLegal(breaker.status, 'half_open', 'probe')) return false
  const { probeMs: ms } = context.settings
  const next = await takeProbe(context.tx, breaker, { runId, now: context.now, ms, at: isoTime(context.clock.now() + ms) })
  if (!next) return false
  context.emit('breaker.probed', breakerRef(next), { ...aboutBreaker(next), runId })
  return true
}

async function change(
  context: CommandContext,
  breaker: BreakerTable,
  given: { changes: Partial<BreakerTable>; coolsForMs?: number },
): Promise<BreakerTable> {
  const next = await updateBreaker(context.tx, breaker, { ...given, nowMs: context.clock.now() })
  if (!next) throw changedMeanwhile('breaker', breaker.id)
  return next
}

function emitOpened(context: CommandContext, breaker: BreakerTable): void {
  context.emit('breaker.opened', breakerRef(breaker), {
    ...aboutBreaker(breaker),
    class: breaker.failure_class,
    reason: breaker.reason,
    failures: breaker.failures,
    until: breaker.cools_until,
  })
}

/** The breaker of a run's provider as it is before anything failed there. */
export function blankBreaker(context: CommandContext, run: RunTable): BreakerTable {
  return {
    id: context.newId(),
    company_id: context.companyId,
    adapter_type: run.adapter_type ?? '',
    provider: run.adapter_provider ?? '',
    status: 'closed',
    failures: 0,
    failure_class: null,
    reason: null,
    opened_at: null,
    cools_until: null,
    probe_run_id: null,
    // It is first told of when it opens.
    version: 0,
    created_at: context.now,
    updated_at: context.now,
  }
}

function breakerRef(breaker: BreakerTable) {
  return { type: 'breaker' as const, id: breaker.id, version: breaker.version }
}

function aboutBreaker(breaker: BreakerTable) {
  return { adapterType: breaker.adapter_type, provider: breaker.provider === '' ? null : breaker.provider }
}
