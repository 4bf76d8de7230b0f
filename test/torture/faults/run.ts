// pnpm faults --only fence
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { startPostgres } from '../../support/postgres.ts'
import { describeMachine } from '../support/machine.ts'
import { runFaults, type FaultResult } from './run-faults.ts'

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
  const folder = join(import.meta.dirname, '../out')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'faults.json')
  // Trying some again takes their place among all.
  const before =
    values.only !== '' && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { results: FaultResult[] }).results : []
  const isNew = ({ name }: FaultResult) => results.some((result) => result.name === name)
  const all = [...before.filter((result) => !isNew(result)), ...results]
  const machine = await describeMachine(server.url)
  writeFileSync(file, `${JSON.stringify({ ...machine, at: new Date().toISOString(), results: all }, null, 2)}\n`)
} finally {
  await server.stop()
}
