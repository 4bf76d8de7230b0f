import { eventsSealedAfter } from '../audit/sql.ts'
import type { SealTable } from '../audit/table.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { ANCHOR_SPEC, type AnchorStore } from '../ports/anchor.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'

interface AnchorsOptions {
  readonly store: AnchorStore
  readonly logger: Logger
}

/** Publishes where the chains stand: of a company that has something new, after so many events or so long, whichever is first. */
export function createAnchorLoop(host: Host, { store, logger }: AnchorsOptions): Loop & { hearOf(seal: SealTable): void } {
  const { sealMs, anchorMs, anchorEvents } = host.settings
  /** The newest seal of each company that has one which is not published. */
  const newest = new Map<string, SealTable>()
  const published = new Map<string, { readonly number: number; readonly atMs: number }>()
  const loop = createLoop({ name: 'anchors', pass, pollMs: sealMs, clock: host.clock, vitals: host.vitals, logger })

  async function pass(signal: AbortSignal): Promise<boolean> {
    for (const seal of newest.values()) {
      if (signal.aborted) return false
      try {
        if (await isDue(seal)) await publish(seal)
      } catch (error) {
        logger.error('a seal could not be anchored', { store: store.id, companyId: seal.company_id, error: String(error) })
      }
    }
    return false
  }

  async function isDue({ company_id: companyId, number: upTo }: SealTable): Promise<boolean> {
    const last = published.get(companyId)
    if (!last || host.clock.monotonicMs() - last.atMs >= anchorMs) return true
    return (await eventsSealedAfter(host.db, { companyId, number: last.number, upTo })) >= anchorEvents
  }

  async function publish(seal: SealTable): Promise<void> {
    const { company_id: companyId, number, last_seq: lastSeq, epoch } = seal
    await store.publish({ spec: ANCHOR_SPEC, companyId, number, lastSeq, seal: seal.seal, epoch, at: isoTime(host.clock.now()) })
    published.set(companyId, { number, atMs: host.clock.monotonicMs() })
    if (newest.get(companyId)?.number === number) newest.delete(companyId)
  }

  return {
    ...loop,
    hearOf(seal) {
      if (seal.number > (published.get(seal.company_id)?.number ?? 0)) newest.set(seal.company_id, seal)
    },
  }
}
