import Database from 'better-sqlite3'
import { z } from 'zod'

import { createEngine, type AgentAdapter, type Engine, type UserActor } from '@engine/core'
import { ADAPTER_SPEC, type AdapterTurn, type RunOutcome, type Storage } from '@engine/core/plugin'

import { newStorage } from './storages.ts'

export const board: UserActor = { kind: 'user', id: 'board', roles: { '*': 'owner' } }

export type Script = (turn: AdapterTurn) => Promise<RunOutcome>

/** An adapter that does what a test tells it; agents without a script are done at once. */
export function scriptedAdapter(): AgentAdapter & { script: Script } {
  const adapter: AgentAdapter & { script: Script } = {
    spec: ADAPTER_SPEC,
    type: 'scripted',
    title: 'Does what the test says',
    metering: 'final',
    configSchema: z.strictObject({}),
    script: async () => ({ kind: 'done' }),
    start: async () => ({ run: (turn) => adapter.script(turn) }),
  }
  return adapter
}

export interface World {
  readonly engine: Engine
  readonly adapter: ReturnType<typeof scriptedAdapter>
  readonly companyId: string
  readonly agentId: string
}

type Settings = NonNullable<Parameters<typeof createEngine>[0]['settings']>

/** An engine with one company and one agent; nothing runs until the test starts it. */
export async function createWorld(options: { storage?: Storage; settings?: Settings; agentMode?: 'auto' | 'manual' } = {}): Promise<World> {
  const adapter = scriptedAdapter()
  const engine = await createEngine({
    storage: options.storage ?? (await newStorage()),
    adapters: [adapter],
    checksOutputs: true,
    random: () => 0,
    settings: { pollMs: 20, sweepMs: 20, retryBaseMs: 1, stopGraceMs: 1_000, ...options.settings },
  })
  const company = await engine.companies.create({ name: 'Acme' })
  const agent = await engine.agents.create({
    companyId: company.id,
    name: 'Ada',
    role: 'writer',
    adapterType: 'scripted',
    executionMode: options.agentMode ?? 'auto',
  })
  return { engine, adapter, companyId: company.id, agentId: agent.id }
}

/** Waits until a condition holds; fails with what was seen last. */
export async function until<Seen>(look: () => Promise<Seen> | Seen, holds: (seen: Seen) => boolean, timeoutMs = 10_000): Promise<Seen> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (Date.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms; last seen: ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The code and details of the error that a call ends with. */
export async function errorOf(
  call: Promise<unknown>,
): Promise<{ code: string; kind: string; message: string; details: Record<string, unknown> }> {
  try {
    await call
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'kind' in error && 'details' in error) {
      return {
        code: String(error.code),
        kind: String(error.kind),
        message: error.message,
        details: error.details as Record<string, unknown>,
      }
    }
    throw error
  }
  throw new Error('the call succeeded')
}

/** Every row of a database file, as one text: equal before and after means that nothing changed. */
export function dump(file: string): string {
  const db = new Database(file, { readonly: true })
  try {
    const tables = db.prepare(`select name from sqlite_master where type = 'table' order by name`).pluck().all() as string[]
    return JSON.stringify(tables.map((table) => [table, db.prepare(`select * from "${table}" order by 1, 2`).all()]))
  } finally {
    db.close()
  }
}
