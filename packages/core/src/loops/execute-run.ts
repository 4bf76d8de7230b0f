import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { parseInput } from '../kernel/input.ts'
import type { JsonObject } from '../kernel/json.ts'
import { createRedactedLog, type RedactedLog } from '../kernel/redacted-log.ts'
import type { AdapterEvent } from '../ports/adapter.ts'
import type { Logger } from '../ports/logger.ts'
import { RunOutcome, type FailureClass } from '../ports/run-contract.ts'
import { piecesOf } from '../runs/log-limits.ts'
import { Session } from '../runs/schema.ts'
import { keepLease } from './heartbeat.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { redactedLogger } from './redacted-logger.ts'
import type { RunHost } from './run-host.ts'
import { createRunMoney, type RunMoney } from './run-money.ts'
import { runTools } from './run-tools.ts'
import { describeToolCall, printable } from './printable.ts'

export interface ClaimedRun {
  readonly stop: AbortController
  readonly logger: Logger
  /** When its claim was asked for, by the monotonic clock: its lease can not have begun before. */
  readonly claimedAt: number
  /** Null where leases are renewed on the event loop only. */
  readonly keeper: LeaseKeeper | null
}

/**
 * Executes one claimed run to its end: adapter, lease, log, outcome. Never throws; whatever goes wrong ends as the run's
 * outcome, or, when this worker lost the right to speak for it, as the sweep of its lease.
 */
