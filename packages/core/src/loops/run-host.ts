import type { RunActor } from '../kernel/actor.ts'
import { execute, executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import type { TraceContext } from '../ports/telemetry.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import { beginningReader } from '../runs/beginning.ts'
import { openRun, type OpenedRun } from '../runs/open.ts'
import type { RunCallbacks } from '../ports/adapter.ts'
import { runCallbacks } from './run-callbacks.ts'

/** What a run does in Engine, by the name of an operation. */
interface RunCall {
  readonly name: string
  readonly input: object
  /** Its texts went through the redactor already. */
  readonly isRedacted?: true
  readonly trace?: TraceContext | undefined
}

/** What executes runs, wherever they are kept: in the database of this process, or at a server. */
export interface RunHost extends Pick<Host, 'clock' | 'adapters' | 'redactors' | 'registry' | 'tracing'> {
  readonly settings: Pick<EngineSettings, 'leaseMs' | 'abandonMs' | 'stopMs' | 'stopGraceMs'>
  /** @throws `lease_lost` for one that was cancelled since its claim, `rule_violated` naming a secret that is missing or disabled, `secrets_unavailable` */
  open(actor: RunActor): Promise<OpenedRun>
  /** Calls Engine under the run's own rights and its fence. @throws as the operation does */
  perform(actor: RunActor, call: RunCall): Promise<unknown>
  /** What the agent of a run calls back until `ended` is aborted. */
  callbacks(actor: RunActor, ended: AbortSignal): RunCallbacks
  /** Keeps what a run consumed that may not act any more. */
  recordLateUsage(actor: RunActor, input: object): Promise<unknown>
}

/** Runs of the database of this process. */
export function localRunHost(host: Host): RunHost {
  const { clock, adapters, redactors, registry, settings, tracing } = host
  const opener = {
    ...host,
    beginningOf: beginningReader(host.db),
    perform: (name: string, input: object) => executeAsEngine(host, name, input),
  }
  return {
    clock,
    adapters,
    redactors,
    registry,
    tracing,
    settings,
    open: (actor) => openRun(opener, actor, clock.now()),
    callbacks: (actor, ended) => runCallbacks(host, actor, ended),
    recordLateUsage: (_actor, input) => executeAsEngine(host, 'runs.recordLateUsage', input),
    perform: (actor, { name, input, isRedacted, trace }) =>
      execute(host, name, { input, call: { actor, trace, ...(isRedacted && { isRedacted }) } }),
  }
}
