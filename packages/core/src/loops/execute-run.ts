import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { parseInput } from '../kernel/input.ts'
import { createRedactedLog, type RedactedLog } from '../kernel/redacted-log.ts'
import type { AdapterEvent } from '../ports/adapter.ts'
import type { Logger } from '../ports/logger.ts'
import type { FailureClass, RunOutcome } from '../ports/run-contract.ts'
import { piecesOf } from '../runs/log-limits.ts'
import { Session } from '../runs/schema.ts'
import { conclude, type Left } from './conclude-run.ts'
import { keepLease } from './heartbeat.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { redactedLogger } from './redacted-logger.ts'
import type { RunHost } from './run-host.ts'
import { createRunMoney, type RunMoney } from './run-money.ts'
import type { Traced } from '../kernel/tracing.ts'
import { runTools } from './run-tools.ts'
import { describeToolCall, printable } from './printable.ts'
import { signOfLife } from './sign-of-life.ts'
import { plainOutcome } from './told-outcome.ts'
import { createUsageKeeper, type UsageKeeper } from './usage-keeper.ts'

export interface ClaimedRun {
  readonly stop: AbortController
  readonly logger: Logger
  /** When its claim was asked for, by the monotonic clock: its lease can not have begun before. */
  readonly claimedAt: number
  /** Null where leases are renewed on the event loop only. */
  readonly keeper: LeaseKeeper | null
  /** Whether others wait for it to show that its provider works. */
  readonly isProbe: boolean
}

/**
 * Executes one claimed run to its end: adapter, lease, log, outcome. Never throws; whatever goes wrong ends as the run's
 * outcome, or, when this worker lost the right to speak for it, as the sweep of its lease.
 */
export async function executeRun(host: RunHost, actor: RunActor, run: ClaimedRun): Promise<void> {
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.id': actor.agentId, 'engine.run.id': actor.id }
  await host.tracing.span('invoke_agent', { attributes }, (traced) => executeTraced(host, actor, { ...run, traced }))
}

interface TracedRun extends ClaimedRun {
  readonly traced: Traced
}

async function executeTraced(host: RunHost, actor: RunActor, run: TracedRun): Promise<void> {
  const ended = new AbortController()
  const abort = (reason: string) => run.stop.abort(reason)
  const { claimedAt, keeper } = run
  keeper?.hold(actor)
  const lease = keepLease(host, actor, { claimedAt, keeper, ended: ended.signal, abort })
  const left: Left = {}
  const usage = createUsageKeeper(host, actor, run.logger)
  try {
    const outcome = await Promise.race([
      runAdapter(host, actor, { ...run, left, usage, ended: ended.signal }),
      abandonment(host, run.stop.signal, ended.signal),
    ])
    if (outcome === abandoned)
      run.logger.error('an adapter did not stop when it was told to; its run goes on without it', { runId: actor.id })
    run.traced.set(attributesOf(outcome))
    await usage.rest()
    await conclude(host, actor, { outcome, left, reason: run.stop.signal.aborted ? String(run.stop.signal.reason) : null })
  } catch (error) {
    run.logger.error('a run could not be concluded; its lease will run out and its task be taken back', {
      runId: actor.id,
      error: redact(host, actor, String(error)),
    })
  } finally {
    ended.abort('ended')
    await lease
    keeper?.drop(actor)
    host.redactors.delete(actor.id)
  }
}

/** An adapter in plain JavaScript may end with anything; that is refused where it is reported. */
function attributesOf(outcome: unknown) {
  const { kind, class: failure } = Object(outcome) as { readonly kind?: unknown; readonly class?: unknown }
  return { 'engine.run.outcome': String(kind), ...(kind === 'failed' && { 'error.type': String(failure) }) }
}

const abandoned: RunOutcome = { kind: 'failed', class: 'unknown', message: 'The adapter did not stop when it was told to.' }

/** Resolves when an adapter was told to stop and took too long about it; an adapter that hangs must not hold up its host. */
async function abandonment(host: RunHost, stop: AbortSignal, ended: AbortSignal): Promise<RunOutcome> {
  await new Promise((resolve) => {
    if (stop.aborted) resolve(undefined)
    stop.addEventListener('abort', resolve, { once: true })
  })
  const { abandonMs, stopMs, stopGraceMs } = host.settings
  const isStopping = stop.reason === 'host_stopping'
  await host.clock.sleep(isStopping ? Math.min(abandonMs, Math.max(0, stopMs - stopGraceMs)) : abandonMs, ended)
  return abandoned
}

interface Executed extends TracedRun {
  readonly left: Left
  readonly usage: UsageKeeper
  readonly ended: AbortSignal
}

/** @returns what the adapter ended with, by `plainOutcome` */
async function runAdapter(host: RunHost, actor: RunActor, run: Executed): Promise<unknown> {
  let log: RedactedLog | undefined
  let works = false
  const trace = run.traced.context
  try {
    const { context, adapterType, config: opened, env, session: before, redactor, secrets, allowance } = await host.open(actor)
    const money = createRunMoney(host, { actor, allowance, usage: run.usage, stop: run.stop, trace })
    run.left.money = money
    void money.watchTime(run.ended)
    if (secrets.length > 0) host.redactors.set(actor.id, { redactor, log: createRedactedLog(redactor) })
    const config = host.adapters.parseConfig(adapterType, opened)
    const logger = redactedLogger(run.logger, redactor)
    const session = await host.adapters.get(adapterType).start({
      config,
      runId: actor.id,
      env,
      redactor,
      logger,
      cap: money.cap,
      trace: host.tracing.headers(trace),
    })
    log = createRedactedLog(redactor)
    const given = { left: run.left, money, log, showLife: signOfLife(host, actor, run) }
    run.usage.isResumed = before !== null
    works = true
    const outcome = await session.run({
      context,
      session: before,
      tools: runTools(host, actor, trace),
      callbacks: host.callbacks(actor, run.ended),
      signal: run.stop.signal,
      meter: money.meter,
      emit: (event) => emit(host, actor, { ...given, event }),
    })
    return plainOutcome(outcome)
  } catch (error) {
    // Blotted out before it is cut: the half of a secret would not be found.
    const message = redact(host, actor, describeThrown(error)).slice(0, 10_000)
    return { kind: 'failed', class: classOf(error, works), message: printable(message) }
  } finally {
    await logRest(host, actor, log)
  }
}

