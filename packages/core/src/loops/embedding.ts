import type { GuardedEmbedder } from '../kernel/embedding.ts'
import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { createBacklog } from '../knowledge/backlog.ts'
import { embeddedText, entriesFrom, type EmbeddableEntry } from '../knowledge/embeddable.ts'
import { encodeVector } from '../knowledge/vectors.ts'
import type { Logger } from '../ports/logger.ts'

/** Entries that one look takes. */
const pageSize = 200
const patienceMs = 60_000

interface Made {
  readonly entry: EmbeddableEntry
  readonly vector: string
}

/**
 * Has vectors made of entries that have none of their present version. The embedder is asked outside of every transaction, and each
 * company is written to by itself: one that is locked is waited for by nobody else.
 */
export function createEmbeddingLoop(host: Host, embedder: GuardedEmbedder, logger: Logger): Pick<Loop, 'start' | 'stop'> {
  const backlog = createBacklog({ clock: host.clock, baseMs: host.settings.retryBaseMs })
  const storing = new Set<Promise<void>>()
  const loop = createLoop({ name: 'embedding', pass, pollMs: host.settings.sweepMs, clock: host.clock, vitals: host.vitals, logger })
  let forget: () => void = () => undefined

  async function pass(signal: AbortSignal): Promise<boolean> {
    if (embedder.isResting()) return false
    const page = await entriesFrom(host.db, { embedder: embedder.id, position: backlog.position, limit: pageSize })
    const batch = backlog.next(page)
    if (batch.length === 0) return backlog.advance(page, page.length === pageSize)
    const vectors = await embedder.embed(batch.map(embeddedText), { timeoutMs: patienceMs, signal }).catch(() => null)
    if (signal.aborted) return false
    if (vectors === null) {
      backlog.failed(batch)
      return false
    }
    backlog.begun(batch)
    const made = batch.flatMap((entry, index) => (vectors[index] ? [{ entry, vector: encodeVector(vectors[index]) }] : []))
    for (const [companyId, rows] of Map.groupBy(made, ({ entry }) => entry.companyId)) {
      const stored = store(companyId, rows).finally(() => storing.delete(stored))
      storing.add(stored)
    }
    return true
  }

  async function store(companyId: string, made: readonly Made[]): Promise<void> {
    const entries = made.map(({ entry }) => entry)
    const vectors = made.map(({ entry: { id: entryId, version }, vector }) => ({ entryId, version, vector }))
    try {
      await executeAsEngine(host, 'knowledge.storeVectors', { companyId, embedder: embedder.id, vectors })
      backlog.done(entries)
    } catch (error) {
      backlog.failed(entries)
      logger.error('vectors of knowledge could not be kept', { companyId, error: String(error) })
    }
  }

  return {
    start() {
      forget = host.bus.on('knowledge.updated', () => loop.wake())
      loop.start()
    },
    async stop() {
      forget()
      await loop.stop()
      await Promise.all(storing)
    },
  }
}
