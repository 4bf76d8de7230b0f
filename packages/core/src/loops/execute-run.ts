import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import type { AdapterEvent, RunUsage } from '../ports/adapter.ts'
import type { Logger } from '../ports/logger.ts'
import { RunOutcome } from '../ports/run-contract.ts'
import { readRunContext } from '../runs/context.ts'
import { isLeaseHeld } from '../runs/lease.ts'
import { keepLease } from './heartbeat.ts'

export interface ClaimedRun {
  readonly stop: AbortController
  readonly logger: Logger
  /** When its claim was asked for, by the monotonic clock: its lease can not have begun before. */
  readonly claimedAt: number
}

/**
 * Executes one claimed run to its end: adapter, lease, log, outcome. Never throws; whatever goes wrong ends as the run's
 * outcome, or, when this worker lost the right to speak for it, as the sweep of its lease.
 */
export async function executeRun(host: Host, actor: RunActor, run: ClaimedRun): Promise<void> {
  const ended = new AbortController()
  const abort = (reason: string) => run.stop.abort(reason)
  const lease = keepLease(host, actor, { claimedAt: run.claimedAt, ended: ended.signal, abort })
  const usage: Required<RunUsage> = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: 0 }
  try {
    // It may have been cancelled between its claim and now.
    if (!(await isLeaseHeld(host.db, actor))) return
    const outcome = await Promise.race([runAdapter(host, actor, { ...run, usage }), abandonment(host, run.stop.signal, ended.signal)])
    if (outcome === abandoned)
      run.logger.error('an adapter did not stop when it was told to; its run goes on without it', { runId: actor.id })
    await conclude(host, actor, { outcome, usage, reason: run.stop.signal.aborted ? String(run.stop.signal.reason) : null })
  } catch (error) {
    run.logger.error('a run could not be concluded; its lease will run out and its task be taken back', {
      runId: actor.id,
      error: String(error),
    })
  } finally {
    ended.abort()
    await lease
  }
}

const abandoned: RunOutcome = { kind: 'failed', class: 'unknown', message: 'The adapter did not stop when it was told to.' }

/** Resolves when an adapter was told to stop and took too long about it; an adapter that hangs must not hold up its host. */
async function abandonment(host: Host, stop: AbortSignal, ended: AbortSignal): Promise<RunOutcome> {
  await new Promise((resolve) => {
    if (stop.aborted) resolve(undefined)
    stop.addEventListener('abort', resolve, { once: true })
  })
  await host.clock.sleep(host.settings.abandonMs, ended)
  return abandoned
}

async function runAdapter(
  host: Host,
  actor: RunActor,
  run: { stop: AbortController; logger: Logger; usage: Required<RunUsage> },
): Promise<RunOutcome> {
  try {
    const { context, agent } = await readRunContext(host.db, actor.id)
    const config = host.adapters.parseConfig(agent.adapter_type, JSON.parse(agent.adapter_config))
    const session = await host.adapters.get(agent.adapter_type).start({ config, runId: actor.id, logger: run.logger })
    return await session.run({ context, signal: run.stop.signal, emit: (event) => emit(host, actor, { event, usage: run.usage }) })
  } catch (error) {
    const isConfig = EngineError.isInstance(error) && (error.kind === 'invalid' || error.kind === 'rule')
    return { kind: 'failed', class: isConfig ? 'config' : 'unknown', message: messageOf(error) }
  }
}

function messageOf(error: unknown): string {
  return printable((error instanceof Error ? error.message : String(error)).slice(0, 10_000))
}

/** What an adapter emits without waiting for it may be refused, and then nobody is told but who waits. */
function emit(host: Host, actor: RunActor, given: { event: AdapterEvent; usage: Required<RunUsage> }): Promise<void> {
  const recorded = record(host, actor, given)
  recorded.catch(() => undefined)
  return recorded
}

/** Writes one event of a run under its fence. */
async function record(host: Host, actor: RunActor, given: { event: AdapterEvent; usage: Required<RunUsage> }): Promise<void> {
  const { event, usage } = given
  const call = { actor }
  switch (event.type) {
    case 'log':
      if (event.text === '') return
      await execute(host, 'runs.appendLog', {
        call,
        input: { runId: actor.id, entries: [{ stream: event.stream, text: printable(event.text) }] },
      })
      return
    case 'progress': {
      const { percent, message, details } = event
      const input = {
        taskId: actor.taskId,
        percent: Math.min(100, Math.max(0, Math.round(percent))),
        ...(message !== undefined && { message }),
        ...(details && { details }),
      }
      await execute(host, 'tasks.progress', { call, input }).catch(ignoreRule)
      return
    }
    case 'usage':
      for (const key of ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costMicros'] as const)
        usage[key] = (usage[key] ?? 0) + Math.max(0, Math.round(event.usage[key] ?? 0))
      return
    case 'comment':
      await execute(host, 'comments.create', { call, input: { taskId: actor.taskId, body: event.body } })
      return
    case 'deliverable': {
      const { type: _type, ...deliverable } = event
      await execute(host, 'deliverables.submit', { call, input: { taskId: actor.taskId, ...deliverable } })
    }
  }
}

/** A program prints what it likes; a log shows it rather than refusing it. */
function printable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u2400')
}

/** Progress after a submission has nowhere to go, and that is fine. */
function ignoreRule(error: unknown): void {
  if (!EngineError.isInstance(error) || error.kind !== 'rule') throw error
}

interface Conclusion {
  readonly outcome: RunOutcome
  readonly usage: RunUsage
  /** Why the run was told to stop, if it was. */
  readonly reason: string | null
}

/** How often the end of a run is reported before it is left to the sweep of its lease; with the waits between, about 20 seconds. */
const reportTries = 15
const longestReportWaitMs = 2_000

async function conclude(host: Host, actor: RunActor, { outcome, usage, reason }: Conclusion): Promise<void> {
  if (reason === 'cancelled' || reason === 'lease_lost' || reason === 'lease_not_renewed') return
  // What was finished in spite of the stop is finished.
  if (reason === 'host_stopping' && outcome.kind === 'failed') return report(host, actor, { name: 'runs.handBack', input: { reason } })
  const told = RunOutcome.safeParse(JSON.parse(printable(JSON.stringify(outcome)).replaceAll('\\u0000', '\u2400')))
  if (told.success) return report(host, actor, { name: 'runs.report', input: { outcome: told.data, usage } })
  const message = `The adapter ended with an outcome that is none: ${told.error.issues.map((issue) => issue.message).join('; ')}`
  return report(host, actor, {
    name: 'runs.report',
    input: { outcome: { kind: 'failed', class: 'bad_request', message: printable(message.slice(0, 2_000)) }, usage },
  })
}

async function report(host: Host, actor: RunActor, { name, input }: { name: string; input: object }): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await execute(host, name, { input: { runId: actor.id, ...input }, call: { actor } })
      return
    } catch (error) {
      if (EngineError.isInstance(error) && error.code === 'lease_lost') return
      const isPassing = EngineError.isInstance(error) && error.kind === 'unavailable'
      if (!isPassing || tries >= reportTries) throw error
      await host.clock.sleep(Math.min(tries * 200, longestReportWaitMs))
    }
  }
}