/** Whatever an adapter threw, its run ends by it: also by what has no text, or fails when it is asked for one. */
function describeThrown(error: unknown): string {
  try {
    const { name, message }: Record<'name' | 'message', unknown> = error instanceof Error ? error : { name: '', message: error }
    return String(message) || `${String(name) || 'An error'} without a message.`
  } catch {
    return 'The adapter threw something that has no text.'
  }
}

/** Before an agent works, what is refused is how it is set up; after that, something that it said. */
function classOf(error: unknown, works: boolean): FailureClass {
  if (!EngineError.isInstance(error)) return 'unknown'
  if (error.kind === 'invalid' || error.kind === 'rule') return works ? 'bad_request' : 'config'
  return error.kind === 'unavailable' ? 'transient' : 'unknown'
}

function redact(host: RunHost, actor: RunActor, text: string): string {
  return host.redactors.get(actor.id)?.redactor.redact(text) ?? text
}

/** What waited for the rest of a secret that did not come. */
async function logRest(host: RunHost, actor: RunActor, log: RedactedLog | undefined): Promise<void> {
  const rest = [...(log?.end() ?? []), ...(host.redactors.get(actor.id)?.log.end() ?? [])]
  if (rest.length === 0) return
  const entries = rest.map(({ stream, text }) => ({ stream, text: printable(text) }))
  const input = { runId: actor.id, entries }
  await host.perform(actor, { name: 'runs.appendLog', input, isRedacted: true }).catch(() => undefined)
}

interface Emitted {
  readonly event: AdapterEvent
  readonly money: RunMoney
  readonly left: Left
  readonly log: RedactedLog
  /** Says that the provider answers. */
  showLife(): Promise<void>
}

/** What an adapter emits without waiting for it may be refused, and then nobody is told but who waits. */
function emit(host: RunHost, actor: RunActor, given: Emitted): Promise<void> {
  const recorded = record(host, actor, given)
  recorded.catch(() => undefined)
  return recorded
}

/** Writes one event of a run under its fence. */
async function record(host: RunHost, actor: RunActor, given: Emitted): Promise<void> {
  const { left, money, log, showLife } = given
  const event = given.event.type === 'log' ? given.event : redactedEvent(host, actor, given.event)
  switch (event.type) {
    case 'log': {
      const text = log.push(event.stream, event.text)
      if (text === '') return
      const entries = piecesOf(printable(text), longestEntry).map((piece) => ({ stream: event.stream, text: piece }))
      await host.perform(actor, { name: 'runs.appendLog', input: { runId: actor.id, entries }, isRedacted: true })
      return
    }
    case 'progress': {
      const { percent, message, details } = event
      const input = {
        taskId: actor.taskId,
        // A part of nothing, 0 of 0, is no number.
        percent: Math.min(100, Math.max(0, Math.round(percent) || 0)),
        ...(message !== undefined && { message: message.slice(0, longestProgress).toWellFormed() }),
        ...(details && { details }),
      }
      await host.perform(actor, { name: 'tasks.progress', input }).catch(ignoreRule)
      return
    }
    case 'usage':
      await money.spend(event.usage)
      if (Object.values(event.usage).some((amount) => Number(amount) > 0)) await showLife()
      return
    case 'comment':
      await host.perform(actor, { name: 'comments.create', input: { taskId: actor.taskId, body: event.body } })
      return
    case 'deliverable': {
      const { type: _type, ...deliverable } = event
      await host.perform(actor, { name: 'deliverables.submit', input: { taskId: actor.taskId, ...deliverable } })
      return
    }
    case 'session':
      // Refused here, while the adapter can be told; with the outcome it would keep the run from ending.
      left.session = parseInput(Session, event.state, 'session')
      return
    case 'tool_call': {
      await showLife()
      const entries = [{ stream: 'system', text: describeToolCall(event) }]
      await host.perform(actor, { name: 'runs.appendLog', input: { runId: actor.id, entries }, isRedacted: true })
    }
  }
}

/** Before any of it is cut. */
function redactedEvent(host: RunHost, actor: RunActor, event: AdapterEvent): AdapterEvent {
  const redactor = host.redactors.get(actor.id)?.redactor
  // The same event with other texts.
  return redactor ? ({ ...(redactor.redactAll(event) as AdapterEvent), type: event.type } as AdapterEvent) : event
}

/** How long one entry of a log is, bytes; a call has a hundred of them. */
const longestEntry = 1_000_000
/** How long what is said with a progress is, characters. */
const longestProgress = 1_000
/** Progress after a submission has nowhere to go, and that is fine. */
function ignoreRule(error: unknown): void {
  if (!EngineError.isInstance(error) || error.kind !== 'rule') throw error
}
