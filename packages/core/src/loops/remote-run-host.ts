import type { RunActor } from '../kernel/actor.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { createRedactor } from '../kernel/redactor.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import type { LeasedRun, RegisteredNode } from '../nodes/schema.ts'
import type { Clock } from '../ports/clock.ts'
import { idsOf, type OpenedRun } from '../runs/open.ts'
import { actorOf } from './live-runs.ts'
import { askedCallbacks } from './run-callbacks.ts'
import type { RunHost } from './run-host.ts'
import { asLeaseLost, type Server } from './server.ts'

/** What all runs of a node share. */
export interface Remote {
  readonly server: Server
  readonly clock: Clock
  readonly settings: Pick<EngineSettings, 'stopGraceMs' | 'stopMs' | 'abandonMs'>
  readonly shared: Pick<RunHost, 'clock' | 'adapters' | 'redactors' | 'registry' | 'tracing'>
}

interface Given {
  readonly leased: LeasedRun
  readonly registered: RegisteredNode
}

/** One run of the server, which acts with its own credential. */
export function remoteRunHost(remote: Remote, { leased, registered }: Given): RunHost {
  const { server, clock } = remote
  const { leaseMs, pollMs, credential } = registered
  const perform: RunHost['perform'] = async (actor, { name, input }) => {
    try {
      const ask = () => server.call(name, input, leased.credential)
      // Whoever waits to say that it lives has a lease that runs out meanwhile; it is said again soon by itself.
      return await (name === 'runs.heartbeat' ? ask() : patiently(clock, ask))
    } catch (error) {
      throw asLeaseLost(actor, error)
    }
  }
  return {
    ...remote.shared,
    settings: { ...remote.settings, leaseMs },
    perform,
    // What became of it meanwhile is said by the first call.
    open: async () => openedRun(remote, leased),
    callbacks: (actor, ended) => {
      const ask = (after: number) => perform(actor, { name: 'runs.nextCallback', input: { runId: actor.id, after } })
      return askedCallbacks({ clock, pollMs, ask }, ended)
    },
    // The run's own credential opens nothing any more.
    recordLateUsage: (_actor: RunActor, input) => patiently(clock, () => server.call('nodes.recordUsage', input, credential)),
  }
}

/** How long a server that takes no more for now is left alone when it does not say for how long, milliseconds. */
const waitMs = 1_000
const longestWaitMs = 60_000

/**
 * What a server takes no more of for now is said again when it is to be: an agent that says a lot is slowed down by that, and not failed.
 * It goes on until its lease is lost, which is renewed beside this.
 */
async function patiently<Output>(clock: Clock, ask: () => Promise<Output>): Promise<Output> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!EngineError.isInstance(error) || error.kind !== 'limited') throw error
      const { retryAfterMs } = error.details
      await clock.sleep(typeof retryAfterMs === 'number' ? Math.min(longestWaitMs, Math.max(1, retryAfterMs)) : waitMs)
    }
  }
}

/** @throws why the server could not open it */
function openedRun({ shared }: Remote, { run, setup, failure }: LeasedRun): OpenedRun {
  if (setup) return { ...setup, redactor: createRedactor(setup.secrets, idsOf(actorOf(run))) }
  const definition = shared.registry.errors.find(({ code }) => code === failure?.code) ?? kernelErrors.internal
  throw new EngineError(definition, failure?.message ?? 'The server gave nothing to begin this run with.')
}