export async function executeRun(host: RunHost, actor: RunActor, run: ClaimedRun): Promise<void> {
  const ended = new AbortController()
  const abort = (reason: string) => run.stop.abort(reason)
  const { claimedAt, keeper } = run
  keeper?.hold(actor)
  const lease = keepLease(host, actor, { claimedAt, keeper, ended: ended.signal, abort })
  const left: Left = {}
  try {
    // It may have been cancelled between its claim and now.
    if (!(await host.isHeld(actor))) return
    const outcome = await Promise.race([
      runAdapter(host, actor, { ...run, left, ended: ended.signal }),
      abandonment(host, run.stop.signal, ended.signal),
    ])
    if (outcome === abandoned)
      run.logger.error('an adapter did not stop when it was told to; its run goes on without it', { runId: actor.id })
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

/** What a run leaves behind when it ends, besides its outcome. */
interface Left {
  /** Absent when it did not begin. */
  money?: RunMoney
  /** What the next run goes on from; absent when the adapter said nothing about it. */
  session?: JsonObject | null
}

const abandoned: RunOutcome = { kind: 'failed', class: 'unknown', message: 'The adapter did not stop when it was told to.' }

/** Resolves when an adapter was told to stop and took too long about it; an adapter that hangs must not hold up its host. */
async function abandonment(host: RunHost, stop: AbortSignal, ended: AbortSignal): Promise<RunOutcome> {
  await new Promise((resolve) => {
    if (stop.aborted) resolve(undefined)
    stop.addEventListener('abort', resolve, { once: true })
  })
  await host.clock.sleep(host.settings.abandonMs, ended)
  return abandoned
}

interface Executed {
  readonly stop: AbortController
  readonly logger: Logger
  readonly left: Left
  readonly ended: AbortSignal
}

async function runAdapter(host: RunHost, actor: RunActor, run: Executed): Promise<RunOutcome> {
  let log: RedactedLog | undefined
  let works = false
  try {
    const { context, adapterType, config: opened, env, session: before, redactor, secrets, allowance } = await host.open(actor)
    const money = createRunMoney(host, { actor, allowance, stop: run.stop })
    run.left.money = money
    void money.watchTime(run.ended)
    if (secrets.length > 0) host.redactors.set(actor.id, { redactor, log: createRedactedLog(redactor) })
    const config = host.adapters.parseConfig(adapterType, opened)
    const logger = redactedLogger(run.logger, redactor)
    const session = await host.adapters.get(adapterType).start({ config, runId: actor.id, env, redactor, logger, cap: money.cap })
    log = createRedactedLog(redactor)
    const given = { left: run.left, money, log }
    works = true
    return await session.run({
      context,
      session: before,
      tools: runTools(host, actor),
      signal: run.stop.signal,
      meter: money.meter,
      emit: (event) => emit(host, actor, { ...given, event }),
    })
  } catch (error) {
    // Blotted out before it is cut: the half of a secret would not be found.
    const message = redact(host, actor, error instanceof Error ? error.message : String(error)).slice(0, 10_000)
    return { kind: 'failed', class: classOf(error, works), message: printable(message) }
  } finally {
    await logRest(host, actor, log)
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
}

/** What an adapter emits without waiting for it may be refused, and then nobody is told but who waits. */
function emit(host: RunHost, actor: RunActor, given: Emitted): Promise<void> {
  const recorded = record(host, actor, given)
  recorded.catch(() => undefined)
  return recorded
}

/** Writes one event of a run under its fence. */
async function record(host: RunHost, actor: RunActor, given: Emitted): Promise<void> {
  const { left, log } = given
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
        percent: Math.min(100, Math.max(0, Math.round(percent))),
        ...(message !== undefined && { message }),
        ...(details && { details }),
      }
      await host.perform(actor, { name: 'tasks.progress', input }).catch(ignoreRule)
      return
    }
    case 'usage':
      return given.money.spend(event.usage)
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
/** Progress after a submission has nowhere to go, and that is fine. */
function ignoreRule(error: unknown): void {
  if (!EngineError.isInstance(error) || error.kind !== 'rule') throw error
}

interface Conclusion {
  readonly outcome: RunOutcome
  readonly left: Left
  /** Why the run was told to stop, if it was. */
  readonly reason: string | null
}

/** How often the end of a run is reported before it is left to the sweep of its lease; with the waits between, about 20 seconds. */
const reportTries = 15
const longestReportWaitMs = 2_000

async function conclude(host: RunHost, actor: RunActor, conclusion: Conclusion): Promise<void> {
  const { left, reason } = conclusion
  const rest = restOf(left)
  const outcome = withRefusal(conclusion)
  if (reason === 'cancelled' || reason === 'waiting' || reason === 'lease_lost' || reason === 'lease_not_renewed') return
  // What was finished in spite of the stop is finished.
  if (reason === 'host_stopping' && outcome.kind === 'failed')
    return report(host, actor, { name: 'runs.handBack', input: { reason, ...rest } })
  const told = RunOutcome.safeParse(printableJson(outcome))
  const message = told.success
    ? await refusalOf(
        report(host, actor, { name: 'runs.report', input: { outcome: told.data, ...rest, ...budgetOf(conclusion, told.data) } }),
      )
    : `The adapter ended with an outcome that is none: ${told.error.issues.map((issue) => issue.message).join('; ')}`
  if (message === null) return
  return report(host, actor, {
    name: 'runs.report',
    input: { outcome: { kind: 'failed', class: 'bad_request', message: printable(message.slice(0, 2_000)) }, ...rest },
  })
}

/** What is told with the end of a run. */
function restOf({ money, session }: Left): { usage?: RunMoney['usage']; session?: JsonObject | null } {
  return { ...(money && { usage: money.usage }), ...(session !== undefined && { session }) }
}

/** A run that was stopped at its limit failed for that, whatever its adapter makes of it; what was finished in spite of the stop is finished. */
function withRefusal({ outcome, left, reason }: Conclusion): RunOutcome {
  const refusal = left.money?.refusal
  if (reason !== 'budget' || !refusal || outcome.kind !== 'failed') return outcome
  return { kind: 'failed', class: refusal.class, message: refusal.message }
}

/** That a budget did not let it go on, and which. */
function budgetOf({ left }: Conclusion, outcome: RunOutcome): { isOverBudget?: true; budgetId?: string } {
  const refusal = left.money?.refusal
  if (!refusal || outcome.kind !== 'failed' || outcome.class !== 'quota') return {}
  return { isOverBudget: true, ...(refusal.budgetId !== undefined && { budgetId: refusal.budgetId }) }
}

/** What an adapter ended with as JSON whose texts can be kept; null for what is no JSON. */
function printableJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null', (_, member: unknown) => (typeof member === 'string' ? printable(member) : member))
  } catch {
    return null
  }
}

/** Why an outcome was refused, as when a run asks somebody who is not there; null when it was taken. */
async function refusalOf(reported: Promise<void>): Promise<string | null> {
  try {
    await reported
    return null
  } catch (error) {
    const isRefusal =
      EngineError.isInstance(error) && (error.kind === 'invalid' || error.kind === 'rule' || error.code === 'illegal_transition')
    if (!isRefusal) throw error
    return `The outcome of the run was refused: ${error.message}`
  }
}

async function report(host: RunHost, actor: RunActor, { name, input }: { name: string; input: object }): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await host.perform(actor, { name, input: { runId: actor.id, ...input } })
      return
    } catch (error) {
      if (EngineError.isInstance(error) && error.code === 'lease_lost') return
      const isPassing = EngineError.isInstance(error) && error.kind === 'unavailable'
      if (!isPassing || tries >= reportTries) throw error
      await host.clock.sleep(Math.min(tries * 200, longestReportWaitMs))
    }
  }
}
