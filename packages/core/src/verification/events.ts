import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import type { EntityName } from '../kernel/locate.ts'
import { inRanges, type Range, type View, type Violation } from './check.ts'

/** Tables whose rows have a version, and what the log calls each of them. */
const entities = {
  companies: 'company',
  members: 'member',
  invites: 'invite',
  keys: 'key',
  goals: 'goal',
  projects: 'project',
  sprints: 'sprint',
  labels: 'label',
  agents: 'agent',
  tasks: 'task',
  routing_rules: 'routingRule',
  routes: 'route',
  routines: 'routine',
  routine_triggers: 'trigger',
  runs: 'run',
  documents: 'document',
  attachments: 'attachment',
  deliverables: 'deliverable',
  approvals: 'approval',
  knowledge_entries: 'knowledgeEntry',
  plugins: 'plugin',
  preferences: 'preference',
  prices: 'price',
  secrets: 'secret',
  interactions: 'interaction',
  breakers: 'breaker',
  budgets: 'budget',
  budget_incidents: 'budgetIncident',
} as const satisfies Partial<Record<keyof Database, EntityName>>
type Versioned = keyof typeof entities

// Object.keys forgets literal keys; `entities` has just those.
const versioned = Object.keys(entities) as Versioned[]

/** Rows that may be ahead of their events: a queued run that was only ranked anew, a version that was only found to be revised. */
const unrecorded: Partial<Record<Versioned, string>> = { runs: 'queued', deliverables: 'revised' }

interface Found {
  readonly company_id: string
  readonly id: string
}

/** In the log, an entity's version never falls: a later event never tells of an earlier state (P11). */
export async function* versionsGrowWithEvents({ db }: View): AsyncGenerator<Violation> {
  for (const table of versioned) {
    for await (const row of inRanges(db, table, (range) => findFalls(db, { table, range }))) {
      const problem = `event ${row.seq} tells of version ${row.entity_version}, one before it of ${row.earlier}`
      yield { companyId: row.company_id, entity: entities[table], id: row.id, problem }
    }
  }
}

interface Fall extends Found {
  readonly seq: number
  readonly entity_version: number
  readonly earlier: number
}

async function findFalls(db: Kysely<Database>, { table, range }: { table: Versioned; range: Range }): Promise<readonly Fall[]> {
  const { rows } = await sql<Fall>`
    select company_id, id, seq, entity_version, earlier from (
      select events.company_id, entity.id, events.seq, events.entity_version,
        lag(events.entity_version) over (partition by events.company_id, events.entity_id order by events.seq) as earlier
      from ${tableOf(db, table)} as entity
      inner join ${tableOf(db, 'events')} as events on events.company_id = ${companyOf(table)} and events.entity_id = entity.id
      where entity.id > ${range.above} and entity.id <= ${range.upTo}
    ) as told where earlier > entity_version`.execute(db)
  return rows
}

/** A row is at the version of its newest event: nothing was changed without saying so (P11). */
export async function* rowsAreAtTheirNewestEvent({ db }: View): AsyncGenerator<Violation> {
  for (const table of versioned) {
    for await (const row of inRanges(db, table, (range) => findStrays(db, { table, range }))) {
      const told = row.told === null ? 'no event tells of it' : `its newest event tells of version ${row.told}`
      yield { companyId: row.company_id, entity: entities[table], id: row.id, problem: `is at version ${row.version}, but ${told}` }
    }
  }
}

interface Stray extends Found {
  readonly version: number
  readonly told: number | null
}

async function findStrays(db: Kysely<Database>, { table, range }: { table: Versioned; range: Range }): Promise<readonly Stray[]> {
  const { rows } = await sql<Stray>`
    select company_id, id, version, told from (
      select ${companyOf(table)} as company_id, entity.id, entity.version, ${unrecorded[table] ? sql.ref('entity.status') : sql.lit('')} as status,
        (select max(events.entity_version) from ${tableOf(db, 'events')} as events
          where events.company_id = ${companyOf(table)} and events.entity_id = entity.id) as told
      from ${tableOf(db, table)} as entity
      where entity.id > ${range.above} and entity.id <= ${range.upTo}
    ) as compared
    where told is null or version < told or (version > told and status <> ${sql.lit(unrecorded[table] ?? 'never')})`.execute(db)
  return rows
}

function companyOf(table: Versioned) {
  return sql.ref(table === 'companies' ? 'entity.id' : 'entity.company_id')
}
