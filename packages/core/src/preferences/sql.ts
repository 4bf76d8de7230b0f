import { sql } from 'kysely'

import { versionedChange, versionedDelete } from '../database/versioned.ts'
import { tableOf } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { rawStatement, statement } from '../database/statement.ts'
import { locatedRows } from '../kernel/located.ts'
import { levelsAtMost } from '../kernel/tree.ts'
import { mostPreferences, type PreferenceScope } from './schema.ts'
import type { Preferred } from './table.ts'

export const findPreference = rowById('preferences')

export const locatedPreferences = locatedRows(findPreference)

interface Owner {
  readonly companyId: string
  readonly scope: PreferenceScope
  readonly scopeId: string
}

/** All that one company, project, agent, task or person prefers. */
export const preferencesOf = statement((db, given: Owner) =>
  db
    .selectFrom('preferences')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('scope', '=', given.scope)
    .where('scope_id', '=', given.scopeId),
)

export const changePreference = versionedChange('preferences', 'preference')

export const deletePreference = versionedDelete('preferences', 'preference')

/** Whose preferences count; an empty text where there is nobody. */
export interface Asked {
  readonly companyId: string
  readonly taskId: string
  readonly projectId: string
  readonly agentId: string
  readonly userId: string
}

// Each part of the union goes into the index of its owner; the limit, which no owner reaches, keeps Postgres from reading all of
// them instead, since it takes every lineage for a long one. No task has the empty id: its walk ends before it begins.
/** All preferences that may count for somebody's work, in any order; `distance` says how far above the task its task is. */
export const preferencesFor = statement((db, given: Asked, family) => {
  const [preferences, tasks] = [tableOf(db, 'preferences'), tableOf(db, 'tasks')]
  const isPostgres = family === 'postgres'
  const taskId = isPostgres ? sql`nullif(${given.taskId}, '')::uuid` : sql`${given.taskId}`
  const columns = sql`p.key, p.value, p.scope, p.scope_id`
  const ofTask = sql`p.company_id = ${given.companyId} and p.scope = 'task' and p.scope_id = cast(lineage.id as text)`
  const ofLineage = isPostgres
    ? sql`lineage cross join lateral (select * from ${preferences} as p where ${ofTask} limit ${sql.lit(mostPreferences)}) as p`
    : sql`lineage cross join ${preferences} as p where ${ofTask}`
  const of = (scope: PreferenceScope, id: string) =>
    sql`select ${columns}, 0 as distance from ${preferences} as p
      where p.company_id = ${given.companyId} and p.scope = ${sql.lit(scope)} and p.scope_id = ${id}`
  return rawStatement<Preferred>(
    db,
    sql`with recursive lineage(id, parent_id, distance) as (
        select id, parent_id, 0 from ${tasks} where company_id = ${given.companyId} and id = ${taskId}
        union all
        select tasks.id, tasks.parent_id, lineage.distance + 1 from lineage cross join ${tasks} as tasks
          where tasks.company_id = ${given.companyId} and tasks.id = lineage.parent_id and lineage.distance < ${sql.lit(levelsAtMost)}
      )
      select ${columns}, lineage.distance from ${ofLineage}
      union all ${of('project', given.projectId)}
      union all ${of('agent', given.agentId)}
      union all ${of('user', given.userId)}
      union all ${of('company', given.companyId)}`,
  )
})
