// The complete public surface of @engine/testing/conformance, which needs vitest.
import { batches } from './batches.ts'
import { blockers } from './blockers.ts'
import { checkout } from './checkout.ts'
import { counters } from './counters.ts'
import { events } from './events.ts'
import { idempotency } from './idempotency.ts'
import { inputs } from './inputs.ts'
import { isolation } from './isolation.ts'
import { defineGroups, type StorageToTest } from './kit.ts'
import { leases } from './leases.ts'
import { migrations } from './migrations.ts'
import { runs } from './runs.ts'
import { severalEngines } from './several-engines.ts'
import { transactions } from './transactions.ts'
import { values } from './values.ts'

export type { StorageToTest, StorageUnderTest } from './kit.ts'

const groups = [
  values,
  transactions,
  migrations,
  checkout,
  leases,
  blockers,
  runs,
  idempotency,
  events,
  isolation,
  inputs,
  batches,
  counters,
  severalEngines,
]

/**
 * Defines the tests that every storage of Engine passes, for vitest to run: what `ports/storage.ts` asks of a driver, and
 * that Engine keeps its promises on it. See docs/storage-authors.md.
 *
 * @example testStorage({ name: 'my storage', create: async () => ({ storage: mine(), dispose: async () => undefined }) })
 */
export function testStorage(target: StorageToTest): void {
  defineGroups(groups, target)
}
