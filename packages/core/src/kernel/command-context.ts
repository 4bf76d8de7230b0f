import type { Transaction } from 'kysely'
import type { z } from 'zod'

import type { Database } from '../database/tables.ts'
import type { Clock } from '../ports/clock.ts'
import type { PriceBook } from '../ports/prices.ts'
import type { Actor } from './actor.ts'
import type { AdapterCatalog } from './adapters.ts'
import type { Caller } from './call.ts'
import type { DestinationCatalog } from './destinations.ts'
import type { Emit } from './events.ts'
import type { PluginCatalog } from './plugins.ts'
import type { EngineSettings } from './settings.ts'

/** What a command's handler may use: one open transaction and who is acting, nothing that does I/O outside it. */
export interface CommandContext {
  readonly tx: Transaction<Database>
  readonly actor: Actor
  readonly companyId: string
  readonly caller: Caller
  /** Time of the command: ISO-8601 UTC with milliseconds. */
  readonly now: string
  readonly clock: Clock
  newId(): string
  /** A number in [0, 1). */
  random(): number
  /** Records an event of this command; written in the same transaction, published after the commit. */
  readonly emit: Emit
  /** Says that a lease of this agent began or ended; counted with its row when the command is done. */
  countLiveRun(agentId: string, change: 1 | -1): void
  /** Says that a budget is used up; work in its scope is stopped when the command is done, in the same transaction. */
  limitReached(budgetId: string): void
  /**
   * Makes sure that nobody else works in the company until the command is over. A command that locks rows begins anew for it, so
   * it is for what is rare.
   */
  takeCompany(): Promise<void>
  /** Says that this call changed nothing on purpose (a repeat of what already holds), so it records no event. */
  unchanged(): void
  readonly adapters: AdapterCatalog
  readonly destinations: DestinationCatalog
  readonly plugins: PluginCatalog
  /** The schema of each type of event. */
  readonly eventTypes: Readonly<Record<string, z.ZodType>>
  /** What the host says that models cost; null when it says nothing. */
  readonly prices: PriceBook | null
  readonly settings: EngineSettings
}
