// A process that is forked to do nothing: an engine that has been at work and waits. Its arguments are where its database is. It says when
// it is measured and when that is over.
import { setTimeout as sleep } from 'node:timers/promises'

import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { benchAdapter } from './adapter.ts'
import type { IdleMessage } from './idle.ts'
import { untilSucceeded } from './units.ts'

const connections = 10
const tasks = 50
/** Two turns of the slowest loop: what it costs counts as often as it happens, and by the first two its statements are prepared. */
const turnsMs = 10_000

const [family, place = ''] = process.argv.slice(2)
const storage = family === 'sqlite' ? sqlite(place) : postgres(place, { maxConnections: connections })
const engine = await createEngine({ storage, adapters: [benchAdapter] })
const { id: companyId } = await engine.companies.create({ name: 'Bench' })
const { id: assigneeAgentId } = await engine.agents.create({ companyId, name: 'Agent', role: 'bench', adapterType: benchAdapter.type })
await engine.start()
await untilSucceeded(engine, {
  runs: tasks,
  start: async () => {
    for (let made = 0; made < tasks; made += 1) await engine.tasks.create({ companyId, title: 'A task', assigneeAgentId })
  },
})
await sleep(turnsMs)
say({ kind: 'begin' })
const before = process.cpuUsage()
await sleep(turnsMs)
const { user, system } = process.cpuUsage(before)
say({ kind: 'end', seconds: turnsMs / 1_000, cpuUs: user + system })
await engine.stop()
process.disconnect()

function say(message: IdleMessage): void {
  process.send?.(message)
}
