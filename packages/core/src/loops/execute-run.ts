import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { execute, type Host } from '../kernel/execute.ts'
import type { AdapterEvent, RunUsage } from '../ports/adapter.ts'
import type { Logger } from '../ports/logger.ts'
import type { RunOutcome } from '../ports/run-contract.ts'
import { readRunContext } from '../runs/context.ts'
import { keepLease } from './heartbeat.ts'

/**
 * Executes one claimed run to its end: adapter, lease, log, outcome. Never throws; whatever goes wrong ends as the run's
 * outcome, or, when this worker lost the right to speak for it, as the sweep of its lease.
 */
export async function executeRun(host: Host, actor: RunActor, run: { stop: AbortController; logger: Logger }): Promise<void> {
  const ended = new AbortController()
  const abort = (reason: string) => run.stop.abort(reason)
  const lease = keepLease(host, actor, { ended: ended.signal, abort })
  const usage: Required<RunUsage> = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: 0 }
  try {
    const outcome = await runAdapter(host, actor, { ...run, usage })
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

async function runAdapter(
  host: Host,
  actor: RunActor,
  run: { stop: AbortController; logger: Logger; usage: Required<RunUsage> },
): Promise<RunOutcome> {
  try {
    const { context, agent } = await readRunContext(host.db, actor.id)
    const config = host.adapters.parseConfig(agent.adapter_type, JSON.parse(agent.adapter_config))
    const session = await host.adapters.get(agent.adapter_type).start({ config, runId: actor.id, logger: run.logger })
    return await session.run({ context, signal: run.stop.signal, emit: (event) => record(host, actor, { event, usage: run.usage }) })
  } catch (error) {
    const isConfig = EngineError.isInstance(error) && (error.kind === 'invalid' || error.kind === 'rule')
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'failed', class: isConfig ? 'config' : 'unknown', message: message.slice(0, 10_000) }
  }
}

/** Writes one event of a run under its fence. */
async function record(host: Host, actor: RunActor, given: { event: AdapterEvent; usage: Required<RunUsage> }): Promise<void> {
  const { event, usage } = given
  const call = { actor }
  switch (event.type) {
    case 'log':
      await execute(host, 'runs.appendLog', {
        call,
        input: { runId: actor.id, entries: [{ stream: event.stream, text: printable(event.text) }] },
      })
      return
    case 'progress': {
      const { percent, message, details } = event
      const input = {
        taskId: actor.taskId,
        percent: Math.round(percent),
        ...(message !== undefined && { message }),
        ...(details && { details }),
      }
      await execute(host, 'tasks.progress', { call, input }).catch(ignoreRule)
      return
    }
    case 'usage':
      for (const key of ['inputTokens', 'outputTokens', 'cachedInputTokens', 'costMicros'] as const)
        usage[key] = (usage[key] ?? 0) + (event.usage[key] ?? 0)
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

/** How often the end of a run is reported before it is left to the sweep of its lease. */
const reportTries = 5

async function conclude(host: Host, actor: RunActor, { outcome, usage, reason }: Conclusion): Promise<void> {
  if (reason === 'cancelled' || reason === 'lease_lost' || reason === 'lease_not_renewed') return
  const name = reason === 'host_stopping' ? 'runs.handBack' : 'runs.report'
  const input = reason === 'host_stopping' ? { runId: actor.id, reason } : { runId: actor.id, outcome, usage }
  for (let tries = 1; ; tries += 1) {
    try {
      await execute(host, name, { input, call: { actor } })
      return
    } catch (error) {
      const isLost = EngineError.isInstance(error) && error.code === 'lease_lost'
      if (isLost) return
      const isPassing = EngineError.isInstance(error) && error.kind === 'unavailable'
      if (!isPassing || tries >= reportTries) throw error
      await host.clock.sleep(tries * 200)
    }
  }
}
