import { parseArgs } from 'node:util'

import { benchCheckout } from './checkout.ts'
import { describeMachine } from './lib/measure.ts'
import { hasFailed, machineText, printReport, writeReport, type Report } from './lib/report.ts'
import { outFolder, withFolder } from './lib/sqlite.ts'
import { benchStartup } from './startup.ts'

const benches: Record<string, (given: { rounds: number; ms: number }) => Promise<Report>> = {
  checkout: benchCheckout,
  startup: benchStartup,
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, rounds: { type: 'string', default: '7' }, ms: { type: 'string', default: '300' } },
})
const chosen = values.only === undefined ? Object.keys(benches) : values.only.split(',')
const [rounds, ms] = [Number(values.rounds), Number(values.ms)]
if (!(rounds >= 1 && ms >= 1)) throw new Error('--rounds and --ms take a number of at least 1')

const machine = await withFolder(async (folder) => describeMachine(folder))
console.log(machineText(machine))
for (const name of chosen) {
  const bench = benches[name]
  if (!bench) throw new Error(`there is no bench "${name}"; there are ${Object.keys(benches).join(', ')}`)
  const report = await bench({ rounds, ms })
  printReport(report, machine)
  writeReport(report, { machine, name, folder: outFolder })
  if (hasFailed(report)) process.exitCode = 1
}
