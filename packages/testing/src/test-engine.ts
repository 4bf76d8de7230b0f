import { randomBytes } from 'node:crypto'

import { createEngine, localSecrets, type Engine, type EngineOptions, type EngineSettings } from '@engine/core'

import { memoryBlobs } from './memory-blobs.ts'
import { letPass, runUntilIdle, type IdleOptions } from './idle.ts'
import { scriptedAdapter, type ScriptedAdapter } from './scripted-adapter.ts'
import { watched, type TableWatch } from './watch/index.ts'

/** All options of an engine, of which a test needs to name its storage only. */
export interface TestEngineOptions extends Omit<EngineOptions, 'adapters'> {
  /** A new one when left out; engines on one database may share one. */
  readonly adapter?: ScriptedAdapter
  /** Whether the agent starts by itself what it is given; `auto` when left out. */
  readonly agentMode?: 'auto' | 'manual'
}

/** An engine with one company and one agent, to be used up by one test. */
export interface TestEngine {
  readonly engine: Engine
  /** What the agent does. */
  readonly adapter: ScriptedAdapter
  readonly companyId: string
  readonly agentId: string
  /** Starts the engine and lets it work until nothing is left to do but what waits for a person; moves a fake clock on as it goes. */
  runUntilIdle(options?: Pick<IdleOptions, 'withinMs'>): Promise<void>
  /** What the engine did to the tables of its storage; `engine.stop()` rejects when that breaks a promise. */
  readonly watch: TableWatch
}

/** Loops that a test need not wait for, and retries at once. */
const testSettings = {
  pollMs: 20,
  sweepMs: 20,
  retryBaseMs: 1,
  cooldownBaseMs: 1,
  stopGraceMs: 1_000,
} as const satisfies Partial<EngineSettings>

/** Opens an engine as tests want it, without a company. Nothing runs until `engine.start()`; `engine.stop()` moves a fake clock on as far as it needs. */
export async function openTestEngine(options: TestEngineOptions): Promise<Pick<TestEngine, 'engine' | 'adapter' | 'watch'>> {
  const { adapter = scriptedAdapter(), agentMode: _, storage, settings, ...others } = options
  const watchedStorage = watched(storage)
  const engine = await createEngine({
    checksOutputs: true,
    random: () => 0,
    blobs: memoryBlobs(),
    secrets: localSecrets({ key: randomBytes(32) }),
    ...others,
    storage: watchedStorage,
    adapters: [adapter],
    settings: { ...testSettings, ...settings },
  })
  const stop = () => letPass(engine.stop(), others.clock)
  return { engine: { ...engine, stop, [Symbol.asyncDispose]: stop }, adapter, watch: watchedStorage.watch }
}

/**
 * Opens an engine with one company, Acme, and one agent, Ada, who does what `adapter` says. Nothing runs until
 * `engine.start()`; the test stops the engine, which moves a fake clock on as far as live runs need to end.
 */
export async function createTestEngine(options: TestEngineOptions): Promise<TestEngine> {
  const opened = await openTestEngine(options)
  const company = await opened.engine.companies.create({ name: 'Acme' })
  const agent = await opened.engine.agents.create({
    companyId: company.id,
    name: 'Ada',
    role: 'writer',
    adapterType: opened.adapter.type,
    executionMode: options.agentMode ?? 'auto',
  })
  return {
    ...opened,
    companyId: company.id,
    agentId: agent.id,
    runUntilIdle: (given) => runUntilIdle(opened.engine, { clock: options.clock, ...given }),
  }
}
