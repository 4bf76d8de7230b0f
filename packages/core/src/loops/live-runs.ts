import type { Clock } from '../ports/clock.ts'
import type { RunActor } from '../kernel/actor.ts'
import type { Run } from '../runs/schema.ts'

/** A run that this process executes. */
export interface LiveRun {
  readonly stop: AbortController
  readonly done: Promise<void>
}

export type LiveRuns = ReadonlyMap<string, LiveRun>

/** Gives live runs some time to end by themselves, then tells them to. */
export async function endAll(clock: Clock, live: LiveRuns, graceMs: number): Promise<void> {
  const ended = Promise.all([...live.values()].map((run) => run.done))
  const waiting = new AbortController()
  await Promise.race([ended, clock.sleep(graceMs, waiting.signal)])
  waiting.abort()
  for (const run of live.values()) run.stop.abort('host_stopping')
  await ended
}

/** Stops what others ended; `held` was asked for after `started` was noted. */
export function stopUnheld(started: readonly (readonly [string, LiveRun])[], held: ReadonlySet<string>): void {
  for (const [runId, run] of started) if (!held.has(runId)) run.stop.abort('lease_lost')
}

/** Whether others wait for a run to show that its provider works. */
export function isProbe({ adapter }: Run): boolean {
  return adapter?.reason === 'probe'
}

/** Who acts in a run that was claimed. */
export function actorOf({ id, companyId, agentId, taskId, fence }: Run): RunActor {
  return { kind: 'run', id, companyId, agentId, taskId, fence: fence ?? 0 }
}
