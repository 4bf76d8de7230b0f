import { systemClock } from '@engine/core/plugin'
import { onTestFinished } from 'vitest'

import { createWorld, type World } from './engine.ts'
import { newStorage } from './storages.ts'

interface TimedWorld extends World {
  /** How far its clock is ahead, milliseconds. */
  readonly time: { aheadMs: number }
}

/** A world whose time passes when its test says so, and whose agent works only when it is told to; it ends with the test. */
export async function createTimedWorld(family: 'sqlite' | 'postgres' = 'sqlite'): Promise<TimedWorld> {
  const time = { aheadMs: 0 }
  const clock = { ...systemClock, now: () => systemClock.now() + time.aheadMs }
  const world = await createWorld({ storage: await newStorage(family), agentMode: 'manual', clock })
  onTestFinished(() => world.engine.stop())
  return { ...world, time }
}
