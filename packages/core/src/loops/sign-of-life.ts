import type { RunActor } from '../kernel/actor.ts'
import type { RunHost } from './run-host.ts'

/** Says once, for a run that others wait for, that its provider lets it work: its tokens are counted, or it uses tools. */
export function signOfLife(host: RunHost, actor: RunActor, { isProbe }: { readonly isProbe: boolean }): () => Promise<void> {
  let isDue = isProbe
  return async () => {
    if (!isDue) return
    isDue = false
    const input = { runId: actor.id, providerWorks: true }
    // What is refused here is told by the run's own calls; the others then wait for its end.
    await host.perform(actor, { name: 'runs.heartbeat', input }).catch(() => undefined)
  }
}
