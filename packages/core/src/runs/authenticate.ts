import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { RunActor } from '../kernel/actor.ts'
import { hashCredential, isRunCredential } from './credential.ts'
import { findRunByCredential } from './sql.ts'

/** Finds the run of a credential. Whether it still may act is decided by its lease, in each call. */
export async function authenticateRun(db: Kysely<Database>, credential: string): Promise<RunActor | null> {
  if (!isRunCredential(credential)) return null
  const run = await findRunByCredential(db, hashCredential(credential))
  if (!run) return null
  return { kind: 'run', id: run.id, companyId: run.company_id, agentId: run.agent_id, taskId: run.task_id, fence: run.fence ?? -1 }
}
