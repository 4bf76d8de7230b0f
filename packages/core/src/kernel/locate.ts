import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'

export type EntityName =
  | 'company'
  | 'member'
  | 'invite'
  | 'invitation'
  | 'key'
  | 'goal'
  | 'project'
  | 'sprint'
  | 'label'
  | 'agent'
  | 'task'
  | 'run'
  | 'comment'
  | 'document'
  | 'attachment'
  | 'deliverable'
  | 'approval'
  | 'routingRule'
  | 'interaction'
  | 'secret'
  | 'knowledgeEntry'
  | 'route'
  | 'delivery'
  | 'routine'
  | 'trigger'
  | 'plugin'
  | 'preference'
  | 'price'
  | 'breaker'
  | 'costEvent'
  | 'budget'
  | 'budgetIncident'

/** Where a thing belongs: what authorization needs to know before anything is read or changed. */
export interface Location {
  readonly id: string
  readonly companyId: string
  /** The task it is part of, when it is. */
  readonly taskId: string | null
  /** The agent that it belongs to, when it does. */
  readonly agentId: string | null
}

/** Finds a thing by what the caller wrote (an id, or a task's identifier); null when there is none. */
export type Locate = (db: Kysely<Database>, reference: string) => Promise<Location | null>
