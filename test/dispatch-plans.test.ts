import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

import { openClient } from '../bench/lib/pg.ts'
import { explainSqlite, planProblems } from '../bench/lib/plans.ts'
import { recordStatements, type Sent } from '../bench/lib/record-statements.ts'
import { openRaw } from '../bench/lib/sqlite.ts'
import { unhurried } from '../bench/lib/units.ts'
import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase } from './support/storages.ts'

const idleAgents = 2_000

/** Statements of a dispatcher that looks for work among many agents, for two of whom there is some, and that look alone. */
async function recordLook(where: string, addIdle: (agentId: string) => Promise<void>) {
  const recording = recordStatements(where.startsWith('postgres:') ? postgres(where) : sqlite(where))
  const adapter = scriptedAdapter()
  adapter.script = async () => ({ kind: 'done' })
  const engine = await createEngine({ storage: recording.storage, adapters: [adapter], settings: { ...unhurried, maxConcurrentRuns: 1 } })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const hire = (name: string) => engine.agents.create({ companyId, name, role: 'writer', adapterType: adapter.type })
  const agents = [await hire('Ada'), await hire('Bob')]
  await addIdle(agents[0]?.id ?? '')
  for (const { id } of agents) {
    for (const title of ['One', 'Two']) await engine.tasks.create({ companyId, title, assigneeAgentId: id })
  }
  const sent = await recording.during(async () => {
    await engine.start()
    await until(
      async () => (await engine.tasks.list({ companyId, status: 'done' })).items.length,
      (done) => done === 4,
      20_000,
    )
  })
  return lookOf(sent)
}

function lookOf(sent: Sent) {
  const look = sent.statements.find(({ sql }) => sql.includes('"queues"'))
  if (!look) throw new Error('the dispatcher did not look for work')
  return look
}

describe('a look for work among thousands of agents who have nothing to do', () => {
  it('visits on SQLite only those for whom something is queued', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const look = await recordLook(file, async (agentId) => {
      const database = openRaw(file)
      const columns = (database.pragma('table_info(agents)') as { name: string }[]).map(({ name }) => name)
      const values = columns.map((name) => (name === 'id' || name === 'name' ? `'idle ' || n` : name))
      database
        .prepare(
          `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${idleAgents})
           insert into agents (${columns.join()}) select ${values.join()} from agents, numbers where id = ?`,
        )
        .run(agentId)
      database.exec('analyze')
      database.close()
    })
    const database = openRaw(file)
    onTestFinished(() => void database.close())
    const explained = await explainSqlite(database)([look])
    expect(planProblems(explained, { scan: ['agents', 'runs', 'tasks'], walk: ['agents', 'tasks'] })).toEqual([])
    const steps = explained.flatMap(({ plans }) => plans.flat())
    // Each agent with a queue, and the one of a run that somebody else began.
    expect(steps.filter(({ tables }) => tables.includes('agents')).map(({ kind }) => kind)).toEqual(['search', 'search'])
    // From one agent to the next of its company, and not from the company's first again.
    expect(steps.map(({ text }) => text)).toContainEqual(expect.stringContaining('(company_id=? AND agent_id>?)'))
  })

  it('visits on Postgres only those for whom something is queued', async () => {
    const url = await newDatabase('postgres')
    const client = await openClient(url)
    onTestFinished(() => client.end())
    const look = await recordLook(url, async (agentId) => {
      await client.query(
        `insert into engine.agents select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'name', 'idle ' || n))).*
         from engine.agents a, generate_series(1, ${idleAgents}) n where a.id = $1`,
        [agentId],
      )
      await client.query('analyze')
    })
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`explain (analyze, format json) ${look.sql}`, [
      ...look.parameters,
    ])
    const reads = nodesOf(rows[0]?.['QUERY PLAN'][0].Plan).filter((node) => node['Relation Name'] === 'agents')
    expect(reads.length).toBeGreaterThan(0)
    for (const read of reads) {
      const visited = (read['Actual Rows'] + (read['Rows Removed by Filter'] ?? 0)) * read['Actual Loops']
      expect(visited).toBeLessThan(10)
    }
  })
})

interface Node {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Node[]
}

function nodesOf(node: Node | undefined): Node[] {
  return node ? [node, ...(node.Plans ?? []).flatMap(nodesOf)] : []
}
