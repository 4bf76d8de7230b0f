// pnpm faults --only fence
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { startPostgres } from '../../support/postgres.ts'
import { describeMachine } from '../support/machine.ts'
import { runFaults } from './run-faults.ts'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const server = await startPostgres()
try {
  const results = await runFaults({
    postgresUrl: server.url,
    only: values.only,
    onResult: ({ name, verdict, caughtBy, seconds }) => console.log(`${verdict.padEnd(8)} ${name} (${caughtBy}, ${seconds} s)`),
  })
  const caught = results.filter(({ verdict }) => verdict === 'caught').length
  console.log(`${caught}/${results.length} caught`)
  if (caught < results.length) process.exitCode = 1
  if (values.only === '') {
    const folder = join(import.meta.dirname, '../out')
    mkdirSync(folder, { recursive: true })
    const machine = await describeMachine(server.url)
    writeFileSync(join(folder, 'faults.json'), `${JSON.stringify({ ...machine, at: new Date().toISOString(), results }, null, 2)}\n`)
  }
} finally {
  await server.stop()
}
