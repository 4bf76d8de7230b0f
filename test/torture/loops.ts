import { httpBodies } from './bodies/http.ts'
import { mcpBodies } from './bodies/mcp.ts'
import { clocks } from './clocks.ts'
import { decisions } from './decisions/index.ts'
import { deliveries } from './deliveries/index.ts'
import { starts } from './starts.ts'
import { diskFull } from './disk-full.ts'
import { postmaster } from './postmaster.ts'
import { proxyFaults } from './proxy-faults.ts'
import { kills } from './kills/index.ts'
import { zombies } from './zombies.ts'
import { histories } from './histories.ts'
import { ledgerCrowds } from './ledger/crowds.ts'
import { ledgerHistories } from './ledger/histories.ts'
import { idempotency } from './idempotency.ts'
import { tampers } from './tampers/index.ts'
import type { Loop } from './loop.ts'

export const loops: readonly Loop[] = [
  histories,
  zombies,
  kills,
  postmaster,
  proxyFaults,
  diskFull,
  idempotency,
  clocks,
  starts,
  tampers,
  deliveries,
  decisions,
  ledgerHistories,
  ledgerCrowds,
  httpBodies,
  mcpBodies,
]
