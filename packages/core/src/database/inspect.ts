import type { AuditVerification } from '../audit/schema.ts'
import { verifyCompanies } from '../audit/verify-companies.ts'
import { explained } from '../kernel/constraints.ts'
import { createAdapterCatalog } from '../kernel/adapters.ts'
import type { AgentAdapter } from '../ports/adapter.ts'
import type { Anchor } from '../ports/anchor.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import type { Storage } from '../ports/storage.ts'
import { findUncapped, type UncappedAgents } from '../verification/caps.ts'
import { countUnopened } from '../verification/sealed.ts'
import { verify, type OnCheck, type VerificationReport } from '../verification/verify.ts'
import { backUp } from './backup.ts'
import { readFacts, type DatabaseFacts } from './facts.ts'
import { hasTable, readHistory } from './history.ts'
import { migrations } from './migrations/index.ts'
import { openDatabase } from './open.ts'

/** A database seen from outside: nothing here migrates it, begins an epoch or changes a row. */
export interface Inspection extends AsyncDisposable {
  facts(): Promise<DatabaseFacts>
  /** As `Engine.backup`; also for a database of another version, such as before an upgrade. */
  backup(path: string): Promise<void>
  /**
   * As `Engine.verify`. `onCheck` is told how many of all checks are done, before each.
   * @throws `schema_older`, `schema_newer`, `schema_edited`, `schema_missing`
   */
  verify(options?: { readonly onCheck?: OnCheck }): Promise<VerificationReport>
  /**
   * As `engine.audit.verify`, of one company or of all that the database has or the anchors name.
   * @throws as `verify`, and `not_found` for a company that neither of them knows
   */
  verifyAudit(options?: { companyId?: string; anchors?: readonly Anchor[] }): Promise<readonly AuditVerification[]>
  /**
   * Agents of these adapters that start nothing, since they have no cap where a hard limit of money is or may be over their runs.
   * @throws as `verify`
   */
  agentsWithoutCap(adapters: readonly AgentAdapter[]): Promise<UncappedAgents>
  /**
   * How many values lie here sealed that a store does not open, such as those of secrets; all of them for null. Also for a database of
   * another version, such as one that was just restored.
   */
  sealedAgainst(secrets: SecretStore | null): Promise<number>
  /** Closes the connection; `await using` does it too. */
  close(): Promise<void>
}

/**
 * Opens a database to look at it, whether or not an engine is running on it.
 * @throws with one line when it cannot be opened
 */
export async function inspectDatabase(storage: Storage): Promise<Inspection> {
  const { schema } = storage
  const session = storage.open('reading')
  const db = openDatabase(storage, session.dialect)
  const history = await readHistory(db, { schema, migrations }).catch(async (error: unknown) => {
    await db.destroy()
    throw error
  })
  const close = () => db.destroy()
  return {
    facts: () => explained(() => readFacts(db, { session, schema, history })),
    async backup(path) {
      // A database of another version has it too; without it there is no way to mark the copy.
      if (session.file && history.problem && !(await hasTable(db, { schema, table: 'engine_identity' }))) throw history.problem
      await backUp(db, { storage, session, path })
    },
    async verify({ onCheck } = {}) {
      if (history.problem) throw history.problem
      return explained(() => verify({ db, file: session.file ?? null, overdueMs: null, now: new Date().toISOString() }, onCheck))
    },
    async verifyAudit(options = {}) {
      if (history.problem) throw history.problem
      return explained(() => verifyCompanies(db, options))
    },
    async agentsWithoutCap(adapters) {
      if (history.problem) throw history.problem
      return explained(() => findUncapped(db, createAdapterCatalog(adapters)))
    },
    async sealedAgainst(secrets) {
      const isThere = await hasTable(db, { schema, table: 'routine_triggers' })
      return isThere ? explained(() => countUnopened(db, secrets)) : 0
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
