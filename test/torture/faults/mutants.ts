import type { Mutant } from './mutant.ts'
import { batches } from './mutants/batches.ts'
import { doorFaults } from './mutants/doors.ts'
import { interactionFaults } from './mutants/interactions.ts'
import { knowledgeFaults } from './mutants/knowledge.ts'
import { decisionFaults } from './mutants/decisions.ts'
import { failureFaults } from './mutants/failures.ts'
import { commands } from './mutants/commands.ts'
import { ledgerFaults } from './mutants/ledger.ts'
import { pluginFaults } from './mutants/plugins.ts'
import { priceFaults } from './mutants/prices.ts'
import { programTools } from './mutants/program-tools.ts'
import { sealing } from './mutants/sealing.ts'
import { secretFaults } from './mutants/secrets.ts'
import { outwardFaults } from './mutants/outward.ts'
import { ownership } from './mutants/ownership.ts'
import { storages } from './mutants/storages.ts'

/** Faults that a reader could overlook, each with the test that does not. */
export const mutants: readonly Mutant[] = [
  ...ownership,
  ...commands,
  ...storages,
  ...batches,
  ...interactionFaults,
  ...sealing,
  ...secretFaults,
  ...knowledgeFaults,
  ...failureFaults,
  ...priceFaults,
  ...ledgerFaults,
  ...outwardFaults,
  ...decisionFaults,
  ...programTools,
  ...pluginFaults,
  ...doorFaults,
]
