import type { Engine } from '@engine/core'

import type { PgCheckoutTwin } from '../baseline/checkout-postgres.ts'
import { callersVariant, prepared } from './callers.ts'
import type { Variant } from './measure.ts'
import { openClient, readEpoch, type BenchServer, type PgSeed } from './pg.ts'

interface PgVariantOptions {
  readonly name: string
  readonly seed: PgSeed
  /** As many callers. */
  readonly connections: number
  readonly server: BenchServer
}

/** Checkouts by an engine that was opened with as many connections as there are callers. */
export function engineOnPostgres(engine: Engine, { name, seed, connections, server }: PgVariantOptions): Variant {
  const call = (operation: number) => engine.tasks.checkout(prepared(seed.tasks, operation))
  return callersVariant({ name, callers: connections, call, serverCpuUs: server.cpuUs })
}

interface TwinOptions extends PgVariantOptions {
  readonly url: string
  readonly create: (epoch: number) => PgCheckoutTwin
  /** Told of each checkout. */
  readonly onDone?: () => void
}

/** Checkouts by a raw twin, each caller on a connection of its own. */
export async function openTwin(options: TwinOptions): Promise<{ variant: Variant; close: () => Promise<void> }> {
  const { name, url, seed, connections, server, create, onDone } = options
  const clients = await Promise.all(Array.from({ length: connections }, () => openClient(url)))
  const twin = create(await readEpoch(prepared(clients, 0)))
  const call = async (operation: number, caller: number) => {
    await twin.checkout(prepared(clients, caller), { companyId: seed.companyId, ...prepared(seed.tasks, operation) })
    onDone?.()
  }
  return {
    variant: callersVariant({ name, callers: connections, call, serverCpuUs: server.cpuUs }),
    close: async () => void (await Promise.all(clients.map((client) => client.end()))),
  }
}
