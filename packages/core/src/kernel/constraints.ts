import { EngineError, kernelErrors } from './errors.ts'

const unique = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'])
const foreign = new Set(['SQLITE_CONSTRAINT_FOREIGNKEY', '23503'])
const check = new Set(['SQLITE_CONSTRAINT_CHECK', 'SQLITE_CONSTRAINT_NOTNULL', '23514', '23502'])
const unavailable = [
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  'SQLITE_READONLY',
  '53',
  '57P',
  '08',
  'ECONNREFUSED',
  'ECONNRESET',
]

/** What people call the things behind our unique keys. */
const uniqueKeys: Record<string, string> = {
  'companies.task_prefix': 'a company with this task prefix',
  companies_task_prefix_key: 'a company with this task prefix',
  'agents.name': 'an agent with this name in the company',
  agents_name_key: 'an agent with this name in the company',
}

/** Turns a database's refusal into an EngineError; anything else comes back as it was. The one table of such codes. */
export function explainDatabaseError(error: unknown): unknown {
  if (EngineError.isInstance(error) || !(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const options = { cause: error }
  if (unique.has(code)) {
    const known = Object.entries(uniqueKeys).find(([key]) => error.message.includes(key))?.[1]
    return new EngineError(kernelErrors.already_exists, `There already is ${known ?? 'one like this'}.`, options)
  }
  if (foreign.has(code))
    return new EngineError(kernelErrors.rule_violated, 'It refers to something that does not exist in this company.', options)
  if (check.has(code)) return new EngineError(kernelErrors.rule_violated, 'A rule of the database refused this value.', options)
  if (unavailable.some((prefix) => code.startsWith(prefix))) {
    return new EngineError(
      kernelErrors.unavailable,
      `The database can not be written right now (${code}). Nothing was changed; try again.`,
      options,
    )
  }
  if (code === '' && error.message === 'driver has already been destroyed') {
    return new EngineError(kernelErrors.unavailable, 'This engine was stopped; nothing was changed.', options)
  }
  return error
}
