import { parseArgs } from 'node:util'

import { benchCheckout } from './checkout.ts'
import { benchCheckoutPostgres } from './checkout-postgres.ts'
import { benchClaims } from './claims.ts'
import { benchContention } from './contention.ts'
import { benchCosts } from './costs.ts'
import { benchCreate } from './create.ts'
import { benchDelivery } from './delivery.ts'
import { benchHolds } from './holds.ts'
import { benchHttp } from './http.ts'
import { benchKnowledge } from './knowledge.ts'
import { describeMachine, type BenchOptions } from './lib/measure.ts'
import { benchOutbox } from './outbox.ts'
import { hasFailed, machineText, printReport, writeReport, type Report } from './lib/report.ts'
import { outFolder, withFolder } from './lib/sqlite.ts'
import { benchScale } from './scale.ts'
import { benchStartup } from './startup.ts'
import { benchWake } from './wake.ts'

const benches: Record<string, (options: BenchOptions) => Promise<Report>> = {
  checkout: benchCheckout,
  'checkout-postgres': benchCheckoutPostgres,
  create: benchCreate,
  claims: benchClaims,
  wake: benchWake,
  scale: benchScale,
  knowledge: benchKnowledge,
  delivery: benchDelivery,
  outbox: benchOutbox,
  costs: benchCosts,
  holds: benchHolds,
  contention: benchContention,
  http: benchHttp,
  startup: benchStartup,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    ms: { type: 'string', default: '300' },
    large: { type: 'boolean', default: false },
  },
})
const chosen = values.only === undefined ? Object.keys(benches) : values.only.split(',')
const options = { rounds: Number(values.rounds), ms: Number(values.ms), isLarge: values.large }
if (!(options.rounds >= 1 && options.ms >= 1)) throw new Error('--rounds and --ms take a number of at least 1')

const machine = await withFolder(async (folder) => describeMachine(folder))
console.log(machineText(machine))
for (const name of chosen) {
  const bench = benches[name]
  if (!bench) throw new Error(`there is no bench "${name}"; there are ${Object.keys(benches).join(', ')}`)
  const report = await bench(options)
  printReport(report, machine)
  writeReport(report, { machine, name, folder: outFolder })
  if (hasFailed(report)) process.exitCode = 1
}
