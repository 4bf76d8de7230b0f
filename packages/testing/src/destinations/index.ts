// The complete public surface of @engine/testing/destinations, which needs vitest.
import { contract } from './contract.ts'
import { defineTests } from './define.ts'
import { delivers } from './delivers.ts'
import { fails } from './fails.ts'
import type { DestinationToTest } from './receiver.ts'
import { report } from './report.ts'

export type { Answering, DestinationToTest, Received, Receiver } from './receiver.ts'

const groups = { contract, delivers, fails, report }

/**
 * Defines the tests that every destination of Engine passes, for vitest to run: what `ports/destination.ts` asks of it. The receiver
 * is the other side, on this machine; see docs/destinations.md.
 *
 * @example testDestination({ name: 'mine', create: () => mine(), leastConfig: {}, receiver: async () => startReceiver() })
 */
export function testDestination(target: DestinationToTest): void {
  defineTests(groups, target)
}
