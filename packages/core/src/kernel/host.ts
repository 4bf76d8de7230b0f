import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { PriceBook } from '../ports/prices.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { AdapterCatalog } from './adapters.ts'
import type { Batcher } from './batch.ts'
import type { CompanyTurns } from './company-turns.ts'
import type { GuardedEmbedder } from './embedding.ts'
import type { DestinationCatalog } from './destinations.ts'
import type { EventBus } from './events.ts'
import type { Guards } from './guard.ts'
import type { Line } from './line.ts'
import type { PluginCatalog } from './plugins.ts'
import type { RunRedaction } from './redacted-log.ts'
import type { Registry } from './registry.ts'
import type { EngineSettings } from './settings.ts'
import type { Tracing } from './tracing.ts'
import type { Vitals } from './vitals.ts'

/** Steps: `begun` and `handled` and `recorded` inside the transaction, `committed` after it, before anybody is told. */
export type Probe = (step: string) => void | Promise<void>

/** What the kernel runs on: one per engine. */
export interface Host {
  readonly db: Kysely<Database>
  readonly registry: Registry
  readonly bus: EventBus
  readonly clock: Clock
  readonly adapters: AdapterCatalog
  readonly destinations: DestinationCatalog
  readonly plugins: PluginCatalog
  readonly guards: Guards
  readonly blobs: BlobStore
  readonly secrets: SecretStore
  /** What blots out the secrets of the runs that this process executes, and of those that it gave to nodes, by run id; none for a run that was given no secrets. */
  readonly redactors: Map<string, RunRedaction>
  /** Null when this engine was created without one, and inside a transaction of its host. */
  readonly embedder: GuardedEmbedder | null
  /** Null when this engine was created without one. */
  readonly prices: PriceBook | null
  readonly settings: EngineSettings
  /** Holds every answer to its schema; for tests, since a wrong answer is our defect and never the caller's. */
  readonly checksOutputs: boolean
  /** Which life of the database this process opened; events of another life are refused (PROMISES P24). */
  readonly epoch: number
  readonly batcher: Batcher
  readonly turns: CompanyTurns
  /** In which the loops look for what is due: all at once would have a connection each, and everything to prepare and plan on it. */
  readonly looks: Line
  readonly tracing: Tracing
  /** How the loops of this engine are. */
  readonly vitals: Vitals
  /** Told each step of a command by name, `tasks.checkout.recorded`; for tests that crash or wait at one. */
  readonly probe?: Probe | undefined
  newId(): string
  random(): number
}
