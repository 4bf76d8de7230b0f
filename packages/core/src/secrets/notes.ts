import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { accessesOf, type OpenedSecret } from './open.ts'

/** How often the same values of the same owner are noted, milliseconds: not with each of thousands of deliveries. */
const noteEveryMs = 60_000

/** A route, or a plugin in one company. */
type Wanting = { readonly companyId: string } & ({ readonly routeId: string } | { readonly pluginId: string | null })

/** Notes which values somebody wants who works all the time, before they are given. */
export type AccessNotes = (host: Host, wanting: Wanting, wanted: readonly OpenedSecret[]) => Promise<void>

export function createAccessNotes(): AccessNotes {
  const known = new Map<string, { readonly text: string; readonly atMs: number }>()
  return async (host, wanting, wanted) => {
    const accesses = accessesOf(wanted)
    if (accesses.length === 0) return
    const who = JSON.stringify(wanting)
    const text = JSON.stringify(accesses)
    const last = known.get(who)
    const atMs = host.clock.monotonicMs()
    if (last?.text === text && atMs - last.atMs < noteEveryMs) return
    await executeAsEngine(host, 'secrets.recordAccesses', { ...wanting, accesses })
    known.set(who, { text, atMs })
  }
}
