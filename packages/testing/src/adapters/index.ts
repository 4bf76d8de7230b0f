// The complete public surface of @engine/testing/adapters, which needs vitest.
import { contract } from './contract.ts'
import { defineTests } from './define.ts'
import { events } from './events.ts'
import { callMeters, eventMeters } from './meters.ts'
import { report } from './report.ts'
import { runs } from './runs.ts'
import type { AdapterToTest } from './scenes.ts'
import { stops } from './stops.ts'

export type { AdapterToTest, FloodScene, Scene, Scenes } from './scenes.ts'

/**
 * Defines the tests that every adapter of Engine passes, for vitest to run: what `ports/adapter.ts` asks of it. A scene is an agent
 * that will do one certain thing; see docs/adapter-authors.md.
 *
 * @example testAgentAdapter({ name: 'mine', create: () => mine(), leastConfig: {}, scenes: { works, fails, hangs } })
 */
export function testAgentAdapter(target: AdapterToTest): void {
  const meters = target.create().metering === 'call' ? callMeters : eventMeters
  defineTests({ contract, runs, meters, stops, events, report }, target)
}
