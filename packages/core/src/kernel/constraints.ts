import { instanceReplaced } from '../database/instance.ts'
import { companyArchived, EngineError, kernelErrors } from './errors.ts'
import { codeOf } from './failure.ts'

// One entry a cause, with the codes of better-sqlite3 and the SQLSTATEs of Postgres.
const unique = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'])
// A trigger of ours stands for a foreign key where SQLite can add none (database/migrations/company-link.ts).
const foreign = new Set(['SQLITE_CONSTRAINT_FOREIGNKEY', 'SQLITE_CONSTRAINT_TRIGGER', '23503'])
const check = new Set(['SQLITE_CONSTRAINT_CHECK', 'SQLITE_CONSTRAINT_NOTNULL', '23514', '23502'])
const notNull = new Set(['SQLITE_CONSTRAINT_NOTNULL', '23502'])
/** Values that Postgres cannot read as the type of their column; SQLite has no such types. */
const unreadable = new Set(['22P02', '22P05', '22003', '22007', '22008', '22021'])
const unknownOutcome = '08007'
const readOnly = ['SQLITE_READONLY', '25006']
const unavailable = [
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  '53',
  '57P',
  '25P03',
  '57014',
  '55P03',
  '58',
  '08',
  '40001',
  '40P01',
  'ECONN',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
]

/** What people call the things behind our unique keys. */
const uniqueKeys: Record<string, string> = {
  'companies.task_prefix': 'a company with this task prefix',
  companies_task_prefix_key: 'a company with this task prefix',
  'agents.name': 'an agent with this name in the company',
  agents_name_key: 'an agent with this name in the company',
  'labels.name_key': 'a label with this name in the company',
  labels_name_key: 'a label with this name in the company',
  'secrets.name_key': 'a secret with this name in the company',
  secrets_name_key: 'a secret with this name in the company',
  'routines.name_key': 'a routine with this name in the company',
  routines_name_key: 'a routine with this name in the company',
}

/** Does something with the database; what it refuses is thrown as an EngineError. */
export async function explained<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw explainDatabaseError(error)
  }
}

/** Turns a database's refusal into an EngineError; anything else comes back as it was. The one table of such codes. */
export function explainDatabaseError(error: unknown): unknown {
  if (EngineError.isInstance(error) || !(error instanceof Error)) return error
  const code = codeOf(error)
  const options = { cause: error }
  if (unique.has(code)) {
    const known = Object.entries(uniqueKeys).find(([key]) => error.message.includes(key))?.[1]
    return new EngineError(kernelErrors.already_exists, `There already is ${known ?? 'one like this'}.`, options)
  }
  if (foreign.has(code))
    return new EngineError(kernelErrors.rule_violated, 'It refers to something that does not exist in this company.', options)
  if (notNull.has(code) && /\bepoch\b/.test(error.message)) return instanceReplaced(error)
  if (notNull.has(code) && /events\.company_id|"company_id" of relation "events"/.test(error.message)) return companyArchived(error)
  if (unreadable.has(code))
    return new EngineError(kernelErrors.invalid_input, 'A value does not fit the field that it was given for.', options)
  if (code === unknownOutcome) {
    return new EngineError(
      kernelErrors.outcome_unknown,
      'The connection to the database broke while the change was being committed: it may have happened or not. Repeat the call with the same Idempotency-Key, or look.',
      options,
    )
  }
  if (check.has(code)) return new EngineError(kernelErrors.rule_violated, 'A rule of the database refused this value.', options)
  if (readOnly.some((prefix) => code.startsWith(prefix))) {
    return new EngineError(
      kernelErrors.unavailable,
      `The database can only be read (${code}). Nothing was changed; check who may write its file, or whether its server is a standby.`,
      options,
    )
  }
  if (unavailable.some((prefix) => code.startsWith(prefix))) {
    return new EngineError(
      kernelErrors.unavailable,
      `The database can not be written right now (${code}). Nothing was changed; try again.`,
      options,
    )
  }
  if (code === '' && /driver has already been destroyed|database is closed/.test(error.message)) {
    return engineStopped(error)
  }
  return error
}

/** What is said to whoever calls an engine that has let go of its database. */
export function engineStopped(cause?: unknown): EngineError {
  return new EngineError(kernelErrors.unavailable, 'This engine was stopped; nothing was changed.', { cause })
}
